"""A compiled letter as a value: text with tokens, and what the tokens stand for."""

from dataclasses import dataclass
from typing import Literal

SlotField = Literal["name", "email", "unsubscribe_url", "preferences_url", "view_url"]
LINK_SLOTS: tuple[SlotField, ...] = ("unsubscribe_url", "preferences_url", "view_url")


@dataclass(frozen=True, kw_only=True)
class SlotSpec:
    """Where something differs per person. The value "" means: use the fallback."""

    field: SlotField
    fallback: str = ""


@dataclass(frozen=True, kw_only=True)
class SpanSpec:
    """A stretch of both parts that may be left out: for readers of other topics, or, where personal, for the public page."""

    topics: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True, kw_only=True)
class CollectedLink:
    """A link of the letter, numbered from 1 in the order of the HTML part; `section` is None in header and footer."""

    number: int
    url: str
    section: int | None
    text: str


@dataclass(frozen=True, kw_only=True)
class CompiledLetter:
    """One language of an issue. Subject, html and text carry tokens; slots and spans are numbered by their place in the tuples."""

    language: str
    subject: str
    preview_text: str
    html: str
    text: str
    slots: tuple[SlotSpec, ...]
    spans: tuple[SpanSpec, ...]
    links: tuple[CollectedLink, ...]


def slot_token(nonce: str, number: int) -> str:
    return f"NR{nonce}S{number}E"


def span_start(nonce: str, number: int) -> str:
    return f"NR{nonce}B{number}E"


def span_end(nonce: str, number: int) -> str:
    return f"NR{nonce}D{number}E"
