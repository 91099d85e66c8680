"""What changed between two texts, in words: what stayed, what is gone, what is new."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import unescape
from itertools import groupby
from typing import Literal

from newsroom.drafting.rich_text import to_markdown

Kind = Literal["same", "gone", "new"]
RICH = re.compile(r"\s*<(?:p|h3|h4|ul|ol|blockquote)\b")
ENDS = re.compile(r"</(?:p|h3|h4|li|blockquote)>|<br>")
LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
TAG = re.compile("<[^>]*>")
WORD = re.compile(r"\w+|\s+|[^\w\s]")
SENTENCE = re.compile(r"[^.!?؟\n]*(?:[.!?؟]+|\n|$)\s*")
#: Word by word takes the square of their number: very long texts are compared sentence by sentence.
MOST_WORDS = 3_000


@dataclass(frozen=True, kw_only=True)
class Run:
    """A piece of text and what became of it."""

    kind: Kind
    text: str


def word_diff(before: str, after: str) -> tuple[Run, ...]:
    """The runs in order, what is gone before what is new.

    Rich text goes by its words and the targets of its links, and by its marks where only those changed.
    """
    old, new = plain_text(before), plain_text(after)
    if old == new and before != after and RICH.match(before) and RICH.match(after):
        old, new = to_markdown(before), to_markdown(after)
    return tuple(_joined(_runs(_pieces(old, new), _pieces(new, old))))


def plain_text(text: str) -> str:
    """Rich text as its words: a line per paragraph, a bullet per entry of a list, links with their targets; other text as it is."""
    if not RICH.match(text):
        return text
    lined = ENDS.sub("\n", LINK.sub(r"\2 ‹\1›", text).replace("<li>", "• "))
    lines = (" ".join(line.split()) for line in unescape(TAG.sub("", lined)).split("\n"))
    return "\n".join(line for line in lines if line)


def _pieces(text: str, other: str) -> list[str]:
    words = WORD.findall(text)
    if max(len(words), len(other) // 5) <= MOST_WORDS:
        return words
    return [sentence for sentence in SENTENCE.findall(text) if sentence]


def _runs(old: Sequence[str], new: Sequence[str]) -> Iterator[Run]:
    for how, from_old, to_old, from_new, to_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            yield Run(kind="same", text="".join(old[from_old:to_old]))
        else:
            yield Run(kind="gone", text="".join(old[from_old:to_old]))
            yield Run(kind="new", text="".join(new[from_new:to_new]))


def _joined(runs: Iterator[Run]) -> Iterator[Run]:
    """Changes that only a space keeps apart are one change: whole phrases read better than every second word."""
    marked = [run for run in runs if run.text]
    spaces = {
        place for place, run in enumerate(marked)
        if run.kind == "same" and not run.text.strip() and 0 < place < len(marked) - 1 and "\n" not in run.text
    }  # fmt: skip
    for same, group in groupby(enumerate(marked), key=lambda each: each[1].kind == "same" and each[0] not in spaces):
        pieces = [run for _, run in group]
        if same:
            yield from pieces
        else:
            yield from _change(pieces)


def _change(pieces: Sequence[Run]) -> Iterator[Run]:
    kinds: tuple[Kind, Kind] = ("gone", "new")
    for kind in kinds:
        text = "".join(run.text for run in pieces if run.kind in (kind, "same"))
        if text:
            yield Run(kind=kind, text=text)
