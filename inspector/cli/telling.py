"""What is told of a stub at work, for people: misses at once and whole, and at the end how the run agreed."""

from inspector.analysis.miss import Miss
from inspector.replay.journal import Undelivered, Verification


class Telling:
    """On stderr; nothing with `quiet`. Each different thing is told once."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._told: set[Miss | Undelivered] = set()

    def happened(self, what: Miss | Undelivered) -> None:
        """A miss; or a poll that ended empty, and what its client waits for."""
        if self._quiet or what in self._told:
            return
        from rich.text import Text  # nobody waits for it who is not told anything

        from inspector.render.escape import plain
        from inspector.render.miss import miss_lines
        from inspector.render.table import console

        if len(self._told) < _KEPT:
            self._told.add(what)
        out = console(stderr=True)
        lines = miss_lines(what) if isinstance(what, Miss) else [Text(plain(what.happening), "dim")]
        for line in lines:
            out.print(line, soft_wrap=True)

    def ended(self, verification: Verification) -> None:
        """How the run and its recording agree."""
        if self._quiet:
            return
        from rich.text import Text

        from inspector.render.escape import plain
        from inspector.render.table import console

        out = console(stderr=True)
        for miss, times in verification.misses:
            if times > 1:
                out.print(Text.assemble(plain(miss.text), (f": {times} times", "dim")), soft_wrap=True)
        out.print(_sum(verification))
        for operation in verification.unused:
            name = f"{operation.name} {operation.method} {operation.path}".strip()
            out.print(Text(f"  #{operation.number} {plain(name)} was never used", "yellow"), soft_wrap=True)
        for event in verification.undelivered:
            waits = "the subscription" if event.waits_for is None else f"#{event.waits_for}"
            where = f"  #{event.exchange}:{event.position} on {plain(event.topic)}"
            out.print(Text(f"{where} waits for {waits}", "yellow"), soft_wrap=True)


_KEPT = 10_000
"""Different things that are remembered as told."""


def _sum(verification: Verification) -> str:
    told = [f"{verification.asked} requests", f"{verification.answered} answered", f"{verification.missed} missed"]
    told += [f"{verification.forwarded} forwarded"] if verification.forwarded else []
    told += [f"{verification.faults} met a fault"] if verification.faults else []
    told += [f"{len(verification.unused)} operations never used"]
    return ", ".join([*told, f"{len(verification.undelivered)} notifications undelivered"])
