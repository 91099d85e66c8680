"""No text makes a check raise or dawdle."""

import time
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsroom.checks.saying import hint, message
from newsroom.rendering.source import LetterSource
from tests.checks.issues import found_in
from tests.letters import source_of

LANGUAGES = ("en", "fr", "es", "ar")
WORDS = (
    "31|0|99|12| |\n\n|-|–| to | au | y | إلى |May|mai|de mayo|أيار/مايو|كانون الثاني|Monday|lundi|الجمعة|2027|15:00|25:99|3 pm|CET|EST"
    "|UTC+2|(|)|GCM|SDGs|https://x.example|[a](#)|%s|:|## |- |> |٣١|\u200f|é|<p>|TODO|,|."
)
PIECES = st.sampled_from(WORDS.split("|"))
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=30).map("".join)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=TEXTS, language=st.sampled_from(LANGUAGES))
def test_any_text_is_read_to_its_end(text: str, language: str) -> None:
    sections = [
        {"kind": "text", "title": "T", "text": {language: "x", "en": "y"}},
        {"kind": "quote", "text": {language: "z"}, "attribution": "A"},
    ]
    safe = text.replace("[[", "").replace("]]", "") or "x"
    sections[0]["text"] = {language: f"x {_without_links(safe)}", "en": "y 31 May"}
    for one in found_in(source_of({"languages": list(dict.fromkeys(["en", language])), "subject": "S", "sections": sections})):
        assert message(one, language)
        assert hint(one, "ar")


def _without_links(text: str) -> str:
    """What the importer refuses is no matter here."""
    return text.replace("](", "] (")


def test_a_long_issue_in_four_languages_takes_no_time() -> None:
    text = {
        "en": "On Monday 5 July 2027 at 15:00 (CEST) 25 cities met in Rome; the Global Compact for Migration (GCM) was read.",
        "fr": "Le lundi 5 juillet 2027 à 15 h (CEST), 25 villes se sont réunies à Rome ; le Pacte mondial a été lu.",
        "es": "El lunes 5 de julio de 2027 a las 15:00 (CEST), 25 ciudades se reunieron en Roma; se leyó el Pacto Mundial.",
        "ar": "يوم الاثنين 5 تموز/يوليو 2027 الساعة 15:00 (CEST) اجتمعت 25 مدينة في روما وقُرئ الميثاق العالمي.",
    }
    title = dict.fromkeys(text, "Rome 2027")
    sections = [
        {"kind": "text", "title": title, "text": {language: f"{words} ({number})" for language, words in text.items()}}
        for number in range(72)
    ]
    source = source_of({"languages": list(text), "subject": dict.fromkeys(text, "News"), "sections": sections})
    assert min(_seconds(source) for _ in range(3)) < 0.6  # measured 0.1 to 0.2 s, wanted 0.3 s: what the processor worked, not what passed


def _seconds(source: LetterSource) -> float:
    began = time.process_time()
    assert found_in(source, send_at=datetime(2027, 6, 1, tzinfo=UTC)) == ()
    return time.process_time() - began


def test_a_wall_of_digits_or_dashes_does_not_hang() -> None:
    began = time.perf_counter()
    for piece in ("1", "- ", "Monday ", "5 ", "(", "A", "15:00 – ", "12-"):
        wall = (piece * 20_000)[:20_000]
        found_in(source_of({"languages": ["en"], "subject": "S", "sections": [{"kind": "text", "text": f"x {wall}"}]}))
    assert time.perf_counter() - began < 20  # measured 2 s
