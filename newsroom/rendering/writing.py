"""What a template has at hand while it writes a section: its words, its dates, its pictures, its links."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup, escape

from newsroom.localized import direction_of
from newsroom.rendering.bidi import isolated_text
from newsroom.rendering.dates import DateWriter, WrittenWhen, capitalised
from newsroom.rendering.links import Links
from newsroom.rendering.look import look_of, sides_of
from newsroom.rendering.marks import Marks
from newsroom.rendering.phrases import Joined, Line, Voice
from newsroom.rendering.pictures import Shown, fit
from newsroom.rendering.source import LetterSource
from newsroom.rendering.typesetting import one_line
from newsroom.rendering.words import country_name, label_in, language_name, language_of_words, words_of
from newsroom.sections.when import AnyWhen, ToBeConfirmed

NOTHING = WrittenWhen(lines=())


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One passage's tools: `language` is the passage's, `reader` the letter's; `values` is what templates are given."""

    source: LetterSource
    language: str
    reader: str
    marks: Marks
    links: Links

    @cached_property
    def voice(self) -> Voice:
        return Voice(
            language=self.language,
            original=self.source.original,
            chain=self.source.chain_for(self.reader),
            hide=self.source.missing_translation == "hide",
            marks=self.marks,
            links=self.links,
        )

    @cached_property
    def list_voice(self) -> Voice:
        """For the list's own words, which no version goes without."""
        source = self.source
        return Voice(
            language=self.language,
            original=source.list_original,
            chain=source.list_languages,
            hide=False,
            marks=self.marks,
            links=self.links,
        )

    @cached_property
    def dates(self) -> DateWriter:
        return DateWriter(language=self.language, zone=self.source.timezone, arabic_months=self.source.arabic_months)

    @cached_property
    def values(self) -> dict[str, Any]:
        """Everything but the section itself."""
        direction = direction_of(self.language)
        start, end = sides_of(direction)
        facts = {"language": self.language, "dir": direction, "start": start, "end": end, "t": words_of(self.language), "note": self.note}
        tools: tuple[Callable[..., Any], ...] = (
            self.when, self.moment, self.dated, self.hours, self.fit, self.href, self.anchor, self.joined,
            self.languages, self.place, self.hashtags, self.listed, self.sides, self.underline,
        )  # fmt: skip
        return {**facts, "look": look_of(self.language, self.source.accent), **{tool.__name__: tool for tool in tools}}

    @property
    def note(self) -> SimpleNamespace | None:
        """The label of a passage in another language than the reader's, in the reader's."""
        if self.language == self.reader:
            return None
        label = language_of_words(self.reader)
        direction = direction_of(label)
        return SimpleNamespace(text=label_in(self.language, label), language=label, dir=direction, start=sides_of(direction)[0])

    def when(self, when: AnyWhen | None, zone: str | None = None) -> Any:
        if isinstance(when, ToBeConfirmed):
            words = self.voice.prose(when.to_be_confirmed)
            return SimpleNamespace(lines=(words,) if words else (), zone="", number="", name="")
        return self.dates.when(when, zone) if when else NOTHING

    def moment(self, moment: date | datetime, zone: str | None = None) -> str:
        return self.dates.moment(moment, zone)

    def dated(self, day: date) -> str:
        """A date on a line of its own."""
        return capitalised(self.dates.day(day))

    def hours(self, starts: Any, ends: Any) -> str:
        return self.dates.hours(starts, ends)

    def fit(self, name: str, width: int, height: int = 4000) -> Shown:
        return fit(self.source, name, width, height)

    def href(self, url: str, words: Any) -> str:
        """The address for an href, collected as a link of the letter."""
        self.links.collect(url, _words(words))
        return url

    def anchor(self, url: str, inner: Any, words: Any = None, lang: str = "") -> Markup:
        """A link, or the bare words where the address leads nowhere."""
        if not url:
            return escape(inner)
        attributes = Markup(' lang="{}" dir="{}"').format(lang, direction_of(lang)) if lang else Markup("")
        href = self.href(url, inner if words is None else words)
        return Markup('<a href="{}"{}>{}</a>').format(href, attributes, inner)

    def joined(self, lines: Sequence[Line | str]) -> Joined:
        return Joined(lines=tuple(lines), language=self.language)

    def languages(self, codes: Sequence[str]) -> Joined:
        return self.joined([language_name(code, self.language) for code in codes])

    def place(self, section: Any) -> "Place":
        country = country_name(section.country, self.language) if section.country else ""
        return Place(parts=tuple(part for part in (section.venue, section.city, country) if part), comma=words_of(self.language).comma)

    def hashtags(self, tags: Sequence[str]) -> "Place":
        return Place(parts=tuple(Isolated(text=one_line(f"#{tag.lstrip('#')}")) for tag in tags), comma=" ")

    def listed(self, item: Any) -> str:
        """An entry of a list, as text: every line after the first indented."""
        text = f"{item.title}\n{item.text}" if item.title else str(item.text)
        picture = f"[{item.image.alt.words}]\n" if item.image and item.image.alt else ""
        more = "" if item.title or not item.url else f"{words_of(self.language).read_more}{words_of(self.language).colon}"
        lines = f"{picture}{text}" + (f"\n{more}{item.url}" if item.url else "")
        return "- " + "\n".join(f"  {line}" if line else "" for line in lines.split("\n")).lstrip()

    def sides(self, top: str, end: str, bottom: str, start: str) -> str:
        """A CSS padding or margin told by reading direction."""
        return f"{top} {end} {bottom} {start}" if direction_of(self.language) == "ltr" else f"{top} {start} {bottom} {end}"

    def underline(self, words: Any) -> int:
        """As many marks as a heading of the text part is underlined with."""
        return min(len(_words(words)), 72)


@dataclass(frozen=True, kw_only=True)
class Isolated:
    """A word that keeps its own direction."""

    text: str

    def __html__(self) -> str:
        return Markup("<bdi>{}</bdi>").format(self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, kw_only=True)
class Place:
    """Parts of an address, each isolated as it needs, between commas."""

    parts: tuple[Line | Isolated | str, ...]
    comma: str

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __html__(self) -> str:
        return escape(self.comma).join(self.parts)

    def __str__(self) -> str:
        return self.comma.join(str(part) for part in self.parts)


def _words(words: Any) -> str:
    return words.words if isinstance(words, Line) else str(words)


def isolated_slot(token: str, language: str) -> str:
    return isolated_text(token) if direction_of(language) == "rtl" else token
