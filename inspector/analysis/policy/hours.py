"""Hours of days of the week, as people write them: `Mon-Fri 08:00-18:00`, `Sat,Sun`, `22:00-06:00`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 24 * 60
"""Minutes."""
_NUMBERS = {name.lower(): number for number, day in enumerate(DAYS) for name in (day, day[:3])}
_TIMES = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begin` until before `end`, both in minutes after midnight, on `days` (0 is Monday). What ends after 24:00
    ends on the next day.
    """

    text: str
    days: frozenset[int]
    begin: int
    end: int

    def __str__(self) -> str:
        return self.text

    def hold(self, moment: datetime) -> bool:
        """Whether a moment, in the zone that is meant, lies within."""
        day, minute = moment.weekday(), moment.hour * 60 + moment.minute
        today = day in self.days and self.begin <= minute < self.end
        return today or ((day - 1) % 7 in self.days and minute + _DAY < self.end)


def hours(text: str) -> Hours:
    """Reads days, times, or both: each stands for all where it is left out. Raises ValueError."""
    words = text.split()
    times = words.pop() if words and _TIMES.fullmatch(words[-1]) else "00:00-24:00"
    if len(words) > 1 or not text.strip():
        raise ValueError(f"{text!r} is no window: give 'Mon-Fri 08:00-18:00', days or times alone, one a window")
    begin, end = _times(times, text)
    days = _days(words[0], text) if words else range(7)
    return Hours(" ".join(text.split()), frozenset(days), begin, end if end > begin else end + _DAY)


def local(at: int, zone: str) -> datetime | None:
    """A moment (µs since 1970, UTC) as the clocks of a time zone show it; None outside of the calendar."""
    try:
        return (_EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(zone))
    except (OverflowError, ValueError):
        return None


def _times(times: str, text: str) -> tuple[int, int]:
    found = _TIMES.fullmatch(times)
    assert found is not None
    begin, end = (int(hour) * 60 + int(minute) for hour, minute in (found.groups()[:2], found.groups()[2:]))
    if begin >= _DAY or end > _DAY or max(int(found[2]), int(found[4])) > 59:
        raise ValueError(f"{text!r} is no window: times are from 00:00 to 24:00")
    if begin == end:
        raise ValueError(f"{text!r} is no window: it ends when it begins")
    return begin, end


def _days(word: str, text: str) -> set[int]:
    found: set[int] = set()
    for part in word.lower().split(","):
        first, dash, last = part.partition("-")
        ends = [_NUMBERS.get(name) for name in ((first, last) if dash else (first, first))]
        if None in ends:
            raise ValueError(
                f"{text!r} is no window: days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, or Mon-Fri, or Sat,Sun"
            )
        begin, end = (number or 0 for number in ends)
        found |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return found
