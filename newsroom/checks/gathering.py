"""An issue out of the database, as the checks see it; a constant number of queries, whatever its length."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from newsroom.checks.base import Finding, Material, Stale
from newsroom.checks.passages import filled, passages_of
from newsroom.checks.registry import run_checks
from newsroom.errors import CompileError, NewsroomError
from newsroom.issues import Issue, IssueSection
from newsroom.keys import KeyRing
from newsroom.link_states import trouble_of
from newsroom.localized import in_language
from newsroom.mailing_lists import MailingList
from newsroom.media import find_media
from newsroom.preparing import Prepared, prepare_language
from newsroom.rendering.source import LetterSource, load_source
from newsroom.sections.registry import Section
from newsroom.sections.tidying import FieldFault, faults
from newsroom.translations import FRONT, Sources, front_of, states_of

Faults = tuple[tuple[int, str, FieldFault], ...]


def gather(
    session: Session, issue: Issue, *, keys: KeyRing, public_url: str, now: datetime, send_at: datetime | None = None,
    links: Mapping[str, tuple[str, str]] | None = None, inside_hosts: Collection[str] = (),
) -> Material:  # fmt: skip
    """The issue as it stands. It leaves at `send_at`, else when it is scheduled, else now; `links`: else what the last rounds found."""
    source, lacking = lenient_source(session, issue, public_url=public_url)
    return Material(
        source=source,
        send_at=send_at or issue.scheduled_at or now,
        passages=tuple(passages_of(source)),
        faults=lacking,
        untouched=tuple((number, row.uid) for number, row in enumerate(issue.sections, start=1) if row.is_untouched),
        stale=tuple(_stale(issue)),
        picture_names={name: media.original_name for name, media in find_media(session, source.media).items()},
        compiled=letters_of(source, issue.mailing_list, keys),
        links=trouble_of(session, issue.id, now=now) if links is None else links,
        inside_hosts=frozenset(inside_hosts),
    )


def findings_of(
    session: Session, issue: Issue, *, keys: KeyRing, public_url: str, now: datetime, send_at: datetime | None = None,
    links: Mapping[str, tuple[str, str]] | None = None, inside_hosts: Collection[str] = (),
) -> tuple[Finding, ...]:  # fmt: skip
    """All that the checks find in this issue, in the order of its sections."""
    return run_checks(
        gather(session, issue, keys=keys, public_url=public_url, now=now, send_at=send_at, links=links, inside_hosts=inside_hosts)
    )


def lenient_source(session: Session, issue: Issue, *, public_url: str) -> tuple[LetterSource, Faults]:
    """What can be read of the issue, and what keeps the other sections out of it."""
    source = load_source(session, issue, public_url=public_url, lenient=True)
    rows = {row.uid: row for row in issue.sections}
    lacking = [(number, uid, fault) for number, uid in source.unreadable for fault in _faults(rows[uid])]
    return source, tuple(lacking)


def _stale(issue: Issue) -> Iterator[Stale]:
    """What was translated before its original was changed; nothing is tracked of what was never translated here."""
    texts: list[tuple[int | None, str, str, Mapping[str, Any], Sources | None]] = [
        (None, FRONT, FRONT, front_of(issue), issue.front_sources)
    ]
    texts += [(number, row.uid, row.kind, row.content, row.sources) for number, row in enumerate(issue.sections, start=1)]
    for number, uid, kind, content, sources in texts:
        for language in issue.languages[1:] if sources else ():
            for state in states_of(kind, content, sources, original=issue.original, language=language):
                if state.state == "stale":
                    yield Stale(number=number, uid=uid, path=state.path, language=language, text=state.text, original=state.original)


def _faults(row: IssueSection) -> tuple[FieldFault, ...]:
    return faults(row.kind, row.content) if row.kind in Section.kinds else ()


def letters_of(source: LetterSource, mailing_list: MailingList, keys: KeyRing) -> dict[str, Prepared | CompileError]:
    """Each version as approving now would make it, or the reason why it cannot be made."""
    return {language: _letter(source, mailing_list, keys, language) for language in _with_subject(source)}


def _with_subject(source: LetterSource) -> Iterable[str]:
    """A version without a subject is told as that, once."""
    return [one for one in source.languages if filled(in_language(source.subject, one, original=source.original) or "").strip()]


def _letter(source: LetterSource, mailing_list: MailingList, keys: KeyRing, language: str) -> Prepared | CompileError:
    try:
        return prepare_language(source, mailing_list, keys, language)
    except CompileError as error:
        return error
    except NewsroomError as error:
        return CompileError(str(error), language=language)
