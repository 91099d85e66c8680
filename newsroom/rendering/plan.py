"""The plan of bytes: a whole message cut into pieces, so that one person's letter is a join of ready bytes.

A piece is ready bytes or the number of a slot; each may belong to a span that some readers do not get. Pieces are encoded
apart and begin at the start of a line, so that any of them may be left out, and a value of any length put in.
"""

import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache, partial
from html import escape
from typing import Any

from newsroom.errors import CompileError
from newsroom.header_text import FOLD, UNSAFE, cleaned, encoded_words, unstructured
from newsroom.rendering.compiled import SpanSpec
from newsroom.rendering.quoted_printable import WIDTH, encode_plain, encode_value

MAGIC = b"NRPLAN\x00\x01"  # the last octet is the version
HEADING = struct.Struct(">8sII")  # magic, CRC-32 of what follows, length of the outline
MEMORY = 256  # layouts kept per plan; one holds references only, never copies of bytes
EVERYWHERE = -1
HEADER = 0  # the slot of the whole subject line stands first in every plan


@dataclass(frozen=True, kw_only=True)
class Slot:
    """Where something differs per person. Encoders: html and text (body parts), header (the whole subject line), plain (ready ASCII)."""

    field: str
    fallback: str = ""
    encoder: str


SUBJECT = Slot(field="subject", encoder="header")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Ready bytes, or the number of the slot whose value stands here; and the span it is in."""

    content: bytes | int
    span: int = EVERYWHERE


@dataclass(frozen=True, kw_only=True)
class Hole:
    """All the places that one value fills, in header and body, and the same by slot, each with the way its value is written there."""

    field: str
    header: tuple[int, ...]
    body: tuple[int, ...]
    encoders: tuple[tuple[Callable[[str], bytes], Slot, tuple[int, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One cut of a plan: what is ready, which places each value fills, and the place of the subject."""

    parts: tuple[bytes, ...]
    holes: tuple[Hole, ...]
    subject: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """A letter in one language, complete but for its reader. `domain` is that of the From address, in ASCII."""

    language: str
    domain: str
    list_slug: str
    issue_slug: str
    subject: tuple[str | Slot, ...]
    slots: tuple[Slot, ...]
    spans: tuple[SpanSpec, ...]
    pieces: tuple[Piece, ...]
    layouts: dict[tuple[tuple[str, ...] | None, bool], Layout] = field(default_factory=dict, repr=False)


def splice(plan: Plan, values: Mapping[str, str], cut: tuple[str, ...] | None, *, personal: bool = True) -> bytes:
    """The message with these values. `cut` is the topics its reader chose, None for all; not personal: as the public may see it."""
    layout = plan.layouts.get((cut, personal)) or _remembered(plan, cut, personal=personal)
    parts = list(layout.parts)
    for hole in layout.holes:
        value = values.get(hole.field, "")
        if _SAME_EVERYWHERE.fullmatch(value) if hole.body else value.isprintable() and value.strip():
            ready = value.encode()
            for place in hole.header:
                parts[place] = ready
            if hole.body and len(ready) > WIDTH:
                ready = encode_plain(ready)
            for place in hole.body:
                parts[place] = ready
        else:
            for encode, slot, places in hole.encoders:
                ready = encode(value_of(slot, values))
                for place in places:
                    parts[place] = ready
    parts[layout.subject] = subject_line(plan.subject, values)
    return b"".join(parts)


# Most values read the same in text and in HTML, and but for breaks in a header: they are encoded once for all their places. In
# a header alone any printable value does.
_SAME_EVERYWHERE = re.compile(r"(?!From )[A-Za-z0-9/_~-][A-Za-z0-9 :/._~,@+-]*")


def has_content(plan: Plan, cut: tuple[str, ...] | None) -> bool:
    """False for a reader who chose topics when the letter is about topics and about none of these."""
    topics = {topic for span in plan.spans for topic in span.topics}
    return cut is None or not topics or not topics.isdisjoint(cut)


def value_of(slot: Slot, values: Mapping[str, str]) -> str:
    """The value as it may stand in a letter; the fallback where there is none."""
    value = values.get(slot.field, "")
    if slot.encoder != "plain":
        value = cleaned(value)
    return value if value and not value.isspace() else slot.fallback


def subject_line(subject: tuple[str | Slot, ...], values: Mapping[str, str]) -> bytes:
    """The Subject field: as it is where it is short plain ASCII, else every part in encoded words of its own."""
    return _subject_line(tuple([part if isinstance(part, str) else value_of(part, values) for part in subject]))


@lru_cache(maxsize=256)
def _subject_line(filled: tuple[str, ...]) -> bytes:
    """Remembered: most subjects name nobody."""
    line = unstructured("".join(filled).strip(), indent=len("Subject: "))
    if line is None:
        line = FOLD.join(word for part in filled for word in _words(part))
    return f"Subject: {line}\r\n".encode("ascii")


@lru_cache(maxsize=1024)
def _words(text: str) -> tuple[str, ...]:
    return tuple(encoded_words(text))


def _html(value: str) -> bytes:
    return encode_value(escape(value))


def _plain(field: str, value: str) -> bytes:
    """A header value made by ourselves; folds are the only line breaks it may hold."""
    if not value.isprintable() and UNSAFE.search(value.replace(FOLD, "")):
        raise CompileError(f"the value of {field} holds a line break or a hidden control character.")
    return value.encode()


def _encoder(slot: Slot) -> Callable[[str], bytes]:
    encoders: dict[str, Callable[[str], bytes]] = {"html": _html, "text": encode_value, "plain": partial(_plain, slot.field)}
    return encoders[slot.encoder]


def _remembered(plan: Plan, cut: tuple[str, ...] | None, *, personal: bool) -> Layout:
    if len(plan.layouts) >= MEMORY:
        plan.layouts.clear()
    plan.layouts[cut, personal] = layout = _layout(plan, cut, personal=personal)
    return layout


def _layout(plan: Plan, cut: tuple[str, ...] | None, *, personal: bool) -> Layout:
    kept = [piece for piece in plan.pieces if piece.span == EVERYWHERE or _is_kept(plan.spans[piece.span], cut, personal=personal)]
    places: dict[int, list[int]] = {}
    for place, piece in enumerate(kept):
        if isinstance(piece.content, int):
            places.setdefault(piece.content, []).append(place)
    by_field: dict[str, list[tuple[Slot, tuple[int, ...]]]] = {}
    for number, where in places.items():
        if number != HEADER:
            by_field.setdefault(plan.slots[number].field, []).append((plan.slots[number], tuple(where)))
    return Layout(
        parts=tuple(piece.content if isinstance(piece.content, bytes) else b"" for piece in kept),
        holes=tuple(_hole(field, slots) for field, slots in by_field.items()),
        subject=places[HEADER][0],
    )


def _hole(field: str, slots: list[tuple[Slot, tuple[int, ...]]]) -> Hole:
    return Hole(
        field=field,
        header=tuple(place for slot, where in slots for place in where if slot.encoder == "plain"),
        body=tuple(place for slot, where in slots for place in where if slot.encoder != "plain"),
        encoders=tuple((_encoder(slot), slot, where) for slot, where in slots),
    )


def _is_kept(span: SpanSpec, cut: tuple[str, ...] | None, *, personal: bool) -> bool:
    chosen = cut is None or not span.topics or not set(span.topics).isdisjoint(cut)
    return chosen and (personal or not span.personal)


def dump(plan: Plan) -> bytes:
    """The plan as bytes, the same for the same letter: heading, outline as JSON, ready bytes."""
    ready = [piece.content for piece in plan.pieces if isinstance(piece.content, bytes)]
    outline = {name: getattr(plan, name) for name in ("language", "domain", "list_slug", "issue_slug")} | {
        "subject": [part if isinstance(part, str) else asdict(part) for part in plan.subject],
        "slots": [asdict(slot) for slot in plan.slots],
        "spans": [asdict(span) for span in plan.spans],
        "pieces": [[len(p.content), p.span] if isinstance(p.content, bytes) else [-1 - p.content, p.span] for p in plan.pieces],
    }
    head = json.dumps(outline, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    body = head + b"".join(ready)
    return HEADING.pack(MAGIC, zlib.crc32(body), len(head)) + body


def load(data: bytes) -> Plan:
    """The plan that `dump` wrote. CompileError when the bytes are torn or of a version this Newsroom does not read."""
    try:
        magic, checksum, size = HEADING.unpack_from(data)
        body = data[HEADING.size :]
        if (magic, checksum) == (MAGIC, zlib.crc32(body)):
            return _read(json.loads(body[:size]), body[size:])
    except struct.error:
        pass
    raise CompileError("its stored bytes are damaged or of another version; compile it again.")


def _read(outline: dict[str, Any], ready: bytes) -> Plan:
    return Plan(
        language=outline["language"], domain=outline["domain"], list_slug=outline["list_slug"], issue_slug=outline["issue_slug"],
        subject=tuple(part if isinstance(part, str) else Slot(**part) for part in outline["subject"]),
        slots=tuple(Slot(**entry) for entry in outline["slots"]),
        spans=tuple(SpanSpec(topics=tuple(entry["topics"]), personal=entry["personal"]) for entry in outline["spans"]),
        pieces=tuple(_pieces(outline["pieces"], ready)),
    )  # fmt: skip


def _pieces(entries: list[list[int]], ready: bytes) -> Iterator[Piece]:
    at = 0
    for size, span in entries:
        yield Piece(content=ready[at : at + size] if size >= 0 else -1 - size, span=span)
        at += max(size, 0)
