"""Longer reading: interviews and publications; the letter carries the summary, their own page the whole."""

from typing import ClassVar

from newsroom.sections.base import Section
from newsroom.sections.moments import LocalDate
from newsroom.sections.parts import Exchange, Image, LabelledLink, Person
from newsroom.sections.values import Link, Prose, RichText


class Interview(Section):
    """Questions and answers with one person."""

    kind: ClassVar[str] = "interview"

    title: Prose
    date: LocalDate | None = None
    person: Person | None = None
    summary: RichText = ""
    exchanges: tuple[Exchange, ...] = ()
    url: Link = ""
    documents: tuple[LabelledLink, ...] = ()


class Publication(Section):
    """A report, paper or book."""

    kind: ClassVar[str] = "publication"

    title: Prose
    date: LocalDate | None = None
    person: Person | None = None
    cover: Image | None = None
    summary: RichText = ""
    text: RichText = ""
    url: Link = ""
    documents: tuple[LabelledLink, ...] = ()
