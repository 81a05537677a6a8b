"""Moments are ordered by the clock that never jumps."""

from inspector.traffic.exchange import Instant


def test_a_moment_is_later_although_the_wall_clock_was_set_back():
    before, after = Instant(mono=1, at=1469111000000000), Instant(mono=2, at=1469100000000000)
    assert sorted([after, before]) == [before, after]
