"""The lives of documents in the chats of one session: the last of a document in a chat is the one that goes on."""

from collections.abc import Iterator
from dataclasses import replace

from inspector.analysis.transfers.transfer import DELIVERED, State, Transfer


class Lives:
    """Keeps each transfer as it is now, until its chat is let go."""

    def __init__(self) -> None:
        self._chats: dict[str, dict[str, list[Transfer]]] = {}
        self._of_document: dict[str, dict[str, None]] = {}
        self._count = 0

    def new(self, chat_id: str, document_id: str) -> Transfer:
        """A transfer that nothing is known of; kept as soon as something is."""
        self._count += 1
        return Transfer(self._count, chat_id, document_id)

    def once_more(self, before: Transfer) -> Transfer:
        """A new life of the same document in the same chat: what is known of the file is known."""
        return replace(
            self.new(before.chat_id, before.document_id),
            name=before.name,
            mime=before.mime,
            size=before.size,
            seen_size=before.seen_size,
            sha256=before.sha256,
            linked_by=before.linked_by,
        )

    def keep(self, transfer: Transfer) -> Transfer:
        lives = self._chats.setdefault(transfer.chat_id, {}).setdefault(transfer.document_id, [])
        for place in reversed(range(len(lives))):  # it is one of the last
            if lives[place].number == transfer.number:
                lives[place] = transfer
                break
        else:
            lives.append(transfer)
        chats = self._of_document.setdefault(transfer.document_id, {})
        chats.pop(transfer.chat_id, None)
        chats[transfer.chat_id] = None
        return transfer

    def of(self, chat_id: str, document_id: str) -> list[Transfer]:
        return self._chats.get(chat_id, {}).get(document_id, [])

    def last(self, chat_id: str, document_id: str) -> Transfer | None:
        lives = self.of(chat_id, document_id)
        return lives[-1] if lives else None

    def now(self, transfer: Transfer) -> Transfer:
        """The transfer as it is now."""
        lives = self.of(transfer.chat_id, transfer.document_id)
        return next((one for one in reversed(lives) if one.number == transfer.number), transfer)

    def uploaded_by(self, number: int, chat_id: str, document_id: str) -> Transfer | None:
        """The life that a call's upload is of."""
        return next((one for one in reversed(self.of(chat_id, document_id)) if one.uploaded_by == number), None)

    def fetched(self, chat_id: str, document_id: str) -> Transfer | None:
        """The life whose file was fetched: the last that was delivered, else the last; an address without a chat is
        that of the chat in which something happened to the document last."""
        chats = [chat_id] if chat_id else self._of_document.get(document_id, {})
        lives = [one for chat in chats for one in self.of(chat, document_id)]
        return next((one for one in reversed(lives) if one.state in DELIVERED), lives[-1] if lives else None)

    def linked(self, chat_id: str) -> Iterator[Transfer]:
        """Those of a chat that nobody asked for yet."""
        for lives in self._chats.get(chat_id, {}).values():
            yield from (one for one in lives if one.state is State.LINKED)

    def forgotten(self, chat_id: str) -> list[Transfer]:
        """The chat's; they are not known any more."""
        documents = self._chats.pop(chat_id, {})
        for document_id in documents:
            chats = self._of_document[document_id]
            chats.pop(chat_id, None)
            if not chats:
                del self._of_document[document_id]
        return [one for lives in documents.values() for one in lives]

    def all(self) -> list[Transfer]:
        return [one for chat in self._chats.values() for lives in chat.values() for one in lives]
