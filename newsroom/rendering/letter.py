"""A letter written through its templates: MJML for the HTML part and text for the text part, section by section."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, TemplateError
from markupsafe import Markup

from newsroom.errors import CompileError, InvalidInput, NewsroomError
from newsroom.localized import NATIVE_NAMES, direction_of
from newsroom.rendering.arranging import Placed, arrange
from newsroom.rendering.checking import check_markup
from newsroom.rendering.compiled import LINK_SLOTS, SpanSpec
from newsroom.rendering.links import Links
from newsroom.rendering.marks import Marks
from newsroom.rendering.phrases import Line
from newsroom.rendering.plaintext import tidy
from newsroom.rendering.reading import read
from newsroom.rendering.source import LetterSource
from newsroom.rendering.templates import html_environment, section_template, text_environment, write_block
from newsroom.rendering.writing import Desk, isolated_slot

#: Keeps what follows the preview text out of the inbox's preview line.
PREVIEW_PADDING = "\u200c\u00a0" * 40

ALONE = "<mjml><mj-body>{}</mj-body></mjml>"
PLACE = '<mj-raw><div id="section-{}"></div></mj-raw>'


@dataclass(kw_only=True)
class Letter:
    """One language version while it is written; `fragments` keeps each section's MJML, to find a guilty one.

    With `anchors` each section begins with a place to scroll to: for previews, never for letters that leave.
    """

    source: LetterSource
    language: str
    marks: Marks
    anchors: bool = False
    links: Links = field(default_factory=Links)
    fragments: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.placed = arrange(self.source, self.language)
        self.follows = {after.number: before.section.kind for before, after in pairwise(self.placed)}
        self.desk = Desk(source=self.source, language=self.language, reader=self.language, marks=self.marks, links=self.links)

    @property
    def subject(self) -> Line:
        return self._always(self.source.subject)

    @property
    def preview_text(self) -> Line:
        return self._always(self.source.preview_text)

    def mjml(self) -> str:
        return self._frame(html_environment(), "mjml", _HtmlMarks(self.marks), self._section_mjml)

    def text(self) -> str:
        written = self._frame(text_environment(), "text", _TextMarks(self.marks), self._section_text)
        return tidy(written, slot_mark=f"NR{self.marks.nonce}")

    def culprit(self, engine: Callable[[str], str]) -> int | None:
        """The engine names no place: the first section it refuses alone."""
        for number, fragment in self.fragments:
            try:
                engine(ALONE.format(fragment))
            except InvalidInput:
                return number
        return None

    def _always(self, value: Any) -> Line:
        """The issue's own title and preview are never hidden."""
        return replace(self.desk.voice, hide=False).prose(value)

    def _frame(self, environment: Environment, block: str, spans: "_SpanMarks", write: Callable[[Placed], str]) -> str:
        sections = [lambda placed=placed: spans.around(placed, self._guarded(write, placed)) for placed in self.placed]
        values = {**self.desk.values, **self._frame_values(block), "span_start": spans.start, "span_end": spans.end, "sections": sections}
        return write_block(environment, "issue.mjml.j2", block, values)

    def _guarded(self, write: Callable[[Placed], str], placed: Placed) -> str:
        """Any fault while a section is written is that section's."""
        self.links.section = placed.number
        try:
            return write(placed)
        except (NewsroomError, TemplateError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise CompileError(str(error), section=placed.number, language=self.language) from error
        finally:
            self.links.section = None

    def _section_mjml(self, placed: Placed) -> str:
        markup = write_block(html_environment(), section_template(placed.section.kind), "mjml", self._section_values(placed))
        check_markup(markup)
        marked = (
            f"{direction_mark(placed.language, placed.foreign)}{markup}{direction_mark(self.language, False)}" if placed.foreign else markup
        )
        self.fragments.append((placed.number, marked))
        return self._with_places(placed, marked) if self.anchors else marked

    def _with_places(self, placed: Placed, markup: str) -> str:
        """With a place to scroll to: its own, and those of sections beside it that are not in the letter yet."""
        before = max((other.number for other in self.placed if other.number < placed.number), default=0)
        there = "".join(PLACE.format(number) for number in range(before + 1, placed.number + 1))
        if placed is not self.placed[-1]:
            return f"{there}{markup}"
        last = max((number for number, _ in self.source.unreadable), default=0)
        return f"{there}{markup}{''.join(PLACE.format(number) for number in range(placed.number + 1, last + 1))}"

    def _section_text(self, placed: Placed) -> str:
        return write_block(text_environment(), section_template(placed.section.kind), "text", self._section_values(placed))

    def _section_values(self, placed: Placed) -> dict[str, Any]:
        desk = self.desk
        if placed.foreign:
            desk = Desk(source=self.source, language=placed.language, reader=self.language, marks=self.marks, links=self.links)
        return {**desk.values, "s": read(placed.section, desk.voice), "follows": self.follows.get(placed.number, "")}

    def _frame_values(self, block: str) -> Mapping[str, Any]:
        source, desk = self.source, self.desk
        title, address = desk.list_voice.name(source.list_title), self._lines(source.postal_address)
        return {
            "subject": self.subject,
            "preview_text": self.preview_text,
            "preview_padding": PREVIEW_PADDING,
            "list_title": title,
            "past_issues_url": source.past_issues_url(self.language),
            "logo": desk.fit(source.logo, 220, 56) if source.logo else None,
            "postal_address": address,
            "footer_title": not address or address[0].words != title.words,
            "footer": self._lines(source.footer),
            "versions": tuple(self._versions()),
            "sent_to": self._sent_to(html=block == "mjml"),
            **{name: self.marks.slot(name, source.archive_url(self.language)) for name in LINK_SLOTS},
        }

    def _lines(self, value: Any) -> tuple[Line, ...]:
        """A text of several lines, as in a postal address."""
        whole = self.desk.list_voice.prose(value)
        return tuple(
            Line(voice=whole.voice, wording=replace(whole.wording, text=line.strip()), is_name=True)
            for line in whole.wording.text.splitlines()
            if line.strip()
        )

    def _versions(self) -> Iterator[SimpleNamespace]:
        for language in self.source.languages:
            yield SimpleNamespace(
                language=language,
                name=NATIVE_NAMES[language],
                dir=direction_of(language),
                url=self.source.archive_url(language),
                current=language == self.language,
            )

    def _sent_to(self, *, html: bool) -> str:
        slot = self.marks.slot("email")
        title = self.desk.list_voice.name(self.source.list_title)
        sentence = self.desk.values["t"].sent_to
        if html:
            return Markup(sentence).format(email=Markup("<bdi>{}</bdi>").format(slot), title=title)  # noqa: S704 - our own catalogue
        return str(sentence.format(email=isolated_slot(slot, self.language), title=title))


def direction_mark(language: str, foreign: bool) -> str:
    """Stands before a stretch of another language; the engine's output is given its direction there and loses the mark."""
    return f"<mj-raw><!--{'foreign' if foreign else 'own'} {language}--></mj-raw>"


@dataclass(frozen=True)
class _SpanMarks(ABC):
    marks: Marks

    def start(self, name: str) -> str:
        return self.written(self.marks.start(self._personal(name)))

    def end(self, name: str) -> str:
        return self.written(self.marks.end(self._personal(name)))

    def around(self, placed: Placed, inner: str) -> str:
        if not placed.topics:
            return self.safe(inner)
        number = self.marks.span(placed.number, SpanSpec(topics=placed.topics))
        return self.safe(f"{self.between(self.marks.start(number))}{inner}{self.between(self.marks.end(number))}")

    def _personal(self, name: str) -> int:
        return self.marks.span(name, SpanSpec(personal=True))

    @abstractmethod
    def written(self, token: str) -> str: ...

    @abstractmethod
    def between(self, token: str) -> str: ...

    @abstractmethod
    def safe(self, inner: str) -> str: ...


class _HtmlMarks(_SpanMarks):
    def written(self, token: str) -> str:
        return Markup(f"<!--{token}-->")  # noqa: S704 - a token is letters and digits

    def between(self, token: str) -> str:
        # A child of mj-body of its own: inside a wrapper it would fall into Outlook's comments.
        return f"<mj-raw><!--{token}--></mj-raw>"

    def safe(self, inner: str) -> str:
        return Markup(inner)  # noqa: S704 - written by the environment that escapes


class _TextMarks(_SpanMarks):
    def written(self, token: str) -> str:
        return token

    def between(self, token: str) -> str:
        return f"\n{token}\n"

    def safe(self, inner: str) -> str:
        return f"\n{inner}\n"
