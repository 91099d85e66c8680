"""Times as people plan them: no hour that a clock skips, none that it shows twice without a question."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.errors import InvalidInput
from newsroom.local_times import (
    instant_of,
    instants_of,
    is_zone,
    read_instant,
    refuse_past,
    spoken,
    zone_at,
    zone_names,
    zones_to_choose,
)  # fmt: skip

MADRID = "Europe/Madrid"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_zones_are_known_by_name_and_looked_for_on_the_disk_once() -> None:
    assert is_zone(MADRID)
    assert not is_zone("Europe/Atlantis")
    assert list(zone_names()) == sorted(zone_names())
    assert zone_names() is zone_names()


def test_an_hour_is_that_of_the_lists_clock_in_summer_and_in_winter() -> None:
    assert instant_of(date(2024, 5, 24), time(10), MADRID) == utc(2024, 5, 24, 8)
    assert instant_of(date(2024, 12, 24), time(10), MADRID) == utc(2024, 12, 24, 9)


def test_a_time_is_told_with_its_weekday_and_zone() -> None:
    assert spoken(utc(2024, 5, 24, 8), MADRID) == "Friday 24 May 2024, 10:00 (CEST)"
    assert spoken(utc(2024, 5, 24, 8), "America/Sao_Paulo") == "Friday 24 May 2024, 05:00 (UTC-03:00)"
    assert spoken(utc(2024, 5, 24, 8), "UTC") == "Friday 24 May 2024, 08:00 (UTC)"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        (MADRID, "Europe/Madrid (CEST, UTC+02:00)"),
        ("Asia/Kathmandu", "Asia/Kathmandu (UTC+05:45)"),
        ("America/Sao_Paulo", "America/Sao_Paulo (UTC-03:00)"),
        ("America/St_Johns", "America/St_Johns (NDT, UTC-02:30)"),
        ("UTC", "UTC (UTC)"),
    ],
)
def test_a_zone_is_named_with_its_abbreviation_and_offset(zone: str, shown: str) -> None:
    assert str(zone_at(utc(2024, 5, 24, 8), zone)) == shown


def test_an_hour_that_clocks_skip_is_refused() -> None:
    with pytest.raises(InvalidInput, match="clocks in Europe/Madrid skip 02:30"):
        instant_of(date(2027, 3, 28), time(2, 30), MADRID)


def test_an_hour_that_clocks_show_twice_is_asked_back_with_both_instants() -> None:
    assert instants_of(date(2027, 10, 31), time(2, 30), MADRID) == (utc(2027, 10, 31, 0, 30), utc(2027, 10, 31, 1, 30))
    with pytest.raises(InvalidInput, match="show 02:30 twice") as error:
        instant_of(date(2027, 10, 31), time(2, 30), MADRID)
    assert "2027-10-31T02:30+02:00 (CEST)" in str(error.value)
    assert "2027-10-31T02:30+01:00 (CET)" in str(error.value)


def test_the_answer_to_that_question_decides() -> None:
    assert instant_of(date(2027, 10, 31), time(2, 30), MADRID, fold=0) == utc(2027, 10, 31, 0, 30)
    assert instant_of(date(2027, 10, 31), time(2, 30), MADRID, fold=1) == utc(2027, 10, 31, 1, 30)


@pytest.mark.parametrize("fold", [0, 1])
def test_a_stale_answer_does_not_bring_back_an_hour_that_is_skipped(fold: int) -> None:
    with pytest.raises(InvalidInput, match="skip"):
        instant_of(date(2027, 3, 28), time(2, 30), MADRID, fold=fold)


def test_a_half_hour_change_and_a_skipped_day_are_known_too() -> None:
    with pytest.raises(InvalidInput, match="skip"):
        instant_of(date(2027, 10, 3), time(2, 15), "Australia/Lord_Howe")
    with pytest.raises(InvalidInput, match="skip"):
        instant_of(date(2011, 12, 30), time(12), "Pacific/Apia")


def test_an_offset_of_its_own_wins_over_the_zone() -> None:
    assert read_instant("2027-10-31T02:30+01:00", MADRID) == utc(2027, 10, 31, 1, 30)
    assert read_instant("2027-06-10T09:00", MADRID) == utc(2027, 6, 10, 7)


@pytest.mark.parametrize("text", ["tomorrow", "", "2027-13-01T10:00", "9999-12-31T23:59-23:59", "0001-01-01T00:00+14:00"])
def test_what_is_no_time_is_told_so(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"not a time|no time of this world"):
        read_instant(text, MADRID)


def test_past_times_and_far_years_are_refused_in_the_lists_own_hours() -> None:
    now = utc(2024, 5, 24, 8)
    with pytest.raises(InvalidInput, match=r"Friday 24 May 2024, 09:59 \(CEST\) has passed"):
        refuse_past(now - timedelta(minutes=1), now, MADRID)
    with pytest.raises(InvalidInput, match="more than two years ahead"):
        refuse_past(utc(2204, 5, 24, 8), now, MADRID)
    refuse_past(now, now, MADRID)


ZONES = [MADRID, "America/New_York", "Australia/Lord_Howe", "Asia/Amman"]


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2036, 1, 1)), st.sampled_from(ZONES))
def test_every_instant_reads_back_as_the_day_and_hour_that_was_asked_for(naive: datetime, zone: str) -> None:
    for at in instants_of(naive.date(), naive.time(), zone):
        assert at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) == naive


def test_nobody_chooses_a_zone_that_means_its_opposite_or_only_this_machine() -> None:
    """Etc/GMT+3 is three hours behind UTC, and `localtime` is whatever the server happens to be set to."""
    offered = zones_to_choose()
    assert {"Europe/Madrid", "Africa/Cairo", "America/Bogota", "Asia/Kathmandu", "Pacific/Auckland", "UTC"} <= set(offered)
    assert not {"localtime", "Factory", "Etc/GMT+3", "EST", "CET", "US/Indiana-Starke"} & set(offered)
    assert "Etc/GMT+3" in zones_to_choose("Etc/GMT+3"), "what a list has already is not changed behind anybody's back"
