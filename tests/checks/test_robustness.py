"""No text makes a check raise or dawdle."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsroom.checks.base import Material
from newsroom.checks.links import to_ask
from newsroom.checks.passages import passages_of
from newsroom.checks.saying import hint, message
from newsroom.errors import InvalidInput
from newsroom.rendering.source import LetterSource
from newsroom.sections.values import check_link
from tests.checks.issues import SENT, found_in
from tests.letters import source_of

LANGUAGES = ("en", "fr", "es", "ar")
WORDS = (
    "31|0|99|12| |\n\n|-|–| to | au | y | إلى |May|mai|de mayo|أيار/مايو|كانون الثاني|Monday|lundi|الجمعة|2027|15:00|25:99|3 pm|CET|EST"
    "|UTC+2|(|)|GCM|SDGs|https://x.example|[a](#)|%s|:|## |- |> |٣١|\u200f|é|<p>|TODO|,|."
    "|🎉|👩‍👩‍👧|\u200d|\u2067|\u2069|\u0301|\u0640|هـ|http://[|www.münchen.de|a@b|;|—|1er|º|½|²|𝟚|Ⅳ|\x07|\ufeff"
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


PARTS = (
    "https:// http:// mailto: tel: // / # ? @ : . % [ ] www. example. test. uclg.org münchen.de موقع.مصر 127.0.0.1 [::1] :99999 login"
    " TODO 日本 \u200f xn--4gbrim.com preview=true ; , ( ) %s {{"
)
ADDRESSES = st.lists(st.sampled_from(PARTS.split()), min_size=1, max_size=6).map("".join)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(url=ADDRESSES, label=TEXTS)
def test_any_address_is_judged(url: str, label: str) -> None:
    """Whatever a file or the editor lets in; what they refuse is no matter here."""
    words = label.replace("[[", "").replace("]]", "").strip() or "x"
    try:
        check_link(url)
        section = {"kind": "update", "title": "T", "text": f"See [x](<{url}>).", "links": [{"label": words, "url": url}]}
        source = source_of({"languages": ["en"], "subject": "S", "sections": [section]})
    except (ValueError, InvalidInput):
        return
    for one in found_in(source):
        assert message(one, "fr")
    to_ask(Material(source=source, send_at=SENT, passages=tuple(passages_of(source))))


@pytest.mark.parametrize("text", ["🎉🎊👩‍👩‍👧‍👦" * 300, "\u200f\u200e\u2067\u2069 x" * 500, "a" + "\u0301" * 3000, "٣١ ٢ " * 500])
def test_texts_without_words_are_left_in_peace(text: str) -> None:
    source = source_of({"languages": ["en"], "subject": "🎉", "sections": [{"kind": "text", "text": text}]})
    assert [message(one) for one in found_in(source)] == []


def test_five_thousand_links_take_no_time() -> None:
    links = " ".join(f"[the page {place}](https://host{place % 50}.uclg.org/{place})" for place in range(1_000))
    source = source_of({"languages": ["en"], "subject": "S", "sections": [{"kind": "text", "text": links}] * 5})
    began = time.process_time()
    material = Material(source=source, send_at=SENT, passages=tuple(passages_of(source)))
    assert len(to_ask(material)) == 1_000
    found_in(source)
    assert time.process_time() - began < 4  # measured 0.5 s


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
    for piece in ("1", "- ", "Monday ", "5 ", "(", "A", "15:00 – ", "12-", "ABC DEF ", "(ABC ", "a:\n\n", "31 February 2027, ", "[x](#) "):
        wall = (piece * 10_000)[:10_000]
        found_in(source_of({"languages": ["en"], "subject": "S", "sections": [{"kind": "text", "text": f"x {wall}"}]}))
    assert time.perf_counter() - began < 20  # measured 2 s
