"""The cards of an issue's sections: what each is about, who wrote in it last, and what its languages lack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.accounts import User
from admin.issue_pages import heading_of
from newsroom.issues import Issue, IssueSection
from newsroom.translations import Tally, tallies_in, words_of


@dataclass(frozen=True, kw_only=True)
class LanguageState:
    """How far one language of a section is: done, missing or stale texts."""

    language: str
    state: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """One section as a card shows it while it is folded."""

    uid: str
    number: int
    kind: str
    version: int
    title: str
    title_language: str
    writer: str
    at: datetime
    languages: tuple[LanguageState, ...]
    untouched: bool = False


def cards_of(session: Session, issue: Issue) -> list[Card]:
    """Every section's card, in one query for the names of their writers."""
    names = names_of(session, {row.updated_by for row in issue.sections if row.updated_by})
    return [_card(issue, number, row, names) for number, row in enumerate(issue.sections, start=1)]


def card_of(session: Session, issue: Issue, uid: str) -> Card:
    """One section's card."""
    number, row = next((number, row) for number, row in enumerate(issue.sections, start=1) if row.uid == uid)
    return _card(issue, number, row, names_of(session, {row.updated_by} - {None}))


def names_of(session: Session, user_ids: Iterable[int | None]) -> Mapping[int, str]:
    """What to call these people."""
    wanted = [user_id for user_id in user_ids if user_id is not None]
    if not wanted:
        return {}
    found = session.execute(select(User.id, User.name, User.email).where(User.id.in_(wanted)))
    return {user_id: name or email.partition("@")[0] for user_id, name, email in found}


def _card(issue: Issue, number: int, row: IssueSection, names: Mapping[int, str]) -> Card:
    heading = heading_of(row, issue.original)
    return Card(
        uid=row.uid, number=number, kind=row.kind, version=row.version, title=heading.text, title_language=heading.language,
        writer=names.get(row.updated_by or 0, ""), at=row.updated_at, languages=_languages(issue, row), untouched=row.is_untouched,
    )  # fmt: skip


def _languages(issue: Issue, row: IssueSection) -> tuple[LanguageState, ...]:
    """Nothing to say of an issue in one language, nor of a section without a text: it is not done, there is nothing to do."""
    tallies = tallies_in(words_of(row.kind, row.content), row.sources, original=issue.original, languages=issue.languages[1:])
    return tuple(LanguageState(language=language, state=_state(tally)) for language, tally in tallies.items() if tally.all)


def _state(tally: Tally) -> str:
    return "missing" if tally.missing else "stale" if tally.stale else "done"
