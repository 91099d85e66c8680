"""Quoted-printable (RFC 2045 section 6.7) for pieces of a text that are encoded apart and joined later.

Every piece begins at the start of a line and ends at one, so it reads the same wherever it is put. No line begins with a
dot, so SMTP has nothing to stuff and the bytes on the wire are the bytes that were signed; none begins with "From ", which
mail stores like to change. No line is longer than 76, and no character is torn in two by a soft break.
"""

import re

SOFT_BREAK = b"=\r\n"
WIDTH = 75  # the 76th column is the soft break's own

_NEWLINE = re.compile(r"\r\n|\r|\n")
_SPECIAL = re.compile(rb"[^ -<>-~]+")
# Nothing to escape but what may not begin a line.
_PLAIN = re.compile(r"[ -<>-~]*")
_NEVER_FIRST = (b".", b"From ")
_CONTINUED = re.compile(rb"=[89AB]")


def encode_text(text: str) -> bytes:
    """A stretch of a part, its line breaks made CRLF; a soft break ends it where it does not end with a line break itself."""
    *lines, last = _NEWLINE.split(text)
    whole = b"".join(_line(line) + b"\r\n" for line in lines)
    return whole + _line_begun(last) + SOFT_BREAK if last else whole


def encode_value(value: str) -> bytes:
    """A value on lines of its own, without the soft break that must follow it. It holds no line break."""
    return encode_plain(value.encode("ascii")) if _PLAIN.fullmatch(value) else _line_begun(value)


def encode_plain(octets: bytes) -> bytes:
    """As `encode_value`, of printable ASCII without "=": only the breaks are to be found."""
    lines = octets
    if len(octets) > WIDTH:
        lines = SOFT_BREAK.join([octets[start : start + WIDTH] for start in range(0, len(octets), WIDTH)])
    if lines.startswith(_NEVER_FIRST) or b"\n." in lines or b"\nFrom " in lines:
        return _broken(octets)
    return lines


def _line(line: str) -> bytes:
    """A line that a hard break follows: white space at its end would be lost on the way (rule 3)."""
    if line[-1:] in (" ", "\t"):
        return _broken(_escaped(line[:-1].encode()) + b"=%02X" % ord(line[-1]))
    return _line_begun(line)


def _line_begun(line: str) -> bytes:
    return _broken(_escaped(line.encode()))


def _escaped(octets: bytes) -> bytes:
    return _SPECIAL.sub(_hexadecimal, octets)


def _hexadecimal(found: re.Match[bytes]) -> bytes:
    return b"=" + found.group().hex("=").upper().encode()


def _broken(escaped: bytes) -> bytes:
    lines = []
    start = 0
    while start < len(escaped):
        guard = _guard(escaped, start)
        end = _break_point(escaped, start, start + WIDTH - len(guard))
        lines.append(guard + escaped[start + (1 if guard else 0) : end])
        start = end
    return SOFT_BREAK.join(lines)


def _guard(escaped: bytes, start: int) -> bytes:
    """The escape that must stand for the first character of this line, if it may not begin one."""
    if escaped.startswith(b".", start):
        return b"=2E"
    return b"=46" if escaped.startswith(b"From ", start) else b""


def _break_point(escaped: bytes, start: int, limit: int) -> int:
    """Where this line ends: at the limit, or before the escaped character that stands across it."""
    if limit >= len(escaped):
        return len(escaped)
    equals = escaped.rfind(b"=", limit - 2, limit)
    end = equals if equals >= 0 else limit
    while _CONTINUED.match(escaped, end) and end - 3 > start:
        end -= 3
    return end
