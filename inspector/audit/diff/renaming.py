"""Which name of one session is which of the other: found while their messages are paired, first come, first served."""

from collections.abc import Iterable, Iterator

Named = tuple[str, str]
"""A name in its scope (`normal.scope_of`)."""

EVERYWHERE = "*"
"""The scope of names that are of one thing wherever they stand; any other is one of a chat and a member."""


class Renaming:
    """One to one: a name that is somebody else's already cannot be yours."""

    def __init__(self) -> None:
        self._after: dict[str, dict[str, str]] = {EVERYWHERE: {}}
        self._before: dict[str, dict[str, str]] = {EVERYWHERE: {}}

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """The names that changed, before and after, in the order in which they were found."""
        return ((name, after) for name, after in self._after[EVERYWHERE].items() if name != after)

    def learn(self, before: Iterable[Named], after: Iterable[Named]) -> bool:
        """Takes names that stand in the same places for the same things. Whether that fits what was known."""
        fits = True
        for (scope, was), (its, now) in zip(before, after, strict=False):
            if scope != its:
                fits = False
                continue
            names, back = self._after.setdefault(scope, {}), self._before.setdefault(scope, {})
            if was not in names and now not in back:
                names[was] = now
                back[now] = was
            elif names.get(was) != now:
                fits = False
        return fits

    def leave_chat(self) -> None:
        """From now on it is another chat: what was only a name within the last one may be another there."""
        for names in (self._after, self._before):
            kept = names[EVERYWHERE]
            names.clear()
            names[EVERYWHERE] = kept

    def before(self, scope: str, name: str) -> str:
        """What a name of the second session was in the first; itself, marked, if it was somebody else's there. A text
        (no scope) may be a name, and most often is none.
        """
        known = self._before.get(scope or EVERYWHERE, {}).get(name)
        if known is not None:
            return known
        return f"{name} (new)" if scope and name in self._after.get(scope, {}) else name

    def named_after(self, name: Named) -> str:
        """What a name of the first session is in the second; empty if that is not known."""
        return self._after.get(name[0], {}).get(name[1], "")
