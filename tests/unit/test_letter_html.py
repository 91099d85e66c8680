"""The HTML part: well formed whatever is cut, its directions and languages told, its pictures and links in order."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest

from newsroom.rendering.compiled import CompiledLetter
from newsroom.rendering.compiling import compile_letter
from newsroom.sections.base import Section
from tests.letters import NONCE, as_outlook, cuts_of, every_kind, faults_of, sample_source, section_of, source_of, without_marks


def page_of(letter: CompiledLetter) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(without_marks(letter.html))


@pytest.fixture(scope="module", params=["en", "fr", "ar"])
def letter(request: pytest.FixtureRequest) -> CompiledLetter:
    return compile_letter(every_kind(), request.param, nonce=NONCE)


def test_every_cut_of_a_letter_is_well_formed_in_outlook_and_elsewhere(samples: Path) -> None:
    letter = compile_letter(sample_source(samples, "autumn-2023"), "ar", nonce=NONCE)
    assert sum(bool(span.topics) for span in letter.spans) == 2
    for _, html, _ in cuts_of(letter):
        assert faults_of(html) == []
        assert faults_of(as_outlook(html)) == []


def test_every_cut_of_every_kind_leaves_only_what_was_not_cut(letter: CompiledLetter) -> None:
    for chosen, html, text in cuts_of(letter):
        assert faults_of(as_outlook(html)) == []
        left = {int(number) for number in re.findall(rf"NR{NONCE}B(\d+)E", html)}
        assert left == set(range(len(letter.spans))) - chosen
        assert left == {int(number) for number in re.findall(rf"NR{NONCE}B(\d+)E", text)}


def test_no_mark_stands_inside_a_comment_of_outlook(letter: CompiledLetter) -> None:
    for comment in re.findall(r"<!--\[if.*?<!\[endif\]-->", letter.html, re.DOTALL):
        assert f"NR{NONCE}" not in comment


def test_a_span_stands_once_in_each_part_and_alone_on_its_line_in_the_text(letter: CompiledLetter) -> None:
    for number, _ in enumerate(letter.spans):
        for letter_of_mark in "BD":
            mark = f"NR{NONCE}{letter_of_mark}{number}E"
            assert letter.html.count(f"<!--{mark}-->") == 1 == letter.html.count(mark)
            assert letter.text.splitlines().count(mark) == 1 == letter.text.count(mark)


def test_the_doctype_and_the_rules_for_phones_and_dark_pages_survive(letter: CompiledLetter) -> None:
    assert letter.html.startswith("<!doctype html>\n<html")
    for kept in ("@media only screen and (max-width:479px)", "prefers-color-scheme: dark", "!important", 'name="color-scheme"'):
        assert kept in letter.html
    assert "fonts.googleapis" not in letter.html


def test_language_and_direction_stand_on_the_page(letter: CompiledLetter) -> None:
    page = page_of(letter)
    direction = "rtl" if letter.language == "ar" else "ltr"
    assert (page.get("lang"), page.get("dir")) == (letter.language, direction)
    article = page.xpath('//*[@role="article"]')[0]
    assert (article.get("lang"), article.get("dir")) == (letter.language, direction)


def test_every_cell_of_an_arabic_letter_has_its_direction() -> None:
    page = page_of(compile_letter(every_kind(), "ar", nonce=NONCE))
    cells = page.xpath("//td | //th")
    assert {cell.get("dir") for cell in cells} == {"rtl", "ltr"}
    for cell in cells:
        foreign = cell.xpath('ancestor::div[@lang][contains(@class, "card")]')
        assert cell.get("dir") == (foreign[0].get("dir") if foreign else "rtl")
        if cell.get("align") in ("left", "right") and not foreign:
            assert cell.get("align") == "right" or cell.xpath('.//a[text()="عرض في المتصفح"]')


def test_an_arabic_section_in_a_latin_letter_runs_right_to_left() -> None:
    document = {"languages": ["en", "ar"], "sections": [{"kind": "update", "title": {"ar": "خبر"}, "text": {"ar": "نص"}}]}
    page = page_of(compile_letter(source_of(document), "en", nonce=NONCE))
    (section,) = page.xpath('//div[contains(@class, "card")][@lang="ar"]')
    assert section.get("dir") == "rtl"
    assert {cell.get("dir") for cell in section.xpath(".//td")} == {"rtl"}
    (label,) = section.xpath('.//p[@lang="en"]')
    assert (label.text_content(), label.get("dir")) == ("In Arabic", "ltr")
    assert "letter-spacing" not in lxml.html.tostring(section, encoding="unicode")


def test_latin_names_in_an_arabic_letter_are_isolated() -> None:
    page = page_of(compile_letter(every_kind(), "ar", nonce=NONCE))
    isolated = {bdi.text_content() for bdi in page.xpath("//bdi")}
    assert {"Amina Duval", "Lindholm", "UCLG", "SDG 11", "City of Lindholm"} <= isolated


def test_layout_tables_are_presentation_and_the_programme_is_not(letter: CompiledLetter) -> None:
    page = page_of(letter)
    real = [table for table in page.xpath("//table") if table.get("role") != "presentation"]
    assert [table.get("class") for table in real] == ["ag"]
    assert len(real[0].xpath('.//th[@scope="row"]')) == 2


def test_headings_go_down_one_step_at_a_time(letter: CompiledLetter) -> None:
    levels = [int(heading.tag[1]) for heading in page_of(letter).xpath("//h1 | //h2 | //h3 | //h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_every_picture_has_a_size_and_an_alternative_text_even_if_empty(letter: CompiledLetter) -> None:
    pictures = page_of(letter).xpath("//img")
    assert len(pictures) >= 10
    for picture in pictures:
        assert picture.get("alt") is not None
        assert 0 < int(picture.get("width")) <= 600


def test_links_are_numbered_as_they_stand(letter: CompiledLetter) -> None:
    hrefs = [link.get("href") for link in page_of(letter).xpath("//a[@href]")]
    collected = [link.url for link in letter.links]
    assert collected == [href for href in hrefs if not href.startswith("slot")]
    assert [link.number for link in letter.links] == list(range(1, len(collected) + 1))


def test_a_link_knows_its_section_and_its_words() -> None:
    letter = compile_letter(every_kind(), "en", nonce=NONCE)
    (register,) = [link for link in letter.links if link.url == "https://www.example.org/register"]
    assert (register.section, register.text) == (9, "Register")
    assert next(link for link in letter.links if link.url.endswith("/fr")).section is None
    assert any(link.url == "https://www.example.org/page?a=1&b=2" and link.text == "a page" for link in letter.links)


@pytest.mark.parametrize("url", ["", "#", " # "])
def test_a_link_that_leads_nowhere_is_plain_words(url: str) -> None:
    content = {"title": "A note", "links": [{"label": "Nowhere yet", "url": url}], "text": "See [the paper](#)."}
    letter = compile_letter(source_of({"sections": [{"kind": "update", **content}]}), "en", nonce=NONCE)
    page = page_of(letter)
    assert "Nowhere yet" in page.text_content()
    assert not [link for link in page.xpath("//a") if link.text_content() in ("Nowhere yet", "the paper")]
    assert all(link.section is None for link in letter.links)


def test_a_cancelled_workshop_offers_no_registration() -> None:
    letter = compile_letter(every_kind(), "en", nonce=NONCE)
    assert "https://www.example.org/never" not in letter.html
    assert "Cancelled" in letter.text


def test_a_divider_goes_with_the_last_of_what_follows_it() -> None:
    sections = [
        {"kind": "divider", "title": "Heading"},
        {"kind": "text", "text": "One", "topics": ["a"]},
        {"kind": "text", "text": "Two", "topics": ["b"]},
        {"kind": "divider"},
        {"kind": "text", "text": "For all"},
    ]
    letter = compile_letter(source_of({"sections": sections}), "en", nonce=NONCE)
    assert [span.topics for span in letter.spans if not span.personal] == [("a", "b"), ("a",), ("b",)]


def test_the_same_nonce_gives_the_same_letter() -> None:
    assert compile_letter(every_kind(), "ar", nonce=NONCE) == compile_letter(every_kind(), "ar", nonce=NONCE)


def test_another_nonce_changes_only_the_tokens() -> None:
    one, other = (compile_letter(every_kind(), "en", nonce=nonce) for nonce in (NONCE, "12345678"))
    assert one.html != other.html
    assert one.html.replace(f"NR{NONCE}", "NR12345678") == other.html


def test_the_accent_is_darkened_until_white_can_be_read_on_it() -> None:
    letter = compile_letter(every_kind(accent="#ffcc00"), "en", nonce=NONCE)
    assert "#ffcc00" not in letter.html


def test_a_letter_without_sections_or_logo_still_compiles() -> None:
    letter = compile_letter(replace(every_kind(), sections=(), logo=""), "fr", nonce=NONCE)
    assert faults_of(letter.html) == []
    assert "Se désabonner" in letter.text


@pytest.mark.parametrize("kind", sorted(Section.kinds))
def test_each_kind_compiles_with_its_required_fields_alone(kind: str) -> None:
    required = {
        "text": {"text": "x"}, "quote": {"text": "x"}, "image": {"image": {"file": "logo.png"}}, "update": {"title": "x"},
        "call_to_action": {"title": "x", "button": {"label": "b", "url": "#"}}, "other_news": {"items": [{"text": "x"}]},
        "interview": {"title": "x"}, "workshop": {"title": "x"},
        "publication": {"title": "x"}, "partners": {"logos": [{"file": "logo.png", "alt": "x"}]},
    }  # fmt: skip
    section = section_of({"kind": kind, **required.get(kind, {})})
    numbered = replace(every_kind().sections[0], section=section)
    letter = compile_letter(replace(every_kind(), sections=(numbered,)), "en", nonce=NONCE)
    assert faults_of(letter.html) == []


@pytest.mark.parametrize(("language", "inner"), [("en", "right"), ("ar", "left")])
def test_the_hours_of_an_agenda_never_touch_its_words(language: str, inner: str) -> None:
    page = page_of(compile_letter(every_kind(), language, nonce=NONCE))
    hours = page.xpath('//table[contains(@class, "ag")]//th/@style')
    assert hours
    wanted = "9px 14px 9px 0" if inner == "right" else "9px 0 9px 14px"
    assert all(re.search(rf"padding:\s*{wanted}", style) for style in hours)
