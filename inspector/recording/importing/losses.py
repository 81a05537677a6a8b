"""What did not come over, counted, and told in a line each: nobody shall take what is there for all there was."""

from collections import Counter
from collections.abc import Iterable, Iterator


class Losses:
    """Counts; `words` says of each kind how it is told of `{n}` things, in the order in which they are told."""

    def __init__(self, words: dict[str, str]) -> None:
        self._words = words
        self._counted = Counter[str]()

    def add(self, kinds: Iterable[str]) -> None:
        """One more of each kind."""
        self._counted.update(kinds)

    def __getitem__(self, kind: str) -> int:
        return self._counted[kind]

    def told(self) -> Iterator[tuple[str, int, str]]:
        """Each kind of which there is any, how many, and a line: `3 exchanges without cookies`. Of one, `(s)` goes."""
        for kind, words in self._words.items():
            if count := self._counted[kind]:
                yield kind, count, words.format(n=count).replace("(s)", "" if count == 1 else "s")
