"""One language goes out to its translator as a Word document, and comes back into its places.

Each text carries a reference: its section, its path, and the digests of both texts as they went out. So a paper finds its places
in an issue that was changed meanwhile, and what no longer has one is told, not lost.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any
from xml.etree.ElementTree import Element

from newsroom.drafting import paper_writing
from newsroom.drafting.paper_writing import PaperFacts, PaperRow, PaperSection, PaperWords
from newsroom.drafting.rich_text import clean_html
from newsroom.drafting.word_files import html_of_word, inner_html, text_of
from newsroom.errors import InvalidInput, Refused
from newsroom.issues import Issue
from newsroom.localized import best_wording, native_name
from newsroom.sections.registry import Section
from newsroom.sections.values import printable
from newsroom.sections.walking import LocalizedValue, Path
from newsroom.translations import FRONT, TextState, digest_of, front_of, states_of, words_of

ALIKE, LONGEST_COMPARED = 0.5, 2_000
#: Letter by letter takes the square of their number: what is longer is compared word by word.
LONGEST_BY_LETTERS = 200
#: What a reference calls the issue's own words.
FRONT_NAME = "-"
EMPTY = "0"
COLUMNS = 3
PAPER = re.compile(r"paper/(\d+)/([a-z]{2,3}(?:-[a-z]+)?)")
REFERENCE = re.compile(r"(-|[a-z0-9][a-z0-9-]{0,39})/([A-Za-z_][A-Za-z0-9_/]*)/([0-9a-f]{12})/([0-9a-f]{12}|0)")
#: How a field is called for people: its kind of section and its path -> a label.
Label = Callable[[str, Path], str]


@dataclass(frozen=True, kw_only=True)
class SectionTexts:
    """The texts of one section, or of the issue's own words, as they stand."""

    number: int | None
    uid: str
    kind: str
    content: Mapping[str, Any]
    sources: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A text of the paper with a place: `was` stands there now; `made_from` is the original it translates.

    `original` is what that original says now; `overwrites` where somebody else wrote this text since the paper went out.
    """

    number: int | None
    uid: str
    kind: str
    path: Path
    form: str
    was: str
    now: str
    made_from: str
    original: str
    overwrites: bool

    @property
    def is_stale(self) -> bool:
        return self.made_from != self.original

    @property
    def key(self) -> str:
        """What a page calls it: its place, and the text that the page's reader saw there."""
        return f"{'.'.join((self.uid or FRONT_NAME, *map(str, self.path)))}:{digest_of(self.was)}"


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What came back: texts with their places, texts that have none any more, and how many are as they were or were left empty."""

    placed: tuple[Placed, ...]
    unplaced: tuple[str, ...]
    unchanged: int
    empty: int


def texts_of(issue: Issue) -> list[SectionTexts]:
    """The issue's own words, then its sections with their numbers."""
    front = SectionTexts(number=None, uid="", kind=FRONT, content=front_of(issue), sources=issue.front_sources)
    rows = [
        SectionTexts(number=number, uid=row.uid, kind=row.kind, content=row.content, sources=row.sources)
        for number, row in enumerate(issue.sections, start=1)
    ]
    return [front, *rows]


def headline_of(kind: str, content: Mapping[str, Any], original: str) -> str:
    """The section's headline in the original language where it has one; "" for rich text and for nothing."""
    known = Section.kinds.get(kind)
    value = content.get(known.headline) if known else None
    wording = best_wording(value, (original,), original=original) if isinstance(value, str | Mapping) else None
    return "" if wording is None or "<" in wording.text else wording.text


def write_paper(issue: Issue, language: str, *, label: Label, words: PaperWords) -> bytes:
    """The Word document with every text of the issue, what is already translated filled in."""
    sections = (_section(texts, issue.original, language, label) for texts in texts_of(issue))
    facts = PaperFacts(
        reference=f"paper/{issue.id}/{language}", original=issue.original, language=language,
        sections=tuple(section for section in sections if section.rows),
    )  # fmt: skip
    return paper_writing.write(facts, words)


def read_paper(issue: Issue, language: str, data: bytes) -> Paper:
    """The texts that came back. Refused where the paper is of another issue or language; InvalidInput where it is no paper."""
    rows = list(_rows(html_of_word(data)))
    _check_paper(rows, issue, language)
    found = [_Found.of(match, row) for row in rows if len(row) >= COLUMNS and (match := _reference(row[0]))]
    if not found:
        raise InvalidInput.of(
            "The paper holds no text with its reference: the small grey line under each place.", hint="Take a fresh paper."
        )
    places = _Places(issue, language, found)
    answers = [places.answer(each) for each in found]
    return Paper(
        placed=tuple(answer for answer in answers if isinstance(answer, Placed)),
        unplaced=tuple(each.text for each, answer in zip(found, answers, strict=True) if answer == "unplaced"),
        unchanged=answers.count("unchanged"),
        empty=answers.count("empty"),
    )


def _section(texts: SectionTexts, original: str, language: str, label: Label) -> PaperSection:
    rows = [
        _row(texts, state, label) for state in states_of(texts.kind, texts.content, texts.sources, original=original, language=language)
    ]
    told = {row.reference.rpartition("/")[0].rpartition("/")[0] for row in rows}
    shared = [row for row in _shared_names(texts, original, label) if row.reference.rpartition("/")[0].rpartition("/")[0] not in told]
    return PaperSection(
        number=texts.number, kind=texts.kind, headline=headline_of(texts.kind, texts.content, original), rows=(*rows, *shared)
    )


def _row(texts: SectionTexts, state: TextState, label: Label) -> PaperRow:
    return PaperRow(
        reference=_refer(texts.uid, state.path, state.original, state.text), label=label(texts.kind, state.path), form=state.form,
        state=state.state, original=state.original, text=state.text, was=plain_words(state.was),
    )  # fmt: skip


def _shared_names(texts: SectionTexts, original: str, label: Label) -> Iterator[PaperRow]:
    """Names that are the same in every language until a translator says otherwise."""
    for leaf in words_of(texts.kind, texts.content):
        name = _in(leaf.value, original, original)
        if leaf.form == "name" and name:
            yield PaperRow(
                reference=_refer(texts.uid, leaf.path, name, ""), label=label(texts.kind, leaf.path), form="name", state="shared",
                original=name, text="",
            )  # fmt: skip


def _refer(uid: str, path: Path, original: str, text: str) -> str:
    return f"{uid or FRONT_NAME}/{'/'.join(map(str, path))}/{digest_of(original)}/{digest_of(text) if text else EMPTY}"


def plain_words(text: str) -> str:
    """Rich text without its marks, on one line."""
    return " ".join(re.sub("<[^>]*>", " ", text).split())


def _rows(body: Element) -> Iterator[list[Element]]:
    for row in body.iter("tr"):
        yield [cell for cell in row if cell.tag in ("td", "th")]


def _check_paper(rows: Sequence[Sequence[Element]], issue: Issue, language: str) -> None:
    told = next((match for row in rows for cell in row[:1] for match in [PAPER.search(text_of(cell))] if match), None)
    if told is None:
        raise InvalidInput.of(
            "This Word file is not a translation paper of Newsroom.", hint="Take the paper of this language, and fill in its last column."
        )
    if (int(told[1]), told[2]) != (issue.id, language):
        theirs, wanted = native_name(told[2]), native_name(language)
        raise Refused(f"This paper is of issue {told[1]} in {theirs}, not of issue {issue.id} in {wanted}. Nothing was taken from it.")


def _reference(cell: Element) -> re.Match[str] | None:
    """The reference in this cell; a program that breaks it over lines does no harm."""
    lines = [text_of(paragraph).replace(" ", "") for paragraph in cell] or [text_of(cell)]
    found = (REFERENCE.search(text) for text in (*lines, "".join(lines[1:])))
    return next((match for match in found if match), None)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """One row of a paper that came back."""

    uid: str
    path: Path
    original_digest: str
    text_digest: str
    original: Element
    translation: Element

    @classmethod
    def of(cls, match: re.Match[str], row: Sequence[Element]) -> "_Found":
        path = tuple(int(step) if step.isdigit() else step for step in match[2].split("/"))
        uid = "" if match[1] == FRONT_NAME else match[1]
        return cls(uid=uid, path=path, original_digest=match[3], text_digest=match[4], original=row[-2], translation=row[-1])

    @property
    def text(self) -> str:
        return text_of(self.translation)

    def reads(self, form: str) -> str:
        return _read(self.translation, form)


def _read(cell: Element, form: str) -> str:
    return clean_html(inner_html(cell)) if form == "rich" else printable(text_of(cell))


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A text as it stands now."""

    texts: SectionTexts
    path: Path
    form: str
    original: str
    text: str

    def text_is(self, digest: str) -> bool:
        return digest == (digest_of(self.text) if self.text else EMPTY)


class _Places:
    """Where texts stand now, in the sections that they went out from."""

    def __init__(self, issue: Issue, language: str, found: Sequence[_Found]) -> None:
        self._went_out = {(each.uid, each.original_digest) for each in found}
        self._answered: set[tuple[str, Path]] = set()
        self._by_uid: dict[str, list[_Place]] = {}
        for texts in texts_of(issue):
            self._by_uid[texts.uid] = [
                _Place(
                    texts=texts, path=leaf.path, form=leaf.form, original=_first(leaf.value, issue.original, language),
                    text=_in(leaf.value, language, issue.original),
                )
                for leaf in words_of(texts.kind, texts.content)
            ]  # fmt: skip

    def answer(self, found: _Found) -> Placed | str:
        """The text with its place, or "empty", "unchanged", "unplaced"."""
        if not found.text:
            return "empty"
        place = self._place_of(found)
        if place is None:
            return "unplaced"
        now = found.reads(place.form)
        if now == place.text:
            return "unchanged"
        if (found.uid, place.path) in self._answered:
            # One place takes one text: a row that somebody copied in Word is told, and whoever takes the paper decides.
            return "unplaced"
        self._answered.add((found.uid, place.path))
        same = digest_of(place.original) == found.original_digest
        return _placed(place, now, made_from=place.original if same else _read(found.original, place.form), found=found)

    def _place_of(self, found: _Found) -> _Place | None:
        """Where its original stands: at its old place, at another of its section; else the old place, its original changed since."""
        places = self._by_uid.get(found.uid, [])
        there = next((place for place in places if place.path == found.path), None)
        if there and digest_of(there.original) == found.original_digest:
            return there
        moved = [place for place in places if digest_of(place.original) == found.original_digest and _alike(place.path, found.path)]
        return moved[0] if moved else self._if_it_is_still_the_same(there, found)

    def _if_it_is_still_the_same(self, there: _Place | None, found: _Found) -> _Place | None:
        """Where rows of a list were moved or replaced, the old place holds quite another text."""
        if there is None or (found.uid, digest_of(there.original)) in self._went_out:
            return None
        is_fixed = not any(isinstance(step, int) for step in found.path)
        known = is_fixed or (there.text and there.text_is(found.text_digest))
        return there if known or _resemble(_read(found.original, there.form), there.original) else None


def _placed(place: _Place, now: str, *, made_from: str, found: _Found) -> Placed:
    return Placed(
        number=place.texts.number, uid=place.texts.uid, kind=place.texts.kind, path=place.path, form=place.form, was=place.text, now=now,
        made_from=made_from, original=place.original, overwrites=not place.text_is(found.text_digest),
    )  # fmt: skip


def _resemble(one: str, other: str) -> bool:
    by_letters = max(len(one), len(other)) <= LONGEST_BY_LETTERS
    old, new = (text if by_letters else text[:LONGEST_COMPARED].split() for text in (one, other))
    return SequenceMatcher(None, old, new, autojunk=False).ratio() >= ALIKE


def _alike(one: Path, other: Path) -> bool:
    """The same field of another row."""
    return [step for step in one if isinstance(step, str)] == [step for step in other if isinstance(step, str)]


def _in(value: LocalizedValue, language: str, original: str) -> str:
    if isinstance(value, str):
        return value if language == original else ""
    return value.get(language) or ""


def _first(value: LocalizedValue, original: str, language: str) -> str:
    """What stood in the paper as the text to translate."""
    text = _in(value, original, original)
    if text or isinstance(value, str):
        return text
    others: list[str] = [value[code] for code in sorted(value) if value[code] and code != language]
    return others[0] if others else ""


__all__ = ["Paper", "PaperWords", "Placed", "read_paper", "write_paper"]
