"""Issues for the pages about them: one in every state with the same sections in four languages, and everything that gathers around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from newsroom import taking_back
from newsroom.bench.render import demo_document, draw_pictures
from newsroom.comments import Comment
from newsroom.deliveries import DELIVERY_LIFECYCLE, OPEN_STATES, Delivery, DeliveryEvent
from newsroom.drafting.importing import import_issue
from newsroom.given_signoffs import Signoff
from newsroom.guests import READING, GuestLink, Invitation, bind, invite
from newsroom.house import House
from newsroom.issues import OPERATOR, Actor, Issue, IssueEvent, IssueSection
from newsroom.mailing_lists import MailingList
from newsroom.media import MediaStore
from newsroom.milestones import KINDS, Milestone
from newsroom.notices import Notice
from newsroom.preparing import prepare_renditions
from newsroom.proposals import Proposal
from newsroom.section_versions import SectionVersion, keep_order
from newsroom.sendqueue.pulse import IssuePulse

#: What an issue of each state has behind it.
LIVES: Mapping[str, Sequence[str]] = {
    "draft": ("submit", "request_changes"),
    "in_review": ("submit",),
    "approved": ("submit", "approve"),
    "scheduled": ("submit", "approve", "schedule"),
    "sending": ("submit", "approve", "schedule", "start", "fanned_out"),
    "paused": ("submit", "approve", "schedule", "start", "fanned_out", "pause"),
    "sent": ("submit", "approve", "schedule", "start", "fanned_out", "finish"),
}
COMPILED = ("approved", "scheduled", "sending", "paused", "sent")
HANDED_OUT = ("sending", "paused", "sent")
CLOSED_STATES = tuple(sorted(DELIVERY_LIFECYCLE.states - set(OPEN_STATES)))
#: These letters are to people whom the crowd does not have.
BEYOND_THE_CROWD = 100_000_000


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """How many sections an issue has, and how many of everything that gathers around it; issues of two sections beside them."""

    sections: int
    things: int
    issues: int


@dataclass(frozen=True, kw_only=True)
class Guest:
    """A guest whose link is bound to our browser."""

    token: str
    link_id: int
    cookie: str


def add_written_issue(session: Session, house: House, sections: int, *, slug: str, now: datetime) -> Issue:
    """A draft of the demo's list, imported as a file of the staff is: every kind of section, in four languages."""
    draw_pictures(house.settings.data_dir / "pictures")
    text = demo_document(sections).replace("slug: summer-2027", f"slug: {slug}")
    store = MediaStore(house.media_dir)
    return import_issue(session, text, folder=house.settings.data_dir, store=store, by=OPERATOR, now=now)


def add_issues(session: Session, house: House, written: Issue, amounts: Amounts, *, user_id: int, now: datetime) -> dict[str, int]:
    """An issue in each state, like the written one, which is the draft among them; by state, their ids."""
    session.refresh(written, ["mailing_list", "sections"])
    found = {state: written if state == "draft" else _like(session, written, state, now) for state in LIVES}
    for state, issue in found.items():
        _live_through(session, issue, state, user_id, now)
        _gather(session, issue, amounts.things, user_id, now)
    renditions = {language: kept.id for language, kept in _compiled(session, house, found["approved"], now).items()}
    for state in COMPILED:
        found[state].renditions, found[state].approved_at, found[state].content_hash = renditions, now, "0" * 64
    _add_short_ones(session, list(session.scalars(select(MailingList.id))), amounts.issues, now)
    session.flush()
    return {state: issue.id for state, issue in found.items()}


def add_letters(session: Session, house: House, issue_ids: Mapping[str, int], number: int, *, now: datetime) -> dict[str, int]:
    """So many deliveries in each state for the issues that were handed out, each with its history; captured test letters of the draft.

    The ids of an uncertain and of a captured one.
    """
    letters = [
        _letter(issue_ids[state], person, "issue", delivery_state, now)
        for state in HANDED_OUT
        for person, delivery_state in enumerate(_each(_states_of(state), number), start=BEYOND_THE_CROWD)
    ]
    tests = [_letter(issue_ids["draft"], None, "test", "accepted", now) for _ in range(number)]
    short = session.scalars(select(Issue.id).where(Issue.slug.like("short-%"), Issue.state == "sending"))
    due = [_letter(issue_id, BEYOND_THE_CROWD, "issue", "queued", now - timedelta(days=1)) for issue_id in short]
    session.add_all([*letters, *tests, *due])
    session.flush()
    session.add_all(
        DeliveryEvent(delivery_id=one.id, at=now, action="defer", attempt=1, reply_code=451, detail="later") for one in letters
    )  # fmt: skip
    for state in HANDED_OUT:
        session.get_one(Issue, issue_ids[state]).audience = number * len(_states_of(state))
    uncertain = next(one.id for one in letters if one.state == "uncertain" and one.issue_id == issue_ids["sent"])
    return {"uncertain": uncertain, "captured": tests[0].id}


def add_guests(session: Session, reviewed: Issue, written: Issue, *, now: datetime) -> dict[str, Guest]:
    """Somebody for each purpose, who has opened the link."""
    about = {
        "approve": ("approval", ""),
        "comment": ("", ""),
        "translate": ("", "fr"),
        "contribute": (written.sections[0].uid, ""),
        "propose": ("update", ""),
    }
    return {
        purpose: _guest_for(session, reviewed if purpose in READING else written, purpose, what, now) for purpose, what in about.items()
    }


def add_approval(session: Session, house: House, guest: Guest, *, now: datetime) -> str:
    """What this guest approved, and the token in the letter by which it can be taken back."""
    link = session.get_one(GuestLink, guest.link_id)
    given = Signoff(
        issue_id=link.issue_id, key=link.about, language="", sections=[], at=now, actor=link.name, guest_id=link.id, way="guest",
        fingerprint="", note="",
    )  # fmt: skip
    session.add(given)
    session.flush()
    return taking_back.token_of(house.keys, given)


def _guest_for(session: Session, issue: Issue, purpose: str, about: tuple[str, str], now: datetime) -> Guest:
    wanted = Invitation(name=purpose, email=f"{purpose}@confluence.example", purpose=purpose, language="en", days=60, about=about)
    link, token = invite(session, issue, wanted, by=OPERATOR, now=now)
    return Guest(token=token, link_id=link.id, cookie=bind(link, now=now))


def _like(session: Session, written: Issue, state: str, now: datetime) -> Issue:
    facts: dict[str, Any] = {name: getattr(written, name) for name in ("list_id", "languages", "subject", "preview_text")}
    issue = Issue(**facts, slug=f"{written.slug}-{state.replace('_', '-')}", state=state, created_at=now, updated_at=now)
    issue.sections = [
        IssueSection(uid=row.uid, position=row.position, kind=row.kind, content=row.content, updated_at=now, updated_by=row.updated_by)
        for row in written.sections
    ]
    session.add(issue)
    session.flush()
    session.refresh(issue, ["mailing_list", "sections"])
    return issue


def _live_through(session: Session, issue: Issue, state: str, user_id: int, now: datetime) -> None:
    issue.state = state
    issue.scheduled_at = now + timedelta(days=3) if state == "scheduled" else now if state in HANDED_OUT else None
    issue.started_at = now if state in HANDED_OUT else None
    issue.finished_at = now if state == "sent" else None
    session.add_all(IssueEvent(issue_id=issue.id, at=now, action=action, actor="Ada", user_id=user_id) for action in LIVES[state])


def _compiled(session: Session, house: House, issue: Issue, now: datetime) -> Mapping[str, Any]:
    return prepare_renditions(session, house.keys, house.settings.public_url, issue, now=now)


def _gather(session: Session, issue: Issue, number: int, user_id: int, now: datetime) -> None:
    """Comments with answers, guests, proposals, milestones, sign-offs, versions, notices: of each so many."""
    uids = [row.uid for row in issue.sections]
    threads = [
        Comment(issue_id=issue.id, uid=uids[count % len(uids)], at=now, actor="Ada", user_id=user_id, text=f"Remark {count}")
        for count in range(number)
    ]
    session.add_all(threads)
    session.flush()
    for count, thread in enumerate(threads):
        session.add(Comment(issue_id=issue.id, uid=thread.uid, reply_to=thread.id, at=now, actor="Ben", text=f"Answer {count}"))
        session.add(_guest(issue, count, user_id, now))
        session.add(_milestone(issue, count, user_id, now))
        session.add(_proposal(issue, count, user_id, now))
        session.add(_signoff(issue, count, uids, user_id, now))
        session.add(_notice(issue, count, user_id, now))
    _add_versions(session, issue, number, user_id, now)
    _add_moves(session, issue, number, user_id, now)


def _guest(issue: Issue, count: int, user_id: int, now: datetime) -> GuestLink:
    return GuestLink(
        issue_id=issue.id, purpose="comment", language="fr", name=f"Guest {count}", email=f"guest{count}@city.example",
        digest=f"{issue.id:032x}{count:032x}", created_at=now, created_by="Ada", user_id=user_id, expires_at=now + timedelta(days=30),
    )  # fmt: skip


def _milestone(issue: Issue, count: int, user_id: int, now: datetime) -> Milestone:
    kind = KINDS[count % len(KINDS)]
    return Milestone(
        issue_id=issue.id, kind=kind, title=f"Step {count}" if kind == "own" else "", language="fr" if kind == "translation" else "",
        due_at=now + timedelta(hours=count - 5), owner_id=1 + count % (user_id + 1),
    )  # fmt: skip


def _proposal(issue: Issue, count: int, user_id: int, now: datetime) -> Proposal:
    return Proposal(
        issue_id=issue.id, source=f"Report {count}.docx", language="en", position=count, kind="text", excerpt="What cities did",
        content={"title": "A report", "text": "<p>What cities did.</p>"}, created_at=now, actor="Ada", user_id=user_id,
    )  # fmt: skip


def _signoff(issue: Issue, count: int, uids: list[str], user_id: int, now: datetime) -> Signoff:
    return Signoff(
        issue_id=issue.id, key=f"language-{count % 8}", language=issue.languages[count % len(issue.languages)], sections=uids, at=now,
        actor=f"Colleague {count}", user_id=user_id + 2 + count, way="here", fingerprint="0" * 64,
        void_at=now if count % 2 else None, void_why="rewritten" if count % 2 else "",
    )  # fmt: skip


def _notice(issue: Issue, count: int, user_id: int, now: datetime) -> Notice:
    return Notice(
        user_id=user_id, issue_id=issue.id, says="commented", facts={"actor": f"Colleague {count}", "subject": issue.subject},
        key=f"bench:{issue.id}:{count}", created_at=now, due_at=now,
    )  # fmt: skip


def _add_versions(session: Session, issue: Issue, number: int, user_id: int, now: datetime) -> None:
    """A version of every section, and of the first so many more that the newest one is what stands."""
    session.execute(delete(SectionVersion).where(SectionVersion.issue_id == issue.id))
    for place, row in enumerate(issue.sections):
        row.version = number + 1 if place == 0 else 1
        for version in range(1, row.version + 1):
            at = now - timedelta(minutes=row.version - version)
            session.add(
                SectionVersion(
                    issue_id=issue.id, uid=row.uid, version=version, kind=row.kind, position=row.position, content=_written(row, version),
                    began_at=at, at=at, actor="Ada", user_id=user_id, how="write",
                )
            )  # fmt: skip


def _add_moves(session: Session, issue: Issue, number: int, user_id: int, now: datetime) -> None:
    """So many times, the last section was moved to the top, each time by somebody else than before."""
    uids = [row.uid for row in issue.sections]
    for count in range(number):
        by = Actor(name=f"Colleague {count}", user_id=user_id)
        keep_order(session, issue.id, [*uids[1:], uids[0]], uids, by=by, now=now - timedelta(hours=number - count), how="move")
        session.flush()


def _written(row: IssueSection, version: int) -> dict[str, Any]:
    """As it stands in the end, and before that in other words."""
    if version == row.version or "text" not in row.content:
        return row.content
    return {**row.content, "text": {"en": f"<p>The draft number {version} of this text.</p>"}}


def _add_short_ones(session: Session, list_ids: Sequence[int], number: int, now: datetime) -> None:
    states = tuple(LIVES)
    for count in range(number):
        issue = _short_one(count, list_ids[count // len(states) % len(list_ids)], states[count % len(states)], now)
        session.add(issue)
        session.flush()
        if issue.state == "sending":
            session.add(IssuePulse(issue_id=issue.id, counts={}, moved_at=now - timedelta(days=1)))


def _short_one(count: int, list_id: int, state: str, now: datetime) -> Issue:
    """Overdue where it is scheduled, stuck where it is being sent: what the page of health tells."""
    issue = Issue(
        list_id=list_id, slug=f"short-{count}", state=state, languages=["en", "fr"], subject={"en": f"Short {count}", "fr": "Bref"},
        created_at=now, updated_at=now, scheduled_at=now - timedelta(days=1) if state == "scheduled" else None,
        audience=1 if state in HANDED_OUT else None, notice="The mail server refused all." if state == "paused" else "",
    )  # fmt: skip
    content = {"title": "Hello", "text": "<p>Hello.</p>"}
    issue.sections = [
        IssueSection(uid=f"hello-{place}", position=place, kind="text", content=content, updated_at=now) for place in range(2)
    ]  # fmt: skip
    return issue


def _states_of(issue_state: str) -> Sequence[str]:
    """Of a sent issue nothing is open."""
    return CLOSED_STATES if issue_state == "sent" else sorted(DELIVERY_LIFECYCLE.states)


def _each(states: Sequence[str], number: int) -> list[str]:
    return [state for state in states for _ in range(number)]


def _letter(issue_id: int, person: int | None, kind: str, state: str, now: datetime) -> Delivery:
    troubled = state in ("failed", "deferred", "bounced")
    return Delivery(
        kind=kind, issue_id=issue_id, list_id=1, subscriber_id=person, address=f"reader{person}@town{person}.example",
        domain=f"town{person}.example", language="en", state=state, due_at=now, created_at=now, attempt=1, first_tried_at=now,
        reply_code=550 if troubled else None, reply=f"no such user {person}" if troubled else "", relay="outbox" if kind == "test" else "",
        reason=f"the line broke ({person})" if state == "uncertain" else "",
    )  # fmt: skip
