"""The text part made tidy: lines of at most 72 columns with hanging indents, never a broken address, never two empty lines."""

import re
import textwrap

WIDTH = 72
EMPTY_LINES = re.compile(r"\n{3,}")
HANGING = re.compile(r"(\s*)((?:[-–•>]|\d{1,2}\.) )?")


def tidy(text: str, *, slot_mark: str) -> str:
    """Paragraphs wrapped, except those that hold a slot: what is put there later has a length of its own."""
    lines = [line if slot_mark in line else _wrapped(line) for line in text.replace("\r", "").split("\n")]
    joined = "\n".join(line.rstrip() for line in lines)
    return EMPTY_LINES.sub("\n\n", joined).strip() + "\n"


def _wrapped(line: str) -> str:
    if len(line) <= WIDTH:
        return line
    hanging = HANGING.match(line)
    indent = " " * hanging.end() if hanging else ""
    # Breaks at spaces alone: a no-break space holds, and an address stays whole however long it is.
    pieces = textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True)
    return "\n".join(pieces) or line
