"""The pieces several kinds of section share: pictures, links, people, agenda lines."""

from pydantic import model_validator

from newsroom.sections.base import Part
from newsroom.sections.moments import ClockTime
from newsroom.sections.values import FileName, Link, Name, Prose, RichText


class Image(Part):
    """A picture of the media library (in a file: a path beside it). Without `alt` it is decoration."""

    file: FileName
    alt: Prose = ""
    caption: Prose = ""
    url: Link = ""


class LabelledLink(Part):
    label: Prose
    url: Link


class Item(Part):
    """One entry of a list: text, and where useful a title, a link, a picture."""

    title: Prose = ""
    text: RichText
    url: Link = ""
    image: Image | None = None


class Person(Part):
    name: Name
    role: Prose = ""
    photo: Image | None = None


class AgendaItem(Part):
    starts: ClockTime | None = None
    ends: ClockTime | None = None
    title: Prose
    speakers: tuple[Person, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> "AgendaItem":
        if self.starts and self.ends and self.ends <= self.starts:
            raise ValueError(f"ends at {self.ends:%H:%M}, before it starts at {self.starts:%H:%M}")
        return self


class Exchange(Part):
    question: Prose
    answer: RichText
