"""A small strict reader of messages, written apart from the product and from email.*: it refuses what it need not forgive."""

import base64
import binascii
import re
from dataclasses import dataclass


class Malformed(Exception):
    """These bytes are no message of RFC 5322, 2045, 2046 or 2047."""


FIELD = re.compile(rb"([!-9;-~]+):[ ]?(.*)", re.DOTALL)
ENCODED_WORD = re.compile(r"=\?([A-Za-z0-9-]+)\?([QqBb])\?([!->@-~]*)\?=")
QUOTED = re.compile(rb"(?:[\t -<>-~]|=[0-9A-F]{2})*")


@dataclass(frozen=True, kw_only=True)
class Part:
    content_type: str
    encoding: str
    body: bytes  # as transferred
    text: str


@dataclass(frozen=True, kw_only=True)
class Message:
    fields: list[tuple[str, bytes]]  # in order, unfolded
    raw_fields: list[bytes]  # as written, with folds, without the last CRLF
    parts: list[Part]

    def all(self, name: str) -> list[bytes]:
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def one(self, name: str) -> bytes:
        (value,) = self.all(name)
        return value

    def decoded(self, name: str) -> str:
        return decode_words(self.one(name).decode("ascii"))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.fields]

    def part(self, content_type: str) -> Part:
        (part,) = [part for part in self.parts if part.content_type == content_type]
        return part


def parse(data: bytes) -> Message:
    """A multipart/alternative message; Malformed for bare CR or LF, long lines, stuffing needed, or anything unclear."""
    check_lines(data)
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        raise Malformed("no empty line after the header")
    raw_fields = re.split(rb"\r\n(?![ \t])", head)
    fields = [_field(raw) for raw in raw_fields]
    names = [name.lower() for name, _ in fields]
    for name in ("from", "to", "date", "subject", "message-id", "mime-version", "content-type"):
        if names.count(name) != 1:
            raise Malformed(f"{names.count(name)} fields {name}")
    content_type = dict(zip(names, (value for _, value in fields), strict=True))["content-type"].decode("ascii")
    found = re.fullmatch(r'multipart/alternative; boundary="([^"]+)"', content_type)
    if not found:
        raise Malformed(content_type)
    return Message(fields=fields, raw_fields=raw_fields, parts=_parts(body, found.group(1).encode()))


def check_lines(data: bytes) -> None:
    if not data.endswith(b"\r\n"):
        raise Malformed("no CRLF at the end")
    if re.search(rb"\r(?!\n)|(?<!\r)\n|\0", data):
        raise Malformed("bare CR, bare LF or NUL")
    for line in data.split(b"\r\n"):
        if len(line) > 998:
            raise Malformed(f"a line of {len(line)}")
        if line.startswith(b"."):
            raise Malformed("a line that begins with a dot")
        if line.startswith(b"From "):
            raise Malformed("a line that begins with From")


def _field(raw: bytes) -> tuple[str, bytes]:
    found = FIELD.fullmatch(raw)
    if not found:
        raise Malformed(f"not a field: {raw[:60]!r}")
    lines = found.group(2).split(b"\r\n")
    if any(not line.strip() for line in lines[1:]):
        raise Malformed("a folded line of white space")
    if any(b"=?" in line and len(line) > 76 for line in raw.split(b"\r\n")):
        raise Malformed("RFC 2047 section 2: a line with an encoded word is longer than 76")
    return found.group(1).decode("ascii"), b"".join(lines)


def _parts(body: bytes, boundary: bytes) -> list[Part]:
    delimiter = b"--" + boundary
    pieces = (b"\r\n" + body).split(b"\r\n" + delimiter)
    if len(pieces) < 3 or pieces[-1] != b"--\r\n" or pieces[0]:
        raise Malformed("the delimiters do not enclose the parts")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    if not piece.startswith(b"\r\n"):
        raise Malformed("text after a delimiter")
    head, _, body = piece[2:].partition(b"\r\n\r\n")
    fields = {name.lower(): value.decode("ascii") for name, value in map(_field, head.split(b"\r\n"))}
    content_type, _, charset = fields["content-type"].partition("; charset=")
    if charset != "utf-8" or fields["content-transfer-encoding"] != "quoted-printable":
        raise Malformed(f"{fields}")
    return Part(content_type=content_type, encoding="quoted-printable", body=body, text=decode_quoted(body).decode("utf-8"))


def decode_quoted(body: bytes) -> bytes:
    """RFC 2045 section 6.7, forgiving nothing: capitals, 76 columns, no white space at the end of a line, no "=" at the very end."""
    decoded = b""
    lines = body.split(b"\r\n")
    for number, line in enumerate(lines):
        soft = line.endswith(b"=")
        text = line[:-1] if soft else line
        if len(line) > 76 or not QUOTED.fullmatch(text) or (not soft and text[-1:] in (b" ", b"\t")):
            raise Malformed(f"not quoted-printable: {line!r}")
        if soft and number == len(lines) - 1:
            raise Malformed("a soft break at the end of the part")
        decoded += re.sub(rb"=(..)", lambda found: bytes([int(found.group(1), 16)]), text)
        decoded += b"" if soft or number == len(lines) - 1 else b"\r\n"
    return decoded


def decode_words(value: str) -> str:
    """RFC 2047 section 6: words decoded one by one, so that a torn character is found; white space between two of them dropped."""
    joined = re.sub(r"(\?=)[ \t]+(?==\?)", r"\1", value)
    if "=?" in ENCODED_WORD.sub("", joined):
        raise Malformed(f"a broken encoded word: {value!r}")
    return ENCODED_WORD.sub(_word, joined)


def _word(found: re.Match[str]) -> str:
    if len(found.group()) > 75:
        raise Malformed("an encoded word longer than 75")
    charset, encoding, text = found.groups()
    try:
        raw = base64.b64decode(text, validate=True) if encoding in "Bb" else _q_decoded(text)
        return raw.decode(charset)
    except (UnicodeDecodeError, binascii.Error) as error:
        raise Malformed(f"{found.group()}: {error}") from None


def _q_decoded(text: str) -> bytes:
    return re.sub(rb"=([0-9A-F]{2})", lambda found: bytes([int(found.group(1), 16)]), text.replace("_", " ").encode("ascii"))


def addresses(value: bytes) -> list[tuple[str, str]]:
    """The mailboxes of an address field as (display name, addr-spec), read letter by letter: quotes, then commas."""
    return [_mailbox(text) for text in _split_outside_quotes(value.decode("ascii"))]


def _split_outside_quotes(text: str) -> list[str]:
    items, quoted, escaped = [""], False, False
    for character in text:
        if character == "," and not quoted:
            items.append("")
            continue
        quoted ^= character == '"' and not escaped
        escaped = character == "\\" and quoted and not escaped
        items[-1] += character
    if quoted:
        raise Malformed("a quoted string without its end")
    return [item.strip() for item in items]


def _mailbox(text: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.*?)[ ]*<([^<>@\s]+@[^<>@\s]+)>", text)
    if not found:
        if not re.fullmatch(r"[^<>@\s\"]+@[^<>@\s\"]+", text):
            raise Malformed(f"not a mailbox: {text!r}")
        return "", text
    phrase, addr_spec = found.groups()
    if phrase.startswith('"'):
        if not re.fullmatch(r'"(?:[^"\\]|\\.)*"', phrase):
            raise Malformed(f"not a quoted string: {phrase!r}")
        return re.sub(r"\\(.)", r"\1", phrase[1:-1]), addr_spec
    bare = ENCODED_WORD.sub("", phrase)
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*", bare):
        raise Malformed(f"a special character outside quotes: {phrase!r}")
    return decode_words(phrase), addr_spec
