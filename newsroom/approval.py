"""Approval: exactly these bytes, in every language, by someone who may, and nothing that the law or the mail forbids."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from newsroom import issues
from newsroom.errors import InvalidInput, Problem, Refused
from newsroom.issues import ISSUE_LIFECYCLE, Actor, Issue
from newsroom.keys import KeyRing
from newsroom.link_states import collect
from newsroom.localized import best_wording, in_language, native_name
from newsroom.mailing_lists import MailingList
from newsroom.preparing import Prepared, keep, prepare
from newsroom.rendering.plan import Plan
from newsroom.rendering.source import load_source
from newsroom.renditions import Rendition
from newsroom.section_writing import tell_events


def approve_issue(session: Session, issue: Issue, *, keys: KeyRing, public_url: str, by: Actor, now: datetime) -> None:
    """Compile, keep and approve. InvalidInput with everything that stands against it; who may is asked by newsroom.signoffs."""
    ISSUE_LIFECYCLE.after(issue.state, "approve")
    tell_events(session, issue, now=now)
    prepared = check_approvable(session, issue, keys=keys, public_url=public_url)
    renditions = keep(session, issue, prepared, now=now)
    collect(session, issue.id, [link.url for letter in prepared.values() for link in letter.compiled.links if link.section is not None])
    issues.approve(session, issue, renditions, by=by, now=now, content_hash=content_hash(issue, renditions))


def check_approvable(session: Session, issue: Issue, *, keys: KeyRing, public_url: str) -> dict[str, Prepared]:
    """The letters that approving now would keep. InvalidInput or CompileError with what stands against it, whoever approves."""
    _refuse_problems(facts_missing(issue))
    prepared = prepare(load_source(session, issue, public_url=public_url), issue.mailing_list, keys)
    _refuse_problems(letters_lacking(prepared))
    return prepared


def refuse_own_work(issue: Issue, by: Actor) -> None:
    """Four eyes: Refused when this person was the last to write a section."""
    own = [number for number, section in enumerate(issue.sections, start=1) if by.user_id is not None and section.updated_by == by.user_id]
    if own:
        raise Refused(f"{_sections(own)} last written by {by.name}: somebody else approves what one wrote.")


def _sections(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"Section {numbers[0]} was"
    return f"Sections {', '.join(map(str, numbers[:-1]))} and {numbers[-1]} were"


def facts_missing(issue: Issue) -> Iterator[Problem]:
    """What no letter may go without, before anything is compiled."""
    mailing_list = issue.mailing_list
    if not issue.languages:
        yield Problem(place="languages", message="the issue has none.")
    if not issue.sections:
        yield Problem(place="sections", message="the issue has none.", hint="Write at least one.")
    if best_wording(mailing_list.postal_address, (), original=mailing_list.original) is None:
        yield Problem(
            place="postal address", message="the list has none, and the law asks for one in every letter.", hint="See the list's settings."
        )
    for language in issue.languages:
        if not (in_language(issue.subject, language, original=issue.original) or "").strip():
            yield Problem(place=f"subject ({language})", message=f"the {native_name(language)} version has no subject.")


def letters_lacking(prepared: Mapping[str, Prepared]) -> Iterator[Problem]:
    """Parts of compiled letters without a way out of the list."""
    for language, letter in prepared.items():
        for part, encoder in (("HTML", "html"), ("text", "text")):
            if not always_links(letter.plan, "unsubscribe_url", encoder):
                yield Problem(place=f"{part} part ({language})", message="there is no link to unsubscribe, and the law asks for one.")


def always_links(plan: Plan, field: str, encoder: str) -> bool:
    """Whether every reader's copy of this part holds this slot, whatever topics they chose."""
    return any(
        isinstance(piece.content, int) and (slot := plan.slots[piece.content]).field == field and slot.encoder == encoder
        and (piece.span < 0 or not plan.spans[piece.span].topics)
        for piece in plan.pieces
    )  # fmt: skip


def content_hash(issue: Issue, renditions: Mapping[str, Rendition]) -> str:
    """What is approved, as one number: the bytes of every language and the facts they share."""
    approved = {"facts": shared_facts(issue, issue.mailing_list), "letters": {name: kept.fingerprint for name, kept in renditions.items()}}
    return hashlib.sha256(json.dumps(approved, sort_keys=True).encode()).hexdigest()


def shared_facts(issue: Issue, mailing_list: MailingList) -> dict[str, object]:
    return {
        "list": mailing_list.slug,
        "issue": issue.slug,
        "from_name": mailing_list.from_name,
        "from_address": mailing_list.from_address,
        "reply_to": mailing_list.reply_to or "",
        "postal_address": mailing_list.postal_address,
    }


def _refuse_problems(found: Iterator[Problem]) -> None:
    if problems := list(found):
        raise InvalidInput(problems)
