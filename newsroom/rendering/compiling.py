"""Typed sections to a compiled letter: templates, then the MJML engine, then styles inlined, once per language."""

import logging
import re
from functools import lru_cache

from mjml import mjml2html
from premailer import Premailer

from newsroom.errors import CompileError, InvalidInput
from newsroom.localized import direction_of
from newsroom.rendering.compiled import CompiledLetter
from newsroom.rendering.guarding import refuse_look_alikes
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


def compile_letter(source: LetterSource, language: str, *, nonce: str) -> CompiledLetter:
    """The letter of one language, the same bytes for the same nonce. CompileError names the section at fault."""
    marks = Marks(nonce)
    refuse_look_alikes(source, marks, language)
    letter = Letter(source=source, language=language, marks=marks)
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
    # The head's own style sheets are for the reader's program; inlining MJML's resets would double the letter's weight.
    kept = html.replace("<style ", '<style data-premailer="ignore" ')
    inliner = Premailer(
        css_text=theme_css(look),
        allow_network=False,
        strip_important=False,
        keep_style_tags=True,
        disable_leftover_css=True,
        disable_validation=True,
        cssutils_logging_level=logging.CRITICAL,
        align_floating_images=False,
        disable_basic_attributes=["width", "height", "bgcolor", "align", "valign"],
    )
    body = inliner.transform(kept, pretty_print=False)
    return DOCTYPE + OUTLOOK_SEAM.sub("", body) + "\n"


@lru_cache(maxsize=64)
def theme_css(look: Look) -> str:
    return text_environment().get_template("theme.css.j2").render(look=look)
