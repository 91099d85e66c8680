"""Whatever stands in a text, it is words: nothing runs, nothing breaks out, and what cannot be taken names its place."""

from dataclasses import replace
from typing import Any

import lxml.html
import pytest

from newsroom.errors import CompileError, InvalidInput
from newsroom.rendering.compiling import compile_letter, directed, run_engine
from newsroom.rendering.letter import Letter
from newsroom.rendering.marks import Marks
from newsroom.rendering.source import LetterSource, NumberedSection
from newsroom.sections.base import Part
from newsroom.sections.values import Words
from tests.letters import NONCE, as_outlook, every_kind, faults_of, source_of

HOSTILE = [
    "<script>alert(1)</script>",
    "عربي > \u201cكلام\u201d > نص",
    "{{ 7*7 }} {% for x in y %} {# gone #}",
    '<mj-include path="/etc/passwd" /><mj-raw><b>x</b></mj-raw>',
    '"><img src=x onerror=alert(1)>',
    "</mj-text></mj-column></mj-section></mj-body></mjml>",
    "<!-- --> <![CDATA[ x ]]> <!--[if mso]> <![endif]-->",
    "& &amp; &lt; &#0; &#11; &nosuch; %% {0} {name} %s",
    "NRdeadbeefB0E NRdeadbeefS1E NRdeadbeefD0E",
    "line\u2028separator\u2029 \u202e override \ufeff mark",
    "a" * 5000,
    "<a href='javascript:alert(1)'>x</a> <a href=\"javascript:alert(1)\">y</a>",
    '<p onclick="alert(1)" style="position:fixed">p</p>',
]


def poisoned(source: LetterSource, poison: str) -> LetterSource:
    """The source with every text of every section, and of the list and the issue, replaced."""
    sections = tuple(replace(numbered, section=_poison(numbered.section, poison)) for numbered in source.sections)
    return replace(
        source,
        sections=sections,
        list_title=poison,
        postal_address=poison,
        footer=poison,
        subject=poison,
        preview_text=poison,
        from_name=poison,
    )


def _poison(part: Any, poison: str) -> Any:
    changes: dict[str, Any] = {}
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        form = next((mark.form for mark in info.metadata if isinstance(mark, Words)), None)
        if form in ("prose", "rich", "name") and value:
            changes[name] = poison
        elif isinstance(value, Part):
            changes[name] = _poison(value, poison)
        elif isinstance(value, tuple) and value and isinstance(value[0], Part):
            changes[name] = tuple(_poison(entry, poison) for entry in value)
        elif name in ("organisers", "partners", "guiding_questions", "hashtags"):
            changes[name] = (poison,) if value else value
    return part.model_copy(update=changes)


@pytest.mark.parametrize("poison", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_hostile_text_in_every_field_stays_a_text(poison: str, language: str) -> None:
    letter = compile_letter(poisoned(every_kind(), poison), language, nonce=NONCE)
    assert faults_of(letter.html) == []
    assert faults_of(as_outlook(letter.html)) == []
    page = lxml.html.document_fromstring(letter.html)
    assert not page.xpath("//script | //iframe | //*[@onerror or @onclick] | //b")
    assert {value.partition(":")[0] for value in page.xpath("//a/@href") if not value.startswith("NR")} <= {"https", "http", "mailto"}
    assert "root:" not in letter.html
    assert len(letter.spans) == 6


def test_template_marks_are_never_evaluated() -> None:
    letter = compile_letter(poisoned(every_kind(), "{{ 7*7 }} {% raw %}"), "en", nonce=NONCE)
    for part in (letter.subject, letter.html, letter.text):
        assert "{{ 7*7 }} {% raw %}" in part
        assert "49 {%" not in part


def test_control_characters_are_left_out() -> None:
    letter = compile_letter(poisoned(every_kind(), "word\x07paste\x00end\ufffe\x0bnext"), "en", nonce=NONCE)
    assert "wordpasteend" in letter.html
    assert "wordpasteend next" in letter.subject
    assert "wordpasteend" in letter.text
    assert not {"\x00", "\x0b", "\ufffe"} & set(letter.html + letter.text + letter.subject)


def section(number: int, text: str, kind: str = "text") -> NumberedSection:
    part = every_kind().sections[3].section if kind == "text" else None
    assert part is not None
    return NumberedSection(number=number, uid=f"s{number}", section=part.model_copy(update={"text": text}))


def test_a_text_that_looks_like_a_mark_of_this_letter_is_refused_with_its_section() -> None:
    for text in (f"NR{NONCE}S0E", f"<p>NR<em>{NONCE}</em>B0E</p>"):
        source = replace(every_kind(), sections=(section(1, "<p>fine</p>"), section(2, text)))
        with pytest.raises(CompileError, match="Section 2") as refusal:
            compile_letter(source, "en", nonce=NONCE)
        assert (refusal.value.section, refusal.value.language) == (2, "en")


def test_a_subject_that_looks_like_a_mark_is_refused_too() -> None:
    with pytest.raises(CompileError) as refusal:
        compile_letter(replace(every_kind(), subject=f"NR{NONCE}S0E"), "en", nonce=NONCE)
    assert refusal.value.section is None


def test_a_letter_without_a_subject_is_refused() -> None:
    with pytest.raises(CompileError, match="no subject"):
        compile_letter(replace(every_kind(), subject=""), "en", nonce=NONCE)


def test_tags_in_great_depth_are_refused_with_their_section() -> None:
    source = replace(every_kind(), sections=(section(1, "<p>fine</p>"), section(7, "<blockquote>" * 20_000 + "x")))
    with pytest.raises(CompileError, match="deep") as refusal:
        compile_letter(source, "en", nonce=NONCE)
    assert refusal.value.section == 7


def test_twenty_thousand_tags_that_are_not_ours_are_words_only() -> None:
    source = replace(every_kind(), sections=(section(1, "<div>" * 20_000 + "inside" + "</div>" * 20_000),))
    assert "inside" in compile_letter(source, "en", nonce=NONCE).text


def test_a_merge_field_that_is_none_names_the_section() -> None:
    with pytest.raises(CompileError, match="nickname") as refusal:
        compile_letter(replace(every_kind(), sections=(section(4, "<p>Hi [[ nickname ]]</p>"),)), "en", nonce=NONCE)
    assert refusal.value.section == 4


def test_a_picture_that_is_not_there_names_the_section() -> None:
    with pytest.raises(CompileError, match=r"harbour\.png") as refusal:
        compile_letter(every_kind(media={"logo.png": every_kind().media["logo.png"]}), "en", nonce=NONCE)
    assert refusal.value.section == 1


def test_the_engine_s_panic_and_its_errors_are_ours() -> None:
    for mjml in (
        "<mjml><mj-body><mj-section><mj-column><mj-text>عربي > x</mj-text></mj-column></mj-section></mj-body></mjml>",
        "<mjml><mj-body>",
    ):
        with pytest.raises(InvalidInput, match="engine"):
            run_engine(mjml)


def test_the_section_the_engine_refuses_is_found() -> None:
    letter = Letter(source=every_kind(), language="en", marks=Marks(NONCE))
    letter.fragments = [(1, "<mj-section></mj-section>"), (2, "<mj-section><mj-column></mj-section>")]
    assert letter.culprit(run_engine) == 2


def test_unbalanced_rich_text_is_balanced() -> None:
    letter = compile_letter(source_of({"sections": [{"kind": "text", "text": "x"}]}), "en", nonce=NONCE)
    odd = replace(
        every_kind(),
        sections=(section(1, '<p>one</em><strong>two<a href="https://a.example.org">three<a href="https://b.example.org">four'),),
    )
    assert faults_of(letter.html) == []
    odd_letter = compile_letter(odd, "en", nonce=NONCE)
    assert faults_of(odd_letter.html) == []
    assert [link.url for link in odd_letter.links if link.section] == ["https://a.example.org"]


def test_a_letter_of_another_language_in_the_middle_keeps_its_own_direction_only_there() -> None:
    html = '<td>a</td><!--foreign en--><div class="card"><td>b</td></div><!--own ar--><td>c</td>'
    expected = '<td dir="rtl">a</td><div lang="en" dir="ltr" class="card"><td dir="ltr">b</td></div><td dir="rtl">c</td>'
    assert directed(html, "ar") == expected
