"""Our inlining of a theme's rules does what premailer does: compared with premailer itself, letter by letter and selector by selector."""

import logging
import re
from collections.abc import Iterator

import pytest
from premailer import Premailer

from newsroom.rendering.compiling import DOCTYPE, OUTLOOK_SEAM, inlined, read_style, run_engine, theme_css
from newsroom.rendering.inlining import rule_of, with_styles
from newsroom.rendering.letter import Letter
from newsroom.rendering.look import look_of
from newsroom.rendering.marks import Marks
from tests.letters import NONCE, every_kind

PAGE = """<html><head><style>.x { color: red }</style></head><body class="body">
<div class="r outer"><p style="color: #111; margin: 1px">one</p><div class="r"><p class="k  m">two</p><h1>three</h1></div></div>
<p class="m">four</p><table><tr><td class="k">five</td></tr></table><!-- <p class="k">six</p> --></body></html>"""
SELECTORS = [
    "p", ".k", "p.k", ".r p", ".body .m", ".r .r p", "div.outer p", "div h1", ".r > p", "p + p", ".missing", "td, .m", "*", "[class]",
]  # fmt: skip


def by_premailer(html: str, css: str) -> str:
    premailer = Premailer(
        css_text=css, allow_network=False, strip_important=False, keep_style_tags=True, disable_leftover_css=True,
        disable_validation=True, cssutils_logging_level=logging.CRITICAL, align_floating_images=False,
        disable_basic_attributes=["width", "height", "bgcolor", "align", "valign"], include_star_selectors=True,
    )  # fmt: skip
    done: str = premailer.transform(html.replace("<style", '<style data-premailer="ignore"'), pretty_print=False)
    return done.replace(' data-premailer="ignore"', "")


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a_letter_of_every_kind_comes_out_as_premailer_makes_it(language: str) -> None:
    source = every_kind()
    html, look = run_engine(Letter(source=source, language=language, marks=Marks(NONCE)).mjml()), look_of(language, source.accent)
    assert inlined(html, look) == DOCTYPE + OUTLOOK_SEAM.sub("", by_premailer(html, theme_css(look))) + "\n"


@pytest.mark.parametrize("selector", SELECTORS)
def test_a_selector_finds_what_premailer_finds(selector: str) -> None:
    rules = [rule_of(part.strip(), read_style("color: blue; padding: 2px")) for part in selector.split(",")]
    assert with_styles(PAGE, rules, read_style) == by_premailer(PAGE, f"{selector} {{ color: blue; padding: 2px }}")


def test_a_later_rule_wins_and_the_elements_own_words_win_over_both() -> None:
    rules = [rule_of("p", read_style("color: blue; padding: 1px")), rule_of(".r p", read_style("padding: 2px"))]
    first = next(_styles(with_styles(PAGE, rules, read_style)))
    assert first == "color:#111; padding:2px; margin:1px"


def _styles(html: str) -> Iterator[str]:
    return iter(re.findall(r'style="([^"]*)"', html))
