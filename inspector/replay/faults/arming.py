"""Where faults are armed, and used up."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from inspector.replay.faults.kinds import (
    UPLOAD,
    BeforeReply,
    CutDownload,
    Delay,
    ExpireSession,
    Fault,
    LoseNotification,
    Refuse,
    Repeat,
    Spoiling,
)

F = TypeVar("F", bound=Fault)


class Arming(ABC):
    """Where faults are armed, in the order in which they are."""

    @property
    @abstractmethod
    def armed(self) -> list[Fault]:
        """What has not been used up."""

    @abstractmethod
    def add(self, fault: Fault) -> None:
        """Arms a fault."""

    @abstractmethod
    def clear(self) -> None:
        """Disarms all."""

    def refuse(
        self, operation: str = UPLOAD, *, status_code: int = 4, message: str = "", document_id: str = "", times: int = 1
    ) -> None:
        """See `Refuse`."""
        self.add(
            Refuse(operation=operation, status_code=status_code, message=message, document_id=document_id, times=times)
        )

    def lose_notification(self, operation: str = UPLOAD, *, document_id: str = "", times: int = 1) -> None:
        """See `LoseNotification`."""
        self.add(LoseNotification(operation=operation, document_id=document_id, times=times))

    def delay(self, operation: str = UPLOAD, *, seconds: float = 1.0, document_id: str = "", times: int = 1) -> None:
        """See `Delay`."""
        self.add(Delay(operation=operation, seconds=seconds, document_id=document_id, times=times))

    def repeat(self, operation: str = UPLOAD, *, document_id: str = "", times: int = 1) -> None:
        """See `Repeat`."""
        self.add(Repeat(operation=operation, document_id=document_id, times=times))

    def before_reply(self, operation: str = UPLOAD, *, document_id: str = "", times: int = 1) -> None:
        """See `BeforeReply`."""
        self.add(BeforeReply(operation=operation, document_id=document_id, times=times))

    def expire_session(self, operation: str = "", *, document_id: str = "", times: int = 1) -> None:
        """See `ExpireSession`."""
        self.add(ExpireSession(operation=operation, document_id=document_id, times=times))

    def cut_download(self, at: int = -1, *, times: int = 1) -> None:
        """See `CutDownload`."""
        self.add(CutDownload(at=at, times=times))


class Faults(Arming):
    """What is armed in one stub. `expire` ends the Bayeux sessions."""

    def __init__(self, expire: Callable[[], object] = lambda: None) -> None:
        self._expire = expire
        self._armed: list[tuple[Fault, int]] = []

    @property
    def armed(self) -> list[Fault]:
        return [fault for fault, _ in self._armed]

    def __bool__(self) -> bool:
        """Whether anything is armed."""
        return bool(self._armed)

    def add(self, fault: Fault) -> None:
        if isinstance(fault, ExpireSession) and fault.at_once:
            self._expire()
        else:
            self._armed.append((fault, fault.times))

    def clear(self) -> None:
        self._armed.clear()

    def refusal(self, body: Any) -> Refuse | None:
        """What refuses a request with this JSON body."""
        return self._used(fault for fault in self.armed if isinstance(fault, Refuse) and fault.meets(body))

    def spoiling(self, body: Any) -> list[Spoiling]:
        """What becomes of the notifications of such a request: one of each kind."""
        found = [
            self._used(fault for fault in self.armed if isinstance(fault, kind) and fault.meets(body))
            for kind in (LoseNotification, Delay, Repeat, BeforeReply, ExpireSession)
        ]
        return [fault for fault in found if fault]

    def cut(self) -> CutDownload | None:
        """What happens to the download that is asked for now."""
        return self._used(fault for fault in self.armed if isinstance(fault, CutDownload))

    def _used(self, faults: Iterator[F]) -> F | None:
        fault = next(faults, None)
        if fault is None:
            return None
        place = next(place for place, (one, _) in enumerate(self._armed) if one is fault)
        left = self._armed[place][1]
        if left == 1:
            del self._armed[place]
        elif left > 1:
            self._armed[place] = (fault, left - 1)
        return fault
