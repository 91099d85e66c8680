"""Document -> Draft: an issue file read into typed sections, with every fault that needs no database told at once."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field, ValidationError

from newsroom import merge_fields
from newsroom.drafting.faults import FRONT, Faults, Spot, what
from newsroom.drafting.reading import Path
from newsroom.drafting.rich_text import check_merge_fields, from_markdown, refused_links
from newsroom.errors import InvalidInput, Problem
from newsroom.localized import NATIVE_NAMES, in_language
from newsroom.nearest import did_you_mean, one_of
from newsroom.sections.base import Part
from newsroom.sections.registry import Section, stored
from newsroom.sections.values import UNPRINTABLE, Language, Prose, Slug
from newsroom.sections.walking import Leaf, by_language, changed, given_leaves, leaves
from newsroom.slugs import checked_section_name

LONGEST_SUBJECT = 400
WORD_BREAKS = re.compile("[\x0b\x0c]")
BIDI_OVERRIDES = re.compile("[\u202a-\u202e]")


class Front(Part):
    """What stands in a file before and around its sections."""

    list: str = Field(min_length=1)
    slug: Slug
    languages: tuple[Language, ...] = Field(default=(), min_length=1)
    subject: Prose
    preview_text: Prose = ""
    sections: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class DraftSection:
    """`content` is as stored, but names pictures as the file does; `uid` is "" where the file gives none."""

    spot: Spot
    uid: str
    section: Section
    content: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What could be read: `front` is None where it is faulty, faulty sections are left out, `given` and `pictures` are all."""

    given: Mapping[str, Any] = field(default_factory=dict)
    front: Front | None = None
    sections: tuple[DraftSection, ...] = ()
    pictures: tuple[tuple[Spot, Leaf], ...] = ()

    def languages(self, otherwise: Sequence[str]) -> list[str]:
        """The languages of the issue, the original first; those of the list where the file names none."""
        named = self.given.get("languages")
        known = [code for code in named if isinstance(code, str) and code in NATIVE_NAMES] if isinstance(named, list) else otherwise
        return list(dict.fromkeys(known))


def read_draft(faults: Faults) -> Draft:
    """The draft in the document, as far as it can be read; `faults` tells the rest."""
    given = faults.document.value
    _check_characters(faults, given, ())
    if not isinstance(given, dict):
        begin = "The file must begin with the fields list, slug, languages, subject and sections"
        faults.add(FRONT, (), "The file is empty." if given is None else f"{begin}; it holds {what(given)}.")
        return Draft()
    listed = given.get("sections")
    sections = list(enumerate(listed)) if isinstance(listed, list) else []
    pictures = tuple((_spot(index, section), leaf) for index, section in sections for leaf in _words(section) if leaf.form == "file")
    drafts = tuple(draft for index, section in sections if (draft := _section(faults, _spot(index, section), section)))
    _check_uids(faults, drafts)
    return Draft(given=given, front=_front(faults, given), sections=drafts, pictures=pictures)


def _check_characters(faults: Faults, value: Any, path: Path) -> None:
    """Control characters are told rather than quietly dropped."""
    if isinstance(value, str) and (odd := UNPRINTABLE.search(value) or WORD_BREAKS.search(value)):
        hint = "It comes along when one pastes from Word; delete it."
        faults.add(*_parted(faults, path), f"holds the control character U+{ord(odd[0]):04X}, which no letter can carry.", hint=hint)
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        _check_characters(faults, each, (*path, step))


def _parted(faults: Faults, path: Path) -> tuple[Spot, Path]:
    """The section of a path, and the path inside it."""
    if len(path) > 1 and path[0] == "sections" and isinstance(path[1], int):
        return _spot(path[1], faults.document.value["sections"][path[1]]), path[2:]
    return FRONT, path


def _spot(index: int, given: Any) -> Spot:
    kind = given.get("kind") if isinstance(given, dict) else None
    known = f" ({kind})" if isinstance(kind, str) and kind in Section.kinds else ""
    return Spot(path=("sections", index), name=f"Section {index + 1}{known}")


def _words(given: Any) -> list[Leaf]:
    kind = given.get("kind") if isinstance(given, dict) else None
    return list(given_leaves(Section.kinds[kind], given)) if isinstance(kind, str) and kind in Section.kinds else []


def _front(faults: Faults, given: dict[str, Any]) -> Front | None:
    for leaf in given_leaves(Front, given):
        _check_words(faults, FRONT, leaf)
    try:
        return Front.model_validate(given)
    except ValidationError as error:
        faults.add_validation(FRONT, Front, error)
        return None


def check_subject(faults: Faults, draft: Draft, languages: Sequence[str]) -> None:
    """One subject for each language of the issue, fit for the header of a mail."""
    for leaf in given_leaves(Front, draft.given):
        for language in languages if leaf.path == ("subject",) else ():
            if fault := _subject_fault(in_language(leaf.value, language, original=languages[0]) or "", language):
                faults.add(FRONT, leaf.path, fault)


def _subject_fault(subject: str, language: str) -> str:
    if not subject.strip():
        return f"is missing in {NATIVE_NAMES[language]} ({language}), a language of this issue."
    if len(subject) > LONGEST_SUBJECT:
        return f"is too long: {len(subject)} characters, at most {LONGEST_SUBJECT} fit."
    return "holds a mark that turns the direction of the text around; a subject must not." if BIDI_OVERRIDES.search(subject) else ""


def _section(faults: Faults, spot: Spot, given: Any) -> DraftSection | None:
    if not isinstance(given, dict):
        faults.add(spot, (), f"must be a mapping that begins with kind, not {what(given)}.")
        return None
    kind = given.get("kind")
    if isinstance(kind, str) and kind in Section.kinds:
        return _of_kind(faults, spot, given)
    if kind is None:
        faults.add(spot, ("kind",), "is missing.", hint=one_of(Section.kinds))
    else:
        hint = did_you_mean(str(kind), Section.kinds) or one_of(Section.kinds)
        faults.add(spot, ("kind",), f"{what(kind)} is not a kind of section.", hint=hint)
    return None


def _of_kind(faults: Faults, spot: Spot, given: Mapping[str, Any]) -> DraftSection | None:
    uid = _uid(faults, spot, given.get("id", ""))
    told = [_check_words(faults, spot, leaf) for leaf in _words(given)]
    model = Section.kinds[given["kind"]]
    try:
        section = model.model_validate({name: value for name, value in given.items() if name not in ("kind", "id")})
    except ValidationError as error:
        faults.add_validation(spot, model, error, also=("kind", "id"))
        return None
    content = stored(section)
    for leaf in leaves(section) if all(told) else ():
        if leaf.form == "rich":
            changed(content, leaf, from_markdown)
    return DraftSection(spot=spot, uid=uid, section=section, content=content)


def _uid(faults: Faults, spot: Spot, uid: Any) -> str:
    if not uid:
        return ""
    try:
        return checked_section_name(uid if isinstance(uid, str) else what(uid))
    except InvalidInput as error:
        faults.add(spot, ("id",), error.problems[0].message)
        return ""


def _check_uids(faults: Faults, drafts: Sequence[DraftSection]) -> None:
    first: dict[str, DraftSection] = {}
    for draft in drafts:
        if draft.uid and first.setdefault(draft.uid, draft) is not draft:
            faults.add(draft.spot, ("id",), f"{draft.uid!r} is the name of another section already: {first[draft.uid].spot.name}.")


def _check_words(faults: Faults, spot: Spot, leaf: Leaf) -> bool:
    """Whether this text, link or name may stand in a letter; every fault of every language is told."""
    check = CHECKS[leaf.form]
    told = [_told(faults, spot, _in(leaf, language), check, text) for language, text in by_language(leaf.value)]
    return all(told)


def _in(leaf: Leaf, language: str) -> Path:
    return (*leaf.path, language) if language else leaf.path


def _told(faults: Faults, spot: Spot, path: Path, check: Callable[[str], object], text: str) -> bool:
    try:
        check(text)
    except InvalidInput as error:
        faults.add_all(spot, path, error)
        return False
    return True


def _check_no_fields(text: str) -> None:
    if merge_fields.has_fields(text):
        raise InvalidInput.of("holds a merge field; those may stand in texts and in the subject only.")


def _check_markdown(text: str) -> None:
    """Bounds first; then every merge field and every link that would be lost."""
    html = from_markdown(text)
    hint = "It must begin with https://, http://, mailto: or tel:"
    problems = [Problem(place="", message=f"{what(link)} is not a link.", hint=hint) for link in refused_links(text)]
    try:
        check_merge_fields(html)
    except InvalidInput as error:
        problems += error.problems
    if problems:
        raise InvalidInput(problems)


CHECKS: Mapping[str, Callable[[str], object]] = {
    "rich": _check_markdown,
    "prose": merge_fields.split,
    "name": _check_no_fields,
    "link": _check_no_fields,
    "file": _check_no_fields,
}
