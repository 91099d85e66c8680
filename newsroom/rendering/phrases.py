"""Words on their way into a letter: a template prints them, and they come out right for HTML (escaped) and for text (plain)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from markupsafe import Markup, escape

from newsroom import merge_fields
from newsroom.localized import Wording, best_wording, direction_of, in_language
from newsroom.rendering import bidi
from newsroom.rendering.compiled import SlotField
from newsroom.rendering.links import Links, usable
from newsroom.rendering.marks import Marks
from newsroom.rendering.rich import events, has_words
from newsroom.rendering.rich_html import write_html
from newsroom.rendering.rich_text import write_text
from newsroom.rendering.typesetting import one_line, typeset
from newsroom.rendering.words import list_pattern


@dataclass(frozen=True, kw_only=True)
class Voice:
    """Who speaks: the language of the passage, where to look for words it lacks, and the letter's marks and links."""

    language: str
    original: str
    chain: Sequence[str]
    hide: bool
    marks: Marks
    links: Links

    @property
    def direction(self) -> str:
        return direction_of(self.language)

    def prose(self, value: Any) -> "Line":
        return Line(voice=self, wording=self._wording(value))

    def passage(self, value: Any) -> "Passage":
        return Passage(voice=self, wording=self._wording(value))

    def name(self, value: Any) -> "Line":
        """A name is the same everywhere unless it says otherwise; where this language is missing, the first there is."""
        if isinstance(value, str):
            return Line(voice=self, wording=Wording(text=value, language=self.language), is_name=True)
        wording = best_wording(value, (self.language, *self.chain), original=self.original)
        return Line(voice=self, wording=wording or self._nothing, is_name=True)

    def link(self, value: Any) -> str:
        """The address for this language, "" where there is none to follow."""
        if isinstance(value, str):
            return usable(value)
        wording = best_wording(value, (self.language, *self.chain), original=self.original)
        return usable(wording.text) if wording else ""

    @property
    def _nothing(self) -> Wording:
        return Wording(text="", language=self.language)

    def _wording(self, value: Any) -> Wording:
        exact = in_language(value, self.language, original=self.original)
        if exact is not None:
            return Wording(text=exact, language=self.language)
        found = None if self.hide else best_wording(value, self.chain, original=self.original)
        return found or self._nothing


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of prose, or a name. Empty where this version has none."""

    voice: Voice
    wording: Wording
    is_name: bool = False

    def __bool__(self) -> bool:
        return bool(self.wording.text)

    def __html__(self) -> str:
        inner = Markup("").join(self._piece_html(piece) for piece in merge_fields.split(self._typeset))
        return self._set_apart(inner)

    def __str__(self) -> str:
        text = self.plain
        return bidi.isolated_text(text) if self.is_name and bidi.runs_against(text, self.voice.language) else text

    @property
    def plain(self) -> str:
        """With slots, and nothing added around it."""
        return "".join(self._piece_text(piece) for piece in merge_fields.split(self._typeset))

    @property
    def words(self) -> str:
        """Without anything personal: for alternative texts and the like, where no slot may stand."""
        pieces = merge_fields.split(self._typeset)
        return "".join(piece if isinstance(piece, str) else piece.fallback for piece in pieces)

    @property
    def _typeset(self) -> str:
        text = one_line(self.wording.text)
        return text if self.is_name else typeset(text, self.wording.language)

    def _set_apart(self, inner: Markup) -> Markup:
        language = self.wording.language
        if language != self.voice.language:
            return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(language, direction_of(language), inner)
        if self.is_name and bidi.runs_against(self.wording.text, language):
            return Markup("<bdi>{}</bdi>").format(inner)
        return inner

    def _piece_html(self, piece: merge_fields.Piece) -> Markup:
        if isinstance(piece, str):
            return escape(piece) if self.is_name else bidi.prose_html(piece, self.wording.language)
        return slot_html(self.voice.marks, piece)

    def _piece_text(self, piece: merge_fields.Piece) -> str:
        return piece if isinstance(piece, str) else slot_text(self.voice.marks, piece, self.wording.language)


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Rich text: paragraphs, lists, links."""

    voice: Voice
    wording: Wording

    def __bool__(self) -> bool:
        return has_words(self.wording.text)

    def __html__(self) -> str:
        inner = write_html(events(self.wording.text), self._run_html, self.voice.links.collect)
        language = self.wording.language
        if language == self.voice.language:
            return inner
        return Markup('<div lang="{}" dir="{}">{}</div>').format(language, direction_of(language), inner)

    def __str__(self) -> str:
        return write_text(events(self.wording.text), self._run_text)

    @property
    def side(self) -> str:
        """The side a passage in another language is set on; "" for the letter's own."""
        if self.wording.language == self.voice.language:
            return ""
        return "right" if direction_of(self.wording.language) == "rtl" else "left"

    @property
    def css(self) -> str:
        """The class whose paddings suit the passage's direction."""
        return "r r-rtl" if direction_of(self.wording.language) == "rtl" else "r"

    def _run_html(self, text: str) -> Markup:
        language = self.wording.language
        pieces = merge_fields.split(typeset(text, language))
        return Markup("").join(
            bidi.prose_html(piece, language) if isinstance(piece, str) else slot_html(self.voice.marks, piece) for piece in pieces
        )

    def _run_text(self, text: str) -> str:
        language = self.wording.language
        pieces = merge_fields.split(typeset(text, language))
        return "".join(piece if isinstance(piece, str) else slot_text(self.voice.marks, piece, language) for piece in pieces)


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Several names as one line, joined as the language joins them."""

    lines: tuple[Line | str, ...]
    language: str

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __html__(self) -> str:
        pattern = Markup("{}").format(list_pattern(len(self.lines), self.language))
        return pattern.format(*self.lines)

    def __str__(self) -> str:
        return list_pattern(len(self.lines), self.language).format(*(str(line) for line in self.lines))


def slot_html(marks: Marks, field: merge_fields.MergeField) -> Markup:
    # A name may be written in any script, whatever the letter's is.
    return Markup("<bdi>{}</bdi>").format(marks.slot(cast(SlotField, field.field), field.fallback))


def slot_text(marks: Marks, field: merge_fields.MergeField, language: str) -> str:
    token = marks.slot(cast(SlotField, field.field), field.fallback)
    return bidi.isolated_text(token) if direction_of(language) == "rtl" else token
