"""Windows of a policy: what they mean, in which time zone, and around midnight and the change of clocks."""

from datetime import UTC, datetime

import pytest

from inspector.analysis.policy import DEFAULT, Policy
from inspector.analysis.policy.hours import hours, local


def at(text: str) -> int:
    """A moment in UTC, in microseconds since 1970."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000_000)


def policy(*windows: str, zone: str = "UTC") -> Policy:
    return Policy.model_validate({"windows": list(windows), "time_zone": zone})


@pytest.mark.parametrize(
    ("window", "within", "without"),
    [
        ("Mon-Fri 08:00-18:00", ["2026-11-23 08:00", "2026-11-27 17:59:59.999999"], ["2026-11-23 07:59:59.999999"]),
        ("Mon-Fri 08:00-18:00", [], ["2026-11-27 18:00", "2026-11-28 12:00", "2026-11-22 12:00"]),
        ("Sat", ["2026-11-28 00:00", "2026-11-28 23:59:59"], ["2026-11-27 23:59:59", "2026-11-29 00:00"]),
        ("sat,SUNDAY", ["2026-11-28 12:00", "2026-11-29 12:00"], ["2026-11-30 12:00"]),
        ("Sat-Mon", ["2026-11-28 12:00", "2026-11-29 12:00", "2026-11-30 12:00"], ["2026-12-01 12:00"]),
        ("Mon-Tue,Fri", ["2026-11-23", "2026-11-24", "2026-11-27"], ["2026-11-25", "2026-11-26", "2026-11-28"]),
        ("09:30-09:45", ["2026-11-23 09:30", "2026-11-29 09:44"], ["2026-11-23 09:29", "2026-11-23 09:45"]),
        ("Mon 18:00-24:00", ["2026-11-23 23:59:59"], ["2026-11-24 00:00", "2026-11-23 00:00"]),
        ("Fri 22:00-06:00", ["2026-11-27 22:00", "2026-11-28 05:59"], ["2026-11-28 06:00", "2026-11-27 05:00"]),
        ("Sun 22:00-06:00", ["2026-11-23 03:00"], ["2026-11-22 03:00", "2026-11-22 12:00"]),
    ],
)
def test_a_window_holds_until_before_its_end(window: str, within: list[str], without: list[str]) -> None:
    one = policy(window)
    assert [text for text in within if one.against_time(at(text))] == []
    line = f"policy.windows: {window} (UTC)"
    assert [one.against_time(at(text)) for text in without] == [line] * len(without)


@pytest.mark.parametrize(
    "text",
    ["", " ", "Mo", "Mon-", "-Fri", "Mon,", "weekdays", "Mon 8:00-18:00", "Mon 08:00", "08:00-18:60", "24:00-06:00",
     "08:00-24:01", "Mon 08:00-08:00", "Mon Tue 08:00-18:00", "08:00-18:00 Mon", "Mon 08:00-12:00,13:00-18:00",
     "Mon \u0660\u0668:00-18:00"],
)  # fmt: skip
def test_what_is_no_window(text: str) -> None:
    with pytest.raises(ValueError, match="is no window: "):
        hours(text)


def test_one_of_several_windows_is_enough_and_without_any_nothing_may_be_sent() -> None:
    several = policy("Mon  08:00-12:00", "Mon 13:00-18:00")
    assert several.against_time(at("2026-11-23 13:30")) == ""
    line = "policy.windows: Mon 08:00-12:00, Mon 13:00-18:00 (UTC)"
    assert several.against_time(at("2026-11-23 12:30")) == line
    assert policy().against_time(at("2026-11-23 12:30")) == "policy.windows: none (UTC)"
    assert DEFAULT.against_time(at("2026-11-23 12:30")) == ""


def test_the_time_zone_decides_which_hour_and_which_day_it_is() -> None:
    berlin = policy("Mon 08:00-18:00", zone="Europe/Berlin")
    assert berlin.against_time(at("2026-11-23 07:00")) == "", "winter: an hour before UTC"
    assert berlin.against_time(at("2026-11-23 17:00")) == "policy.windows: Mon 08:00-18:00 (Europe/Berlin)"
    assert berlin.against_time(at("2026-07-20 06:00")) == "", "summer: two hours"
    assert berlin.against_time(at("2026-07-20 05:59")) != ""
    auckland = policy("Tue", zone="Pacific/Auckland")
    assert auckland.against_time(at("2026-11-23 11:00")) == "", "there it is Tuesday already"


def test_the_hour_that_comes_twice_is_within_both_times() -> None:
    """On 25 October 2026 clocks in Berlin go back from 03:00 to 02:00 (01:00 UTC)."""
    night = policy("Sun 02:00-03:00", zone="Europe/Berlin")
    assert [night.against_time(at(f"2026-10-25 {time}")) == "" for time in ("00:30", "01:30", "02:00")] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("moment", [2**62, -(2**62), 253_402_300_799_999_999], ids=["late", "early", "last"])
def test_of_a_moment_outside_of_the_calendar_nothing_is_said(moment: int) -> None:
    assert local(moment, "Pacific/Auckland") is None
    assert policy(zone="Pacific/Auckland").against_time(moment) == ""
