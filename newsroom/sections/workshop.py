"""Workshops: the facts of an event, held once, and the words around them."""

from typing import ClassVar, Literal

from pydantic import model_validator

from newsroom.sections.base import Section
from newsroom.sections.moments import Deadline
from newsroom.sections.parts import AgendaItem, Image, LabelledLink, Person
from newsroom.sections.values import Country, Language, Line, Link, Name, Prose, RichText, Slug, Zone
from newsroom.sections.when import When

FORMATS = Literal["in_person", "online", "hybrid"]
STATES = Literal["planned", "to_be_confirmed", "postponed", "cancelled"]


class Workshop(Section):
    """A workshop, meeting or training. With an `event` key alone, the facts come from the list's record of that event."""

    kind: ClassVar[str] = "workshop"

    event: Slug | None = None
    title: Prose = ""
    when: When | None = None
    timezone: Zone | None = None
    format: FORMATS | None = None
    state: STATES = "planned"
    venue: Name = ""
    city: Name = ""
    country: Country | None = None
    text: RichText = ""
    image: Image | None = None
    languages: tuple[Language, ...] = ()
    interpretation: tuple[Language, ...] = ()
    organisers: tuple[Name, ...] = ()
    partners: tuple[Name, ...] = ()
    speakers: tuple[Person, ...] = ()
    agenda: tuple[AgendaItem, ...] = ()
    guiding_questions: tuple[Prose, ...] = ()
    registration_url: Link = ""
    registration_deadline: Deadline | None = None
    stream_url: Link = ""
    documents: tuple[LabelledLink, ...] = ()
    hashtags: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _says_which(self) -> "Workshop":
        if not self.title and not self.event:
            raise ValueError("needs a title, or the key of an event")
        return self
