"""People's names as they may stand in a letter's header and text."""

import re
import unicodedata

from newsroom.errors import InvalidInput

LONGEST = 200
# C0 and C1 controls, lone surrogates, line separators, bidi embeddings and overrides: they can break or turn a header.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]")
_UNREADABLE = "\ufffd"
# Isolates and byte-order marks come along with copied text and say nothing about a name.
_DROPPED = dict.fromkeys([0x2066, 0x2067, 0x2068, 0x2069, 0xFEFF])


def checked_name(text: str, *, place: str = "") -> str:
    """The name in NFC with single spaces; InvalidInput for control characters, bidi overrides, or more than 200 characters."""
    if text.isascii() and text.isprintable():
        name = " ".join(text.split())
    else:
        name = unicodedata.normalize("NFC", " ".join(text.translate(_DROPPED).split()))
        _refuse_hidden(name, place)
    if len(name) > LONGEST:
        raise InvalidInput.of(f"The name has {len(name)} characters; {LONGEST} is the most.", place=place)
    return name


def _refuse_hidden(name: str, place: str) -> None:
    if found := _FORBIDDEN.search(name):
        raise InvalidInput.of(f"The name holds a control character (U+{ord(found.group()):04X}).", place=place)
    if _UNREADABLE in name:
        raise InvalidInput.of("The name holds a character that could not be read.", place=place, hint="Save the file as UTF-8.")
