"""An issue with its original on the left and one translation on the right: every text, its state, what changed since."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from admin.field_names import field_label, kind_label
from admin.speaking import tp
from newsroom.drafting.rich_text import safe_html
from newsroom.drafting.translation_papers import SectionTexts, headline_of, texts_of
from newsroom.issues import Issue
from newsroom.localized import in_language
from newsroom.sections.walking import Leaf, Path
from newsroom.translations import Tally, TextState, states_in, tallies_in, tally_of, words_of
from newsroom.word_diff import Run, word_diff

TONES = {"missing": "hollow", "stale": "work", "done": "good", "shared": "hollow"}


@dataclass(frozen=True, kw_only=True)
class TextRow:
    """One text and its translation; `state` is also `shared` of a name or link that is the same in every language."""

    path: Path
    label: str
    form: str
    state: str
    original: str
    original_language: str
    text: str
    changes: Sequence[Run] = ()

    @property
    def dotted(self) -> str:
        return ".".join(map(str, self.path))

    @property
    def at(self) -> str:
        """As part of an id."""
        return "-".join(map(str, self.path))

    @property
    def is_open(self) -> bool:
        return self.state in ("missing", "stale")


@dataclass(frozen=True, kw_only=True)
class SectionSide:
    """A section's texts with their translations, and what the scripts need to save them."""

    number: int | None
    uid: str
    kind: str
    name: str
    headline: str
    version: int
    content: Mapping[str, Any]
    rows: tuple[TextRow, ...]
    tally: Tally


@dataclass(frozen=True, kw_only=True)
class Ways:
    """Where a page of texts saves them, and whose they are in this browser: a person's of the staff, or a guest's.

    `change` and `confirm` give the address for a section's uid ("" for the issue's own words).
    """

    owner: str
    user: int
    session: str
    states: str
    change: Callable[[str], str]
    confirm: Callable[[str], str]


def sides_of(issue: Issue, language: str) -> tuple[SectionSide, ...]:
    """The issue's own words first; sections without any words are left out."""
    versions = _versions(issue)
    sides = (_side(texts, _leaves(texts), versions[texts.uid], issue.original, language) for texts in texts_of(issue))
    return tuple(side for side in sides if side.rows)


def tallies_of(issue: Issue) -> dict[str, Tally]:
    """How far the issue is, by language; the original has none."""
    return _summed(issue, [_tallies(texts, _leaves(texts), issue.original, issue.languages[1:]) for texts in texts_of(issue)])


def sides_and_tallies(issue: Issue, language: str) -> tuple[tuple[SectionSide, ...], dict[str, Tally]]:
    """Both of them by one walk through the texts, which are some thousands."""
    versions = _versions(issue)
    walked = [(texts, _leaves(texts)) for texts in texts_of(issue)]
    sides = [_side(texts, leaves, versions[texts.uid], issue.original, language) for texts, leaves in walked]
    others = [each for each in issue.languages[1:] if each != language]
    told = [
        {language: side.tally, **_tallies(texts, leaves, issue.original, others)}
        for (texts, leaves), side in zip(walked, sides, strict=True)
    ]
    return tuple(side for side in sides if side.rows), _summed(issue, told)


def text_row(issue: Issue, uid: str, path: Path, language: str) -> TextRow | None:
    """One text as its row; None where it is not there any more."""
    texts = next((texts for texts in texts_of(issue) if texts.uid == uid), None)
    if texts is None:
        return None
    leaves = _leaves(texts)
    rows = _rows(texts, leaves, _states(texts, leaves, issue.original, language), issue.original)
    return next((row for row in rows if row.path == path), None)


def state_words() -> dict[str, dict[str, str]]:
    """How the scripts show a state: its word and its tone."""
    return {state: {"tone": tone, "word": tp(f"languages.state.{state}")} for state, tone in TONES.items()}


def states_told(sides: Sequence[SectionSide]) -> dict[str, Any]:
    """Where every text stands now: what the page shows after it saved something."""
    total = sum((side.tally for side in sides), Tally())
    return {
        "sections": {side.uid: {row.dotted: row.state for row in side.rows} for side in sides},
        "tally": {"missing": total.missing, "stale": total.stale, "done": total.done},
    }


def path_in(dotted: str) -> Path | None:
    """The path that a page calls so; None for what is none."""
    steps = dotted.split(".")
    return tuple(int(step) if step.isdecimal() else step for step in steps) if dotted and len(steps) <= 20 else None


def section_name(kind: str) -> str:
    """What the page calls a section; the issue's own words have no kind."""
    return kind_label(kind) if kind else tp("languages.front")


def rich(text: str) -> Markup:
    """Rich text as markup: clean where it is stored, and what could run is taken out once more before a browser reads it."""
    return Markup(safe_html(text))  # noqa: S704 - cleaned to the allow-list


def _versions(issue: Issue) -> dict[str, int]:
    return {"": issue.front_version, **{row.uid: row.version for row in issue.sections}}


def _leaves(texts: SectionTexts) -> tuple[Leaf, ...]:
    return tuple(words_of(texts.kind, texts.content))


def _states(texts: SectionTexts, leaves: Sequence[Leaf], original: str, language: str) -> tuple[TextState, ...]:
    return states_in(leaves, texts.sources, original=original, language=language)


def _tallies(texts: SectionTexts, leaves: Sequence[Leaf], original: str, languages: Sequence[str]) -> dict[str, Tally]:
    return tallies_in(leaves, texts.sources, original=original, languages=languages)


def _summed(issue: Issue, tallies: Sequence[Mapping[str, Tally]]) -> dict[str, Tally]:
    return {language: sum((each[language] for each in tallies), Tally()) for language in issue.languages[1:]}


def _side(texts: SectionTexts, leaves: Sequence[Leaf], version: int, original: str, language: str) -> SectionSide:
    states = _states(texts, leaves, original, language)
    return SectionSide(
        number=texts.number, uid=texts.uid, kind=texts.kind, name=section_name(texts.kind),
        headline=headline_of(texts.kind, texts.content, original), version=version, content=texts.content,
        rows=_rows(texts, leaves, states, original), tally=tally_of(states),
    )  # fmt: skip


def _rows(texts: SectionTexts, leaves: Sequence[Leaf], states: Sequence[TextState], original: str) -> tuple[TextRow, ...]:
    """In the order of the fields, those that are the same in every language among them."""
    found = {state.path: state for state in states}
    rows = (_row(texts.kind, found[leaf.path]) if leaf.path in found else _shared_row(texts.kind, leaf, original) for leaf in leaves)
    return tuple(row for row in rows if row)


def _shared_row(kind: str, leaf: Leaf, original: str) -> TextRow | None:
    shared = in_language(leaf.value, original, original=original)
    if not shared:
        return None
    return TextRow(
        path=leaf.path, label=field_label(kind, leaf.path), form=leaf.form, state="shared", original=shared, original_language=original,
        text="",
    )  # fmt: skip


def _row(kind: str, state: TextState) -> TextRow:
    return TextRow(
        path=state.path, label=field_label(kind, state.path), form=state.form, state=state.state, original=state.original,
        original_language=state.original_language, text=state.text,
        changes=word_diff(state.was, state.original) if state.state == "stale" else (),
    )  # fmt: skip
