"""Rich text as stored (cleaned HTML of a few tags) as events that are always balanced, whatever was stored."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsroom.errors import InvalidInput
from newsroom.sections.values import RICH_TAGS, printable

DEEPEST = 40
TAG = re.compile(r'<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"]*")?)*)\s*/?>')
START = re.compile(r'\bstart="(\d{1,5})"')
HREF = re.compile(r'\bhref="([^"]*)"')
SPACES = re.compile(r"[ \t\r\n\f]+")


@dataclass(frozen=True)
class Open:
    """`start` is the first number of an ordered list."""

    tag: str
    href: str = ""
    start: int = 1


@dataclass(frozen=True)
class Close:
    tag: str


Event = Open | Close | str


def events(rich: str) -> Iterator[Event]:
    """Tags of the allow-list and the texts between them, in order and balanced. Any other tag is left out, its text stays.
    InvalidInput where tags stand deeper in each other than any writer means."""
    open_tags: list[str] = []
    for event in _scan(rich):
        if isinstance(event, Close):
            yield from _close(event.tag, open_tags)
            continue
        yield event
        if isinstance(event, Open) and event.tag != "br":
            open_tags.append(event.tag)
            if len(open_tags) > DEEPEST:
                raise InvalidInput.of(f"a text has tags more than {DEEPEST} deep in each other.")
    yield from (Close(tag) for tag in reversed(open_tags))


def _scan(rich: str) -> Iterator[Event]:
    at = 0
    for tag in TAG.finditer(rich):
        if text := _text(rich[at : tag.start()]):
            yield text
        at = tag.end()
        if (name := tag[2].lower()) in RICH_TAGS:
            yield Close(name) if tag[1] else Open(name, _href(tag[3]), _start(tag[3]))
    if text := _text(rich[at:]):
        yield text


def _text(source: str) -> str:
    return SPACES.sub(" ", printable(html.unescape(source)))


def _href(attributes: str) -> str:
    match = HREF.search(attributes)
    return html.unescape(match[1]) if match else ""


def _start(attributes: str) -> int:
    match = START.search(attributes)
    return int(match[1]) if match else 1


def _close(tag: str, open_tags: list[str]) -> Iterator[Event]:
    if tag not in open_tags:
        return
    while True:
        last = open_tags.pop()
        yield Close(last)
        if last == tag:
            return


def has_words(rich: str) -> bool:
    """Whether anything stands between the tags."""
    return bool(TAG.sub("", rich).strip())
