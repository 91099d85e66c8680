"""Typed sections to a compiled letter: templates, then the MJML engine, then styles inlined, once per language."""

import logging
import re
from functools import lru_cache
from operator import itemgetter

from mjml import mjml2html
from premailer import Premailer
from premailer.merge_style import csstext_to_pairs

from newsroom.errors import CompileError, InvalidInput
from newsroom.localized import direction_of
from newsroom.rendering.compiled import CompiledLetter
from newsroom.rendering.guarding import refuse_look_alikes
from newsroom.rendering.inlining import Declarations, Rule, rule_of, with_styles
from newsroom.rendering.letter import Letter
from newsroom.rendering.look import Look, look_of
from newsroom.rendering.marks import Marks
from newsroom.rendering.source import LetterSource
from newsroom.rendering.templates import text_environment

DOCTYPE = "<!doctype html>\n"
LARGEST = 2_000_000
DIRECTION_MARK = re.compile(r"<!--(foreign|own) ([a-z-]+)-->")
CELL = re.compile(r"<(t[dh])(?=[\s>])")
OUTLOOK_SEAM = re.compile(r"<!\[endif\]--><!--\[if mso \| IE\]>")


def compile_letter(source: LetterSource, language: str, *, nonce: str, anchors: bool = False) -> CompiledLetter:
    """The letter of one language, the same bytes for the same nonce. CompileError names the section at fault."""
    marks = Marks(nonce)
    refuse_look_alikes(source, marks, language)
    letter = Letter(source=source, language=language, marks=marks, anchors=anchors)
    subject = _subject(letter)
    html = _html(letter)
    return CompiledLetter(
        language=language,
        subject=subject,
        preview_text=letter.preview_text.words,
        html=html,
        text=letter.text(),
        slots=marks.slots,
        spans=marks.spans,
        links=letter.links.found,
    )


def _subject(letter: Letter) -> str:
    if not letter.subject:
        raise CompileError("there is no subject.", language=letter.language)
    return " ".join(letter.subject.plain.split())


def _html(letter: Letter) -> str:
    mjml = letter.mjml()
    if len(mjml) > LARGEST:
        raise CompileError(f"the letter is larger than {LARGEST:,} characters.", language=letter.language)
    raw = directed(_engine_or_culprit(mjml, letter), letter.language)
    return inlined(raw, look_of(letter.language, letter.source.accent))


def _engine_or_culprit(mjml: str, letter: Letter) -> str:
    try:
        return run_engine(mjml)
    except InvalidInput as error:
        raise CompileError(str(error), section=letter.culprit(run_engine), language=letter.language) from error


def run_engine(mjml: str) -> str:
    """HTML of this MJML. InvalidInput for what the engine cannot take."""
    try:
        return mjml2html(mjml, fonts={})
    except ValueError as error:
        raise InvalidInput.of(f"the MJML engine refuses it: {error}") from error
    except BaseException as error:
        # The engine is Rust: its panics pass by `except Exception`.
        if type(error).__name__ != "PanicException":
            raise
        raise InvalidInput.of("the MJML engine broke on it.") from error


def directed(html: str, language: str) -> str:
    """Each stretch with its direction on every table cell, the foreign ones with their language: MJML has neither."""
    first, *stretches = DIRECTION_MARK.split(html)
    pieces = [_stretch(first, language, foreign=False, inside=language)]
    for kind, own, stretch in zip(stretches[::3], stretches[1::3], stretches[2::3], strict=True):
        pieces.append(_stretch(stretch, own, foreign=kind == "foreign", inside=language))
    return "".join(pieces)


def _stretch(html: str, language: str, *, foreign: bool, inside: str) -> str:
    direction = direction_of(language)
    if foreign:
        html = html.replace('<div class="card', f'<div lang="{language}" dir="{direction}" class="card')
    if direction == direction_of(inside) == "ltr":
        return html
    if direction == "rtl":
        html = html.replace("text-align:left;direction:rtl", "text-align:right;direction:rtl")
    return CELL.sub(rf'<\1 dir="{direction}"', html)


def inlined(html: str, look: Look) -> str:
    """The theme's rules as style attributes; what the head holds for phones and dark pages stays there."""
    return DOCTYPE + OUTLOOK_SEAM.sub("", with_styles(html, theme_rules(look), read_style)) + "\n"


@lru_cache(maxsize=64)
def theme_rules(look: Look) -> tuple[Rule, ...]:
    """The theme's rules, from the weakest to the strongest."""
    reader = _ThemeReader(
        html="", allow_network=False, strip_important=False, disable_validation=True, cssutils_logging_level=logging.CRITICAL
    )
    return tuple(rule_of(selector, declarations) for selector, declarations in reader.rules(theme_css(look)))


class _ThemeReader(Premailer):  # type: ignore[misc]
    """premailer's reading of a style sheet, without the rest of it."""

    def rules(self, css: str) -> list[tuple[str, Declarations]]:
        found, _ = self._parse_style_rules(css, 0)
        return [(selector, csstext_to_pairs(style, validate=False)) for _, selector, style in sorted(found, key=itemgetter(0))]


@lru_cache(maxsize=4096)
def read_style(style: str) -> Declarations:
    """The declarations of a style attribute; letters repeat the same few thousand."""
    return tuple(csstext_to_pairs(style)) if style else ()


@lru_cache(maxsize=64)
def theme_css(look: Look) -> str:
    return text_environment().get_template("theme.css.j2").render(look=look)
