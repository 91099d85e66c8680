"""From a compiled letter with tokens to a plan of bytes: split at the tokens first, then encode each piece alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from newsroom.errors import CompileError
from newsroom.header_text import checked, cleaned
from newsroom.rendering.compiled import CompiledLetter
from newsroom.rendering.plan import EVERYWHERE, HEADER, SUBJECT, Piece, Plan, Slot
from newsroom.rendering.quoted_printable import SOFT_BREAK, encode_text

# What stands in front of the subject of some kinds of letter, such as "[Test] ".
MARK = Slot(field="mark", encoder="header")
ENCODERS = {"plain": "text", "html": "html"}


@dataclass(frozen=True, kw_only=True)
class Token:
    """A mark of the compiler: slot (S), beginning (B) or end (D) of a span; "" for the text between two of them."""

    kind: str
    number: int = 0
    text: str = ""


@dataclass(kw_only=True)
class Assembly:
    """The pieces so far, and the number of each slot."""

    pieces: list[Piece] = field(default_factory=list)
    slots: dict[Slot, int] = field(default_factory=lambda: {SUBJECT: HEADER})

    def put(self, content: bytes | Slot, span: int = EVERYWHERE) -> None:
        if isinstance(content, Slot):
            self.pieces.append(Piece(content=self.slots.setdefault(content, len(self.slots)), span=span))
        elif content:
            self._put_ready(content, span)

    def _put_ready(self, content: bytes, span: int) -> None:
        if self.pieces and self.pieces[-1].span == span and isinstance(before := self.pieces[-1].content, bytes):
            self.pieces[-1] = Piece(content=before + content, span=span)
        else:
            self.pieces.append(Piece(content=content, span=span))


def build_plan(
    compiled: CompiledLetter, *, nonce: str, head: Sequence[bytes | Slot], domain: str, list_slug: str, issue_slug: str
) -> Plan:  # fmt: skip
    """The whole message. `head` is its header as lines and slots, with SUBJECT where that field belongs; MIME's own fields follow it."""
    assembly = Assembly()
    for content in (*head, *_mime_fields(nonce)):
        assembly.put(content)
    for subtype, text in (("plain", compiled.text), ("html", compiled.html)):
        assembly.put(_part_fields(nonce, subtype))
        _put_part(assembly, compiled, _tokens(text, nonce, subtype), ENCODERS[subtype])
    assembly.put(f"\r\n--{_boundary(nonce)}--\r\n".encode())
    return Plan(
        language=compiled.language, domain=domain, list_slug=list_slug, issue_slug=issue_slug, subject=_subject(compiled, nonce),
        slots=tuple(assembly.slots), spans=compiled.spans, pieces=tuple(assembly.pieces),
    )  # fmt: skip


def _boundary(nonce: str) -> str:
    """RFC 2045 section 6.7: quoted-printable text never holds "=_"."""
    return f"=_newsroom_{nonce}"


def _mime_fields(nonce: str) -> list[bytes]:
    return [b"MIME-Version: 1.0\r\n", f'Content-Type: multipart/alternative;\r\n boundary="{_boundary(nonce)}"\r\n'.encode()]


def _part_fields(nonce: str, subtype: str) -> bytes:
    """RFC 2046 section 5.1.1: the CRLF before a delimiter belongs to the delimiter."""
    delimiter = f"\r\n--{_boundary(nonce)}\r\n"
    return f"{delimiter}Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".encode()


def _tokens(text: str, nonce: str, subtype: str) -> Iterator[Token]:
    """The part as its tokens and the texts between them, ending with a line break."""
    lines = re.sub(r"\r\n?", "\n", text)
    mark = rf"(?m:^)NR{nonce}([BD])(\d+)E(?:\n|\Z)" if subtype == "plain" else rf"<!--NR{nonce}([BD])(\d+)E-->"
    return _scan(lines if lines.endswith("\n") else lines + "\n", re.compile(rf"{mark}|NR{nonce}(S)(\d+)E"), nonce)


def _scan(text: str, pattern: re.Pattern[str], nonce: str) -> Iterator[Token]:
    at = 0
    for found in pattern.finditer(text):
        yield _between(text[at : found.start()], nonce)
        kind, number = (group for group in found.groups() if group)
        yield Token(kind=kind, number=int(number))
        at = found.end()
    yield _between(text[at:], nonce)


def _between(text: str, nonce: str) -> Token:
    if f"NR{nonce}" in text:
        raise CompileError(f"a mark of the compiler stands where it may not: {text[text.index(f'NR{nonce}') :][:40]!r}.")
    return Token(kind="", text=text)


def _put_part(assembly: Assembly, compiled: CompiledLetter, tokens: Iterator[Token], encoder: str) -> None:
    span = EVERYWHERE
    for token in tokens:
        if token.kind == "S":
            assembly.put(_slot(compiled, token.number, encoder), span)
            assembly.put(SOFT_BREAK, span)
        elif token.kind:
            span = _span_after(compiled, span, token)
        else:
            assembly.put(encode_text(token.text), span)
    if span != EVERYWHERE:
        raise CompileError(f"span {span} has no end.", language=compiled.language)


def _span_after(compiled: CompiledLetter, span: int, token: Token) -> int:
    expected = EVERYWHERE if token.kind == "B" else token.number
    if span != expected or token.number >= len(compiled.spans):
        raise CompileError(f"the marks of span {token.number} are not a pair.", language=compiled.language)
    return token.number if token.kind == "B" else EVERYWHERE


def _slot(compiled: CompiledLetter, number: int, encoder: str) -> Slot:
    if number >= len(compiled.slots):
        raise CompileError(f"slot {number} is not described.", language=compiled.language)
    spec = compiled.slots[number]
    return Slot(field=spec.field, fallback=cleaned(spec.fallback), encoder=encoder)


def _subject(compiled: CompiledLetter, nonce: str) -> tuple[str | Slot, ...]:
    subject = checked(compiled.subject, "subject", language=compiled.language)
    tokens = _scan(subject, re.compile(rf"NR{nonce}(S)(\d+)E"), nonce)
    parts = [_slot(compiled, token.number, "header") if token.kind else token.text for token in tokens]
    return (MARK, *(part for part in parts if part))
