"""Text in headers: what may not stand there, and the bytes of the rest (RFC 5322, RFC 2047).

Written here and not left to the standard library, which folds long addresses into encoded words and loses the quotes of
long display names (CPython gh-80222, gh-121284). Results are ASCII, folded, without the field name and the final CRLF.
"""

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from newsroom.errors import CompileError

FOLD = "\r\n "
LINE = 78
# RFC 2047 section 2: a line with an encoded word in it is 76 at most, a word 75, and field names stand before the first.
ENCODED_LINE = 76
WORD = 64
ENVELOPE = len("=?utf-8?q??=")

BREAKS = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x85\u2028\u2029"
# Controls, lone surrogates, non-characters and the bidirectional overrides, which make a text read as another one. Marks
# (RLM), isolates and embeddings are part of writing Arabic, and stay.
NEVER = "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u202d\u202e\ufffe\uffff\ud800-\udfff"
UNSAFE = re.compile(f"[{BREAKS}{NEVER}]")
_BREAK = re.compile(f"[{BREAKS}]+")
_NEVER = re.compile(f"[{NEVER}]")

ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
PRINTABLE = re.compile(r"[ -~]*")
# The characters that stand for themselves in a Q-encoded word wherever it stands, phrases included (RFC 2047 section 5).
_Q_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


def cleaned(text: str) -> str:
    """A person's text made safe: breaks become spaces, controls and overrides go. Nobody loses a letter over a name."""
    if text.isprintable() or UNSAFE.search(text) is None:  # the first is quicker, and stricter
        return text
    return _NEVER.sub("", _BREAK.sub(" ", text))


def checked(text: str, field: str, *, language: str | None = None) -> str:
    """Staff's own text for a header, its ends trimmed. CompileError names the field and the character that may not stand there."""
    found = UNSAFE.search(text.strip())
    if found:
        name = f"U+{ord(found.group()):04X}"
        raise CompileError(f"the {field} holds a line break or a hidden control character ({name}); remove it.", language=language)
    return text.strip()


def phrase(name: str) -> str:
    """A display name (RFC 5322 section 3.2.5): atoms, a quoted string, or encoded words; "" for an empty one."""
    words = " ".join(name.split())
    plain = words if ATOMS.fullmatch(words) or not words else _quoted(words)
    if PRINTABLE.fullmatch(plain) and "=?" not in plain and len(plain) <= WORD:
        return plain
    return FOLD.join(encoded_words(words))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mailbox(name: str, addr_spec: str, *, indent: int) -> str:
    """`name <addr_spec>`, folded before the address where one line of `indent` columns plus this would be too long."""
    if not (shown := phrase(name)):
        return addr_spec
    width = indent + len(shown) + len(addr_spec) + 3
    return f"{shown} <{addr_spec}>" if width <= ENCODED_LINE and FOLD not in shown else f"{shown}{FOLD}<{addr_spec}>"


def unstructured(text: str, *, indent: int) -> str | None:
    """Plain text as it is, folded before words; None when it must be encoded instead."""
    if PRINTABLE.fullmatch(text) is None or "=?" in text:
        return None
    if indent + len(text) <= LINE:
        return text
    lines = _folded(text, indent)
    return None if any(len(line) > LINE for line in lines) else "\r\n".join(lines)


def _folded(text: str, indent: int) -> list[str]:
    """Lines broken before a space that stands alone: unfolding takes the break out and leaves the space (RFC 5322 section 2.2.3)."""
    lines, room, current = [], LINE - indent, ""
    for word in re.split(r"(?<=[^ ])(?= [^ ])", text):
        if current and len(current) + len(word) > room:
            lines.append(current)
            room, current = LINE, ""
        current += word
    return [*lines, current]


def encoded_words(text: str) -> list[str]:
    """The text as RFC 2047 words of whole characters, in the shorter of both encodings; a reader drops the white space between them."""
    forms = [_q_form(character) for character in text]
    if sum(map(len, forms)) <= (len(text.encode()) + 2) // 3 * 4:
        return [f"=?utf-8?q?{word}?=" for word in _filled(forms, len, WORD - ENVELOPE)]
    return [f"=?utf-8?b?{base64.b64encode(part.encode()).decode()}?=" for part in _filled(text, _octets, (WORD - ENVELOPE) // 4 * 3)]


def _filled(pieces: Iterable[str], width: Callable[[str], int], limit: int) -> Iterator[str]:
    """The pieces joined into runs that are as wide as the limit allows."""
    run, room = "", limit
    for piece in pieces:
        if run and width(piece) > room:
            yield run
            run, room = "", limit
        run += piece
        room -= width(piece)
    if run:
        yield run


def _octets(text: str) -> int:
    return len(text.encode())


@lru_cache(maxsize=4096)
def _q_form(character: str) -> str:
    if character == " ":
        return "_"
    return "".join(chr(octet) if octet in _Q_PLAIN else f"={octet:02X}" for octet in character.encode())
