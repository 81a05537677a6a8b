"""Two sequences beside each other."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.audit.diff.aligning import align, common

words = st.text("abcd", max_size=30)
letters = st.lists(st.integers(0, 5), max_size=60)


def beside(before: str, after: str) -> str:
    """Pairs as `xX`, with `-` for none; letters of either case are alike."""
    pairs = align(before, after, (lambda letter: letter, str.lower))
    return " ".join(f"{was or '-'}{now or '-'}" for was, now in pairs)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("abc", "abc", "aa bb cc"),
        ("abc", "ac", "aa b- cc"),
        ("ac", "abc", "aa -b cc"),
        ("abc", "aBc", "aa bB cc"),
        ("ab", "cd", "a- b- -c -d"),
        ("aab", "Ab", "aA a- bb"),
        ("", "a", "-a"),
        ("", "", ""),
    ],
    ids=lambda text: text or "nothing",
)
def test_what_is_equal_comes_first_and_what_is_alike_in_the_gaps(before: str, after: str, told: str):
    assert beside(before, after) == told


@given(words, words)
def test_every_element_comes_once_and_in_order(before: str, after: str):
    pairs = list(align(before, after, (lambda letter: letter,)))
    assert "".join(was for was, _ in pairs if was) == before
    assert "".join(now for _, now in pairs if now) == after
    assert all(was == now for was, now in pairs if was and now)


@given(letters, letters)
def test_as_much_as_can_be_is_equal(before: list[int], after: list[int]):
    assert len(common(before, after)) == longest(before, after)


@given(letters, letters)
def test_it_does_not_depend_on_who_comes_first(before: list[int], after: list[int]):
    assert common(before, after) == [(x, y) for y, x in common(after, before)]


@pytest.mark.parametrize("kinds", [1, 3, 10_000], ids=lambda kinds: f"{kinds} kinds")
def test_long_ones_of_few_kinds_are_aligned_too(kinds: int):
    before = [number * 7919 % kinds for number in range(3000)]
    after = [*before[:1000], -1, *before[1010:2500], -2, -3, *before[2500:-5], -4]
    found = common(before, after)
    assert all(x < y and i < j for (x, i), (y, j) in pairwise(found))
    assert all(before[x] == after[y] for x, y in found)
    assert len(found) >= len(before) - 30  # 15 are gone; where none is there just once, not all others are found


def longest(before: Sequence[int], after: Sequence[int]) -> int:
    row = [0] * (len(after) + 1)
    for one in before:
        last = row[:]
        for place, other in enumerate(after):
            row[place + 1] = last[place] + 1 if one == other else max(row[place], last[place + 1])
    return row[-1]
