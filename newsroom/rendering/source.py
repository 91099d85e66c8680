"""Everything a letter is written from, as one value: no database, no clock, no settings behind it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from newsroom import events
from newsroom.errors import CompileError
from newsroom.issues import Issue, IssueSection
from newsroom.localized import Localized
from newsroom.media import find_media
from newsroom.sections.registry import Section, parse_section
from newsroom.sections.tidying import dotted, faults, merge_faults
from newsroom.sections.walking import leaves
from newsroom.sections.workshop import Workshop


@dataclass(frozen=True, kw_only=True)
class NumberedSection:
    """A section with its number for staff (from 1), its name for life and its facts complete."""

    number: int
    uid: str
    section: Section


@dataclass(frozen=True, kw_only=True)
class PictureSize:
    """Pixels of a stored picture."""

    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class LetterSource:
    """The facts of the list, the facts of the issue, the sections, and the sizes of the pictures by media name."""

    list_slug: str
    list_title: Localized
    from_name: str
    postal_address: Localized
    footer: Localized = ""
    list_languages: tuple[str, ...]
    timezone: str = "UTC"
    logo: str = ""
    accent: str = ""
    missing_translation: str = "fallback"
    arabic_months: str = "both"
    topics: Mapping[str, Localized] = field(default_factory=dict)
    issue_slug: str
    languages: tuple[str, ...]
    subject: Localized
    preview_text: Localized = ""
    sections: tuple[NumberedSection, ...]
    media: Mapping[str, PictureSize] = field(default_factory=dict)
    public_url: str
    #: Where readers of a language find what it lacks, as the list says it.
    fallbacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Number and uid of each section that is still unfinished and left out; there are none in what is approved.
    unreadable: tuple[tuple[int, str], ...] = ()

    @property
    def original(self) -> str:
        """The language a plain text of the issue is written in."""
        return self.languages[0]

    @property
    def list_original(self) -> str:
        """The language a plain text of the list is written in."""
        return self.list_languages[0]

    def chain_for(self, language: str) -> tuple[str, ...]:
        """Where to look for what this language lacks: as the list says, then in the issue's order, so that nothing is lost."""
        return tuple(dict.fromkeys((*self.fallbacks.get(language, ()), *self.languages)))

    def media_url(self, name: str) -> str:
        return f"{self.public_url}/media/{name}"

    def archive_url(self, language: str) -> str:
        return f"{self.public_url}/archive/{self.list_slug}/{self.issue_slug}/{language}"

    def past_issues_url(self, language: str) -> str:
        """The list's archive page, in the language of the letter and not of whatever browser opens it."""
        return f"{self.public_url}/archive/{self.list_slug}/?lang={language}"


def load_source(session: Session, issue: Issue, *, public_url: str, lenient: bool = False) -> LetterSource:
    """The issue as it stands in the database, events overlaid and pictures measured.

    CompileError names a section that is not finished; a `lenient` reader gets the letter without it.
    """
    mailing_list = issue.mailing_list
    read = [(number, row, _finished(row) if lenient else parsed(number, row)) for number, row in enumerate(issue.sections, start=1)]
    sections = tuple(_complete_all(session, issue, read))
    return LetterSource(
        list_slug=mailing_list.slug,
        list_title=mailing_list.title,
        from_name=mailing_list.from_name,
        postal_address=mailing_list.postal_address,
        footer=mailing_list.footer or "",
        list_languages=tuple(mailing_list.languages),
        timezone=mailing_list.timezone,
        logo=mailing_list.logo,
        accent=mailing_list.accent,
        missing_translation=mailing_list.missing_translation,
        arabic_months=mailing_list.arabic_months,
        topics={topic.slug: topic.title for topic in mailing_list.topics},
        issue_slug=issue.slug,
        languages=tuple(issue.languages),
        subject=issue.subject,
        preview_text=issue.preview_text or "",
        sections=sections,
        media=_sizes(session, _pictures_in(sections) | ({mailing_list.logo} - {""})),
        public_url=public_url.rstrip("/"),
        fallbacks={language: tuple(chain) for language, chain in (mailing_list.fallbacks or {}).items()},
        unreadable=tuple((number, row.uid) for number, row, section in read if section is None),
    )


def _finished(row: IssueSection) -> Section | None:
    """The section of this row; None where something keeps it out of a letter."""
    try:
        section = parse_section(row.kind, row.content)
    except (KeyError, ValidationError):
        return None
    return None if any(True for _ in merge_faults(row.kind, row.content)) else section


def _complete_all(session: Session, issue: Issue, read: Iterable[tuple[int, IssueSection, Section | None]]) -> Iterator[NumberedSection]:
    keys = {str(row.content["event"]) for row in issue.sections if row.content.get("event")}
    facts = events.facts_of(session, issue.list_id, keys) if keys else {}
    for number, row, section in read:
        if section is not None:
            yield NumberedSection(number=number, uid=row.uid, section=_complete(section, facts))


def parsed(number: int, row: IssueSection) -> Section:
    """The section of this row; CompileError with its number and what it lacks, where it is not finished."""
    kind = row.kind.replace("_", " ")
    try:
        return parse_section(row.kind, row.content)
    except KeyError as error:
        raise CompileError(f"what is stored of this {kind} cannot be read.", section=number) from error
    except ValidationError as error:
        lacks = " ".join(f"{dotted(fault.path)}: {fault.sentence}" for fault in faults(row.kind, row.content))
        raise CompileError(f"this {kind} is not finished. {lacks}", section=number) from error


def _complete(section: Section, facts: Mapping[str, dict[str, Any]]) -> Section:
    if isinstance(section, Workshop) and section.event and section.event in facts:
        return events.resolve(section, facts[section.event])
    return section


def _pictures_in(sections: Iterable[NumberedSection]) -> set[str]:
    return {str(leaf.value) for numbered in sections for leaf in leaves(numbered.section) if leaf.form == "file"}


def _sizes(session: Session, names: Collection[str]) -> dict[str, PictureSize]:
    return {name: PictureSize(width=media.width, height=media.height) for name, media in find_media(session, names).items()}
