"""Dates as each language writes them."""

from datetime import date, datetime, time

import pytest

from newsroom.rendering.dates import DateWriter
from newsroom.sections.when import Day, Days, Month, Months, Session, Sessions

NB = "\u00a0"
LRI, FSI, PDI = "\u2066", "\u2068", "\u2069"


def writer(language: str, arabic_months: str = "both") -> DateWriter:
    return DateWriter(language=language, zone="Europe/Madrid", arabic_months=arabic_months)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "Tuesday 27 June 2023"),
        ("fr", "mardi 27 juin 2023"),
        ("es", "martes 27 de junio de 2023"),
        ("ar", "الثلاثاء، 27 حزيران/يونيو 2023"),
        ("de", "Dienstag, 27. Juni 2023"),
    ],
)
def test_a_day(language: str, written: str) -> None:
    assert writer(language).day(date(2023, 6, 27)) == written


def test_french_calls_the_first_of_a_month_first() -> None:
    assert writer("fr").day(date(2023, 10, 1)) == "dimanche 1er octobre 2023"


@pytest.mark.parametrize(
    ("language", "month", "months", "year"),
    [
        ("en", "27–28 June 2023", "30 June – 2 July 2023", "31 December 2023 – 1 January 2024"),
        ("fr", "Du 27 au 28 juin 2023", "Du 30 juin au 2 juillet 2023", "Du 31 décembre 2023 au 1er janvier 2024"),
        (
            "es",
            "Del 27 al 28 de junio de 2023",
            "Del 30 de junio al 2 de julio de 2023",
            "Del 31 de diciembre de 2023 al 1 de enero de 2024",
        ),
        (
            "ar",
            "من 27 إلى 28 حزيران/يونيو 2023",
            "من 30 حزيران/يونيو إلى 2 تموز/يوليو 2023",
            "من 31 كانون الأول/ديسمبر 2023 إلى 1 كانون الثاني/يناير 2024",
        ),
    ],
)
def test_days_within_a_month_a_year_and_across_years(language: str, month: str, months: str, year: str) -> None:
    spans = [("2023-06-27", "2023-06-28"), ("2023-06-30", "2023-07-02"), ("2023-12-31", "2024-01-01")]
    whens = [Days.model_validate({"from": first, "to": last}) for first, last in spans]
    assert [writer(language).when(when).lines for when in whens] == [(month,), (months,), (year,)]


@pytest.mark.parametrize(
    ("language", "month", "months"),
    [
        ("en", "April 2023", "April – June 2023"),
        ("fr", "Avril 2023", "D’avril à juin 2023"),
        ("es", "Abril de 2023", "De abril a junio de 2023"),
        ("ar", "نيسان/أبريل 2023", "من نيسان/أبريل إلى حزيران/يونيو 2023"),
    ],
)
def test_a_month_and_several(language: str, month: str, months: str) -> None:
    assert writer(language).when(Month(month="2023-04")).lines == (month,)
    assert writer(language).when(Months(from_month="2023-04", to_month="2023-06")).lines == (months,)


@pytest.mark.parametrize(
    ("language", "line", "zone"),
    [
        ("en", "Wednesday 25 October 2023, 15:00–16:30", "Madrid time, UTC+2"),
        ("fr", f"Mercredi 25 octobre 2023, de 15{NB}h à 16{NB}h{NB}30", "heure de Madrid, UTC+2"),
        ("es", "Miércoles 25 de octubre de 2023, de 15:00 a 16:30", "hora de Madrid, UTC+2"),
        ("ar", f"الأربعاء، 25 تشرين الأول/أكتوبر 2023، من {LRI}15:00{PDI} إلى {LRI}16:30{PDI}", f"بتوقيت مدريد، {LRI}UTC+2{PDI}"),
    ],
)
def test_a_session_names_its_zone(language: str, line: str, zone: str) -> None:
    session = Session(starts_at=datetime(2023, 10, 25, 15), ends_at=datetime(2023, 10, 25, 16, 30))
    written = writer(language).when(Sessions(sessions=(session,)))
    assert (written.lines, written.zone) == ((line,), zone)


def test_the_offset_is_that_of_the_day() -> None:
    english = writer("en")
    assert english.zone_at(datetime(2023, 7, 1, 9), "Europe/Brussels") == "Brussels time, UTC+2"
    assert english.zone_at(datetime(2023, 12, 1, 9), "Europe/Brussels") == "Brussels time, UTC+1"
    assert english.zone_at(datetime(2023, 12, 1, 9), "America/Argentina/Buenos_Aires") == "Buenos Aires time, UTC−3"
    assert english.zone_at(datetime(2023, 12, 1, 9), "Asia/Kathmandu") == "Kathmandu time, UTC+5:45"
    assert english.zone_at(datetime(2023, 12, 1, 9), "UTC") == "UTC"


def test_a_zone_s_city_speaks_the_language_as_far_as_it_can() -> None:
    moment = datetime(2023, 7, 1, 9)
    assert writer("fr").zone_at(moment, "Africa/Cairo").startswith("heure du Caire")
    assert writer("fr").zone_at(moment, "Africa/Abidjan").startswith("heure d’Abidjan")
    assert writer("ar").zone_at(moment, "Europe/Brussels").startswith("بتوقيت بروكسل")
    assert f"{FSI}Buenos Aires{PDI}" in writer("ar").zone_at(moment, "America/Argentina/Buenos_Aires")


@pytest.mark.parametrize(("setting", "name"), [("both", "تشرين الأول/أكتوبر"), ("levantine", "تشرين الأول"), ("western", "أكتوبر")])
def test_arabic_months_follow_the_list(setting: str, name: str) -> None:
    assert writer("ar", setting).day(date(2023, 10, 1)) == f"الأحد، 1 {name} 2023"


def test_a_deadline_with_a_time_names_the_zone_and_one_without_does_not() -> None:
    assert writer("en").moment(datetime(2023, 10, 23, 23, 59)) == "Monday 23 October 2023, 23:59 (Madrid time, UTC+2)"
    assert writer("en").moment(date(2023, 10, 1)) == "Sunday 1 October 2023"


def test_the_calendar_leaf_shows_where_it_begins() -> None:
    english = writer("en")
    leaves = [
        english.when(when)
        for when in (
            Day(day=date(2023, 6, 27)),
            Days.model_validate({"from": "2023-06-27", "to": "2023-06-28"}),
            Days.model_validate({"from": "2023-06-30", "to": "2023-07-02"}),
            Months(from_month="2023-06", to_month="2023-07"),
        )
    ]
    assert [(leaf.number, leaf.name) for leaf in leaves] == [("27", "Jun"), ("27–28", "Jun"), ("30", "Jun"), ("Jun–Jul", "2023")]


def test_a_session_past_midnight_tells_both_days() -> None:
    session = Session(starts_at=datetime(2023, 6, 30, 22), ends_at=datetime(2023, 7, 1, 1))
    assert writer("en").when(Sessions(sessions=(session,))).lines == ("Friday 30 June 2023, 22:00 – Saturday 1 July 2023, 01:00",)


def test_the_times_of_a_programme() -> None:
    thin = "\u2009"
    assert writer("en").hours(time(9, 30), time(10)) == f"09:30{thin}–{thin}10:00"
    assert writer("fr").hours(time(9, 30), None) == f"9{NB}h{NB}30"
