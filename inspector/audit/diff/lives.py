"""Which transfers of two chats are each other's: by their documents, which the messages have named; else by name."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

from inspector.audit.diff.aligning import Pair
from inspector.audit.diff.items import Life
from inspector.audit.diff.normal import scope_of
from inspector.audit.diff.renaming import Renaming


def beside(before: Sequence[Life], after: Sequence[Life], renaming: Renaming) -> Iterator[Pair[Life]]:
    """Every transfer once, with its counterpart; several of one document, or of one name, in their order."""
    of_document: dict[str, deque[Life]] = defaultdict(deque)
    for life in after:
        of_document[life.document].append(life)
    unmatched: list[Life] = []
    for life in before:
        document = renaming.named_after((scope_of("documentid", life.document), life.document))
        if document and of_document[document]:
            yield life, of_document[document].popleft()
        else:
            unmatched.append(life)
    of_name: dict[str, deque[Life]] = defaultdict(deque)
    for lives in of_document.values():
        for life in lives:
            of_name[life.name].append(life)
    for life in unmatched:
        yield life, of_name[life.name].popleft() if of_name[life.name] else None
    yield from ((None, life) for lives in of_name.values() for life in lives)
