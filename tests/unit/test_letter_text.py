"""The text part: tidy lines, lists, addresses, nothing broken that must hold."""

import re

import pytest

from newsroom.drafting.rich_text import from_markdown
from newsroom.rendering.compiling import compile_letter
from newsroom.rendering.plaintext import WIDTH, tidy
from newsroom.rendering.rich import events
from newsroom.rendering.rich_text import write_text
from tests.letters import NONCE, every_kind, source_of


def text_of(markdown: str) -> str:
    return write_text(events(from_markdown(markdown)), str)


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_lines_are_short_unless_an_address_or_a_slot_makes_them_long(language: str) -> None:
    text = compile_letter(every_kind(), language, nonce=NONCE).text
    for line in text.splitlines():
        assert len(line) <= WIDTH or "http" in line or f"NR{NONCE}S" in line
        assert line == line.rstrip()
    assert "\n\n\n" not in text
    assert text.endswith("\n")


def test_a_paragraph_with_a_slot_is_one_line() -> None:
    words = "word " * 40
    letter = compile_letter(source_of({"sections": [{"kind": "text", "text": f"[[ name ]] {words}"}]}), "en", nonce=NONCE)
    (line,) = [line for line in letter.text.splitlines() if re.match(rf"NR{NONCE}S\d+E word", line)]
    assert line.count("word") == 40


def test_lists_have_their_marks_and_hang() -> None:
    assert text_of("- one\n- two\n  1. inner\n  2. more\n- three") == "- one\n- two\n  1. inner\n  2. more\n- three"
    assert tidy("- " + "word " * 20, slot_mark="NR").splitlines()[1].startswith("  word")


def test_a_link_shows_its_address_after_its_words_once() -> None:
    assert text_of("See [the plan](https://www.example.org/plan).") == "See the plan (https://www.example.org/plan)."
    assert text_of("<https://www.example.org/plan>") == "https://www.example.org/plan"
    assert text_of("See [the plan](#).") == "See the plan."


def test_an_address_is_never_broken() -> None:
    address = "https://www.example.org/" + "long-" * 40
    assert address in tidy(f"Some words before it {address} and some behind", slot_mark="NR").splitlines()


def test_no_break_spaces_hold() -> None:
    line = "mot " * 16 + "Question\u00a0: suite"
    assert any("Question\u00a0:" in wrapped for wrapped in tidy(line, slot_mark="NR").splitlines())


def test_quotes_headings_and_breaks() -> None:
    assert text_of("### Head\n\n> Said\n\nOne  \ntwo") == "Head\n\n> Said\n\nOne\ntwo"


def test_the_text_part_is_written_without_html() -> None:
    text = compile_letter(every_kind(), "en", nonce=NONCE).text
    assert "&amp;" not in text
    assert not re.search(r"</?[a-z]", text)
    assert "https://www.example.org/page?a=1&b=2" in text
