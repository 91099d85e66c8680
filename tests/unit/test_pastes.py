"""What is pasted, as the server sees it: the browser's result stays, and what passed no browser loses no word and brings no script."""

import re
from pathlib import Path

import lxml.html
import pytest

from newsroom.drafting.rich_text import clean_html
from newsroom.errors import InvalidInput
from newsroom.sections.values import RICH_TAGS

FOLDER = Path(__file__).parent.parent / "pastes"
CASES = sorted(path.name.removesuffix(".expected.html") for path in FOLDER.glob("*.expected.html"))


def raw(case: str) -> str:
    return (FOLDER / f"{case}.html").read_text("utf-8")


def expected(case: str) -> str:
    return (FOLDER / f"{case}.expected.html").read_text("utf-8").strip()


def words(html: str) -> list[str]:
    """The words, without the marks that office programs write before the entries of a list."""
    spaced = html.replace("<", " <")
    found = lxml.html.fragment_fromstring(spaced, create_parent=True).text_content()
    return [word for word in re.findall(r"\w+", found) if not re.fullmatch(r"o|\d", word)]


def test_every_program_has_its_case() -> None:
    assert CASES == ["google-docs", "libreoffice", "outlook", "scripts", "word-lists", "word-online"]


@pytest.mark.parametrize("case", CASES)
def test_what_the_browser_makes_of_a_paste_is_in_the_servers_form(case: str) -> None:
    assert clean_html(expected(case)) == expected(case)


@pytest.mark.parametrize("case", CASES)
def test_a_paste_that_passed_no_browser_keeps_every_word_and_nothing_that_runs(case: str) -> None:
    cleaned = clean_html(raw(case))
    assert words(cleaned) == words(expected(case))
    tags = {element.tag for element in lxml.html.fragment_fromstring(cleaned, create_parent=True).iterdescendants()}
    assert tags <= RICH_TAGS
    assert not re.search(r"javascript:|file:|onclick|onerror|style=|class=", cleaned)


def test_five_megabytes_of_markup_are_refused_with_a_sentence() -> None:
    with pytest.raises(InvalidInput, match="is too long"):
        clean_html("<p class=MsoNormal>" + "<span style='mso-x: y'> </span>" * 160_000 + "Kept.</p>")
