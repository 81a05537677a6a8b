"""Two sequences brought beside each other: what is equal first, in order; then, in the gaps, what is less so.

Which pairs are found does not depend on which of the two is given first.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
Pair = tuple[T | None, T | None]
Key = Callable[[T], Any]

_EXACT = 40_000
"""Pairs of a gap up to which each is weighed against each other; a longer gap is cut into blocks."""

_BLOCK = 200


def align(before: Sequence[T], after: Sequence[T], keys: Sequence[Key[T]]) -> Iterator[Pair[T]]:
    """Every element once, in order, beside its counterpart or None. `keys`, the strictest first, say what is equal;
    they must be sortable among each other.
    """
    if not keys:
        yield from ((one, None) for one in before)
        yield from ((None, one) for one in after)
        return
    first, *others = keys
    i = j = 0
    for x, y in [*common([first(one) for one in before], [first(one) for one in after]), (len(before), len(after))]:
        if i < x and j < y:
            yield from align(before[i:x], after[j:y], others)
        else:
            yield from align(before[i:x], after[j:y], ())
        if x < len(before):
            yield before[x], after[y]
        i, j = x + 1, y + 1


def common(before: Sequence[Any], after: Sequence[Any]) -> list[tuple[int, int]]:
    """Places of equal elements, in order in both. The longest such list where the sequences are short, or what differs
    in them is; else one that is good enough.
    """
    if before == after:
        return [(place, place) for place in range(len(before))]
    # which of two equally good lists is found depends on the side that is asked first: that is always the same one
    if list(before) > list(after):
        return [(x, y) for y, x in _common(after, before)]
    return _common(before, after)


def _common(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    gaps = [(0, len(before), 0, len(after))]
    while gaps:
        i, x, j, y = gaps.pop()
        while i < x and j < y and before[i] == after[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        while i < x and j < y and before[x - 1] == after[y - 1]:
            x, y = x - 1, y - 1
            found.append((x, y))
        if i == x or j == y:
            continue
        if (x - i) * (y - j) <= _EXACT:
            found += ((i + at, j + to) for at, to in _longest(before[i:x], after[j:y]))
            continue
        ends = [*_anchors(before, after, (i, x, j, y)), (x, y)]
        if len(ends) == 1:
            found += _in_blocks(before, after, (i, x, j, y))
            continue
        for at, to in ends:
            gaps.append((i, at, j, to))
            if at < x:
                found.append((at, to))
            i, j = at + 1, to + 1
    return sorted(found)


def _anchors(
    before: Sequence[Hashable], after: Sequence[Hashable], gap: tuple[int, int, int, int]
) -> list[tuple[int, int]]:
    """What is there once on either side, as many as are in order (patience diff)."""
    i, x, j, y = gap
    times, others = Counter(before[i:x]), Counter(after[j:y])
    places = {after[to]: to for to in range(j, y) if others[after[to]] == 1}
    pairs = [(at, places[before[at]]) for at in range(i, x) if times[before[at]] == 1 and before[at] in places]
    return _rising(pairs)


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of the pairs, which are in order of the first, that is in order of the second, too."""
    ends: list[int] = []  # the pair that ends the best part of each length
    behind: list[int] = []
    for place, (_, to) in enumerate(pairs):
        low, high = 0, len(ends)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if pairs[ends[middle]][1] < to else (low, middle)
        behind.append(ends[low - 1] if low else -1)
        ends[low : low + 1] = [place]
    found, place = [], ends[-1] if ends else -1
    while place >= 0:
        found.append(pairs[place])
        place = behind[place]
    return found[::-1]


def _in_blocks(
    before: Sequence[Hashable], after: Sequence[Hashable], gap: tuple[int, int, int, int]
) -> Iterator[tuple[int, int]]:
    """Block by block: for long runs of things of which none is there just once."""
    i, x, j, y = gap
    blocks = max(x - i, y - j) // _BLOCK + 1
    for number in range(blocks):
        at, at_end = (i + (x - i) * part // blocks for part in (number, number + 1))
        to, to_end = (j + (y - j) * part // blocks for part in (number, number + 1))
        yield from ((at + one, to + other) for one, other in _longest(before[at:at_end], after[to:to_end]))


def _longest(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[tuple[int, int]]:
    """A longest common subsequence, by dynamic programming."""
    best = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for at in range(len(before) - 1, -1, -1):
        row, below, one = best[at], best[at + 1], before[at]
        for to in range(len(after) - 1, -1, -1):
            if one == after[to]:
                row[to] = below[to + 1] + 1
            else:
                row[to] = below[to] if below[to] >= row[to + 1] else row[to + 1]
    found, at, to = [], 0, 0
    while at < len(before) and to < len(after):
        if before[at] == after[to] and best[at][to] == best[at + 1][to + 1] + 1:
            found.append((at, to))
            at, to = at + 1, to + 1
        elif best[at + 1][to] >= best[at][to + 1]:
            at += 1
        else:
            to += 1
    return found
