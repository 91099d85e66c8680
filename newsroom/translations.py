"""The state of every text in every language: missing, stale since the original changed, or done; wherever it stands.

What a translation was made from is kept by the translation itself, not by its place: reordering makes nothing stale.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from hashlib import sha256
from typing import Any, Literal

from newsroom.issues import Issue
from newsroom.sections.registry import Section
from newsroom.sections.walking import Leaf, LocalizedValue, Path, given_leaves

State = Literal["missing", "stale", "done"]
#: language -> short hash of a translation -> the original texts it was made from or confirmed for; None: never tracked.
Sources = Mapping[str, Mapping[str, Sequence[str]]]
FRONT = ""
FRONT_TEXTS = ("subject", "preview_text")
WORDS = frozenset({"prose", "rich"})
#: How many texts that left while they were stale are remembered per language, so that an undo does not make them done.
MOST_REMEMBERED = 20


@dataclass(frozen=True, kw_only=True)
class TextState:
    """One text in one language: `original` is what it translates, `was` what it was made from where that has changed."""

    path: Path
    form: str
    language: str
    state: State
    original: str
    original_language: str
    text: str
    was: str = ""


@dataclass(frozen=True, kw_only=True)
class Tally:
    missing: int = 0
    stale: int = 0
    done: int = 0

    @property
    def open(self) -> int:
        return self.missing + self.stale

    @property
    def all(self) -> int:
        return self.open + self.done

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(missing=self.missing + other.missing, stale=self.stale + other.stale, done=self.done + other.done)


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """A translation beside the text it translates."""

    language: str
    text: str
    original: str


def words_of(kind: str, content: Mapping[str, Any]) -> Iterator[Leaf]:
    """Every text, name and link of what is stored, be it finished or not; of the issue's own words where `kind` is FRONT."""
    if kind == FRONT:
        yield from _front_words(content)
    elif kind in Section.kinds:
        yield from (leaf for leaf in given_leaves(Section.kinds[kind], content) if leaf.form != "file")


def states_of(kind: str, content: Mapping[str, Any], sources: Sources | None, *, original: str, language: str) -> tuple[TextState, ...]:
    """Each text that this language has or lacks, in the order of the fields.

    A name or a link counts only where this language has its own: without one it is the same in every language.
    """
    return states_in(words_of(kind, content), sources, original=original, language=language)


def states_in(leaves: Iterable[Leaf], sources: Sources | None, *, original: str, language: str) -> tuple[TextState, ...]:
    """The same of what words_of() found, for who needs that more than once."""
    states = (_state_of(leaf, sources, original, language) for leaf in leaves)
    return tuple(state for state in states if state)


def tallies_in(leaves: Iterable[Leaf], sources: Sources | None, *, original: str, languages: Sequence[str]) -> dict[str, Tally]:
    """How far each of these languages is."""
    texts = [(leaf.form, _texts(leaf.value, original)) for leaf in leaves]
    return {language: _tally(_judged(form, told, sources, original, language) for form, told in texts) for language in languages}


def front_of(issue: Issue) -> dict[str, Any]:
    """The issue's own words, in the form of a section's content."""
    return {"subject": issue.subject, "preview_text": issue.preview_text or ""}


def tally_of(states: Iterable[TextState]) -> Tally:
    return _tally(state.state for state in states)


def _tally(states: Iterable[State | None]) -> Tally:
    told = tuple(states)
    return Tally(missing=told.count("missing"), stale=told.count("stale"), done=told.count("done"))


def sources_after(
    sources: Sources | None, kind: str, before: Mapping[str, Any], after: Mapping[str, Any], *, original: str
) -> dict[str, dict[str, list[str]]]:
    """What each translation of `after` was made from: as known, and for what was written now the original of now.

    Begin with None where the issue's first language changes: what was known speaks of other originals.
    """
    old, new = list(_pairs(kind, before, original)), list(_pairs(kind, after, original))
    known = _known(sources, old)
    written = Counter((pair.language, pair.text) for pair in new) - Counter((pair.language, pair.text) for pair in old)
    paired = set(old)
    kept = _remembered(known, old, new)
    for pair in new:
        texts = kept.setdefault(pair.language, {}).setdefault(digest_of(pair.text), [])
        texts.extend(text for text in known.get(pair.language, {}).get(digest_of(pair.text), ()) if text not in texts)
        made_now = not texts or (written[pair.language, pair.text] and pair not in paired and _was_there(pair, old))
        if made_now and pair.original not in texts:
            texts.append(pair.original)
    return {language: texts for language, texts in kept.items() if texts}


def confirmed(
    sources: Sources | None, kind: str, content: Mapping[str, Any], path: Path, language: str, *, original: str
) -> dict[str, dict[str, list[str]]] | None:
    """The sources once this text is said to be still right; None where there is no such text to confirm."""
    states = states_of(kind, content, sources, original=original, language=language)
    found = next((state for state in states if state.path == tuple(path) and state.text), None)
    if found is None:
        return None
    known = sources_after(sources, kind, content, content, original=original)
    texts = known.setdefault(language, {}).setdefault(digest_of(found.text), [])
    if found.original not in texts:
        texts.append(found.original)
    return known


def made_from(sources: Sources | None, language: str, text: str, original: str, *, instead_of: str) -> dict[str, dict[str, list[str]]]:
    """The sources once it is known that this translation was made from another original than the one beside it."""
    known = {each: {digest: list(texts) for digest, texts in told.items()} for each, told in (sources or {}).items()}
    own = known.setdefault(language, {})
    own[digest_of(text)] = [*(each for each in own.get(digest_of(text), ()) if each not in (instead_of, original)), original]
    return known


def digest_of(text: str) -> str:
    """The name a translation goes by in the sources."""
    return sha256(text.encode()).hexdigest()[:12]


def _front_words(content: Mapping[str, Any]) -> Iterator[Leaf]:
    for name in FRONT_TEXTS:
        value = content.get(name)
        if isinstance(value, (str, Mapping)):
            yield Leaf(form="prose", path=(name,), value=value)


def _state_of(leaf: Leaf, sources: Sources | None, original: str, language: str) -> TextState | None:
    texts = _texts(leaf.value, original)
    state = _judged(leaf.form, texts, sources, original, language)
    if state is None or state == "missing":
        return _missing(leaf, texts, original, language) if state else None
    text, beside = texts[language], texts.get(original, "")
    was = _nearest(beside, _made_from(sources, language, text)) if state == "stale" else ""
    return TextState(
        path=leaf.path, form=leaf.form, language=language, state=state, original=beside, original_language=original, text=text, was=was
    )


def _judged(form: str, texts: Mapping[str, str], sources: Sources | None, original: str, language: str) -> State | None:
    """The state alone of a text of this form; None for what is no text of this language."""
    text = texts.get(language, "")
    if not texts or (form not in WORDS and (not text or language == original)):
        return None
    if not text:
        return "missing"
    return "stale" if language != original and _is_stale(_made_from(sources, language, text), texts.get(original, "")) else "done"


def _missing(leaf: Leaf, texts: Mapping[str, str], original: str, language: str) -> TextState:
    """A text still to be made: from the issue's first language, else from the one that somebody began with."""
    first = original if original in texts else sorted(texts)[0]
    return TextState(
        path=leaf.path, form=leaf.form, language=language, state="missing", original=texts[first], original_language=first, text=""
    )


def _made_from(sources: Sources | None, language: str, text: str) -> Sequence[str]:
    own = sources.get(language) if sources else None
    return own.get(digest_of(text), ()) if own else ()


def _is_stale(made_from: Sequence[str], original: str) -> bool:
    """Whether a translation was made from other originals; one that was there before any original needs none."""
    return bool(made_from) and original not in made_from and list(made_from) != [""]


def _nearest(original: str, texts: Sequence[str]) -> str:
    """Of several originals that one translation served, the one that this place most likely had."""
    if len(texts) == 1:
        return texts[0]
    return max(texts, key=lambda text: SequenceMatcher(None, text[:2000], original[:2000], autojunk=False).ratio())


def _texts(value: LocalizedValue, original: str) -> dict[str, str]:
    """By language, without the empty ones."""
    given = {original: value} if isinstance(value, str) else value
    return {language: text for language, text in given.items() if text and not text.isspace()}


def _pairs(kind: str, content: Mapping[str, Any], original: str) -> Iterator[_Pair]:
    for leaf in words_of(kind, content):
        texts = _texts(leaf.value, original)
        for language, text in texts.items():
            if language != original:
                yield _Pair(language=language, text=text, original=texts.get(original, ""))


def _known(sources: Sources | None, pairs: Sequence[_Pair]) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """What is known of these pairs; where nothing was ever tracked, each stands for the original beside it."""
    known: dict[str, dict[str, list[str]]] = {
        language: {digest: list(texts) for digest, texts in told.items()} for language, told in (sources or {}).items()
    }
    for pair in pairs:
        texts = known.setdefault(pair.language, {}).setdefault(digest_of(pair.text), [])
        if sources is None or not texts:
            texts.append(pair.original)
    return known


def _remembered(
    known: Mapping[str, Mapping[str, Sequence[str]]], old: Sequence[_Pair], new: Sequence[_Pair]
) -> dict[str, dict[str, list[str]]]:
    """What is known of texts that are not there now, of those that left while they were stale."""
    there = {(pair.language, digest_of(pair.text)) for pair in new}
    done = {(pair.language, digest_of(pair.text)) for pair in old if pair.original in known[pair.language][digest_of(pair.text)]}
    kept = {
        language: {digest: list(texts) for digest, texts in told.items() if (language, digest) not in there | done}
        for language, told in known.items()
    }
    return {language: dict(list(told.items())[-MOST_REMEMBERED:]) for language, told in kept.items()}


def _was_there(pair: _Pair, old: Sequence[_Pair]) -> bool:
    """Whether this translation stood elsewhere already: one that only comes back is what it was when it left."""
    return any((other.language, other.text) == (pair.language, pair.text) for other in old)
