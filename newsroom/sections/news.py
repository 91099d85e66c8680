"""Sections of words and pictures: welcome, text, quote, divider, image, update, call to action, other news, partners."""

from typing import ClassVar

from pydantic import Field

from newsroom.sections.base import Part, Section
from newsroom.sections.moments import Deadline
from newsroom.sections.parts import Image, Item, LabelledLink
from newsroom.sections.values import FileName, Link, Name, Prose, RichText
from newsroom.sections.when import When


class Welcome(Section):
    """The greeting that opens the letter."""

    kind: ClassVar[str] = "welcome"

    title: Prose = ""
    text: RichText = ""
    image: Image | None = None


class Text(Section):
    """Words under a heading."""

    kind: ClassVar[str] = "text"
    headline: ClassVar[str] = "text"

    title: Prose = ""
    text: RichText


class Quote(Section):
    """Someone's words, set apart."""

    kind: ClassVar[str] = "quote"
    headline: ClassVar[str] = "text"

    text: RichText
    attribution: Name = ""


class Divider(Section):
    """A quiet line between two parts, with a heading or without."""

    kind: ClassVar[str] = "divider"

    title: Prose = ""


class Picture(Section):
    """One picture across the letter."""

    kind: ClassVar[str] = "image"
    headline: ClassVar[str] = "caption"

    image: Image
    caption: Prose = ""


class Update(Section):
    """What happened, with its date where it has one."""

    kind: ClassVar[str] = "update"

    title: Prose
    when: When | None = None
    text: RichText = ""
    image: Image | None = None
    links: tuple[LabelledLink, ...] = ()
    items: tuple[Item, ...] = ()


class Button(Part):
    label: Prose
    url: Link


class CallToAction(Section):
    """What readers are asked to do, until when, and the button that does it."""

    kind: ClassVar[str] = "call_to_action"

    title: Prose
    text: RichText = ""
    deadline: Deadline | None = None
    button: Button


class OtherNews(Section):
    """Short items of others."""

    kind: ClassVar[str] = "other_news"

    title: Prose = ""
    items: tuple[Item, ...] = Field(min_length=1)


class Logo(Part):
    file: FileName
    alt: Name
    url: Link = ""


class Partners(Section):
    """The logos of those behind the letter."""

    kind: ClassVar[str] = "partners"

    title: Prose = ""
    logos: tuple[Logo, ...] = Field(min_length=1)
