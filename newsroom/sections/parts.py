"""The pieces several kinds of section share: pictures, links, people, agenda lines."""

from datetime import time
from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator

from newsroom.sections.base import Part
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


def _clock_time(value: Any) -> Any:
    # YAML 1.1 reads an unquoted 15:05 as the number 905 (sixty times fifteen and five).
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return time(value // 60, value % 60)
    return value


ClockTime = Annotated[time, BeforeValidator(_clock_time)]


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
