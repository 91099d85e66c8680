"""Sign-offs: which ones an issue needs, who has given them, what is lacking; the last one approves the issue.

A list says which sign-offs its issues need, once or per language, and by whom. Where two or more people may give one, nobody
covers what they wrote last: two who each wrote half of an issue approve it together.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from newsroom.approval import approve_issue, check_approvable, refuse_own_work, shared_facts
from newsroom.checks.accepting import accept, errors, open_warnings, print_of
from newsroom.checks.base import Finding
from newsroom.checks.gathering import findings_of
from newsroom.checks.saying import hint, message
from newsroom.errors import InvalidInput, NotFound, Problem, Refused
from newsroom.fronts import FRONT
from newsroom.given_signoffs import LIST_CHANGED, Signoff, signoffs_of, void_signoffs
from newsroom.issues import ISSUE_LIFECYCLE, Actor, Issue, hold
from newsroom.keys import KeyRing
from newsroom.mailing_lists import MailingList
from newsroom.preparing import canonical
from newsroom.rendering.source import load_source

#: What a list asks for that says nothing of its own: one approval of everything, by anybody who may approve.
ONE_APPROVAL = "approval"
HERE, BY_GUEST, BY_MAIL = "here", "guest", "email"


@dataclass(frozen=True, kw_only=True)
class Required:
    """A sign-off that an issue needs. `name` is "" for the one approval; `language` "" for all; `people` empty for all who may approve."""

    key: str
    name: str
    language: str
    people: tuple[int, ...]

    def eligible(self, approvers: Collection[int]) -> frozenset[int]:
        """Who may give it: those named, as far as they still may approve; everybody who may, where none of them does."""
        return frozenset(self.people) & frozenset(approvers) or frozenset(approvers)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where one required sign-off is: what was given, and the sections that nobody has covered yet (FRONT: subject and preview text)."""

    required: Required
    given: tuple[Signoff, ...]
    lacking: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        return bool(self.given) and not self.lacking


@dataclass(frozen=True, kw_only=True)
class Signed:
    """Written down; the issue waits for what is lacking. `voided` older sign-offs were given to other letters than these."""

    standing: tuple[Standing, ...]
    voided: int = 0


@dataclass(frozen=True, kw_only=True)
class Complete:
    """That was the last one: the issue is approved."""


@dataclass(frozen=True, kw_only=True)
class Unaccepted:
    """Nothing was signed: the checks warn of this, and nobody has let it pass with a reason."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class Paper:
    """The mail in which an approval came."""

    name: str
    data: bytes


def specs_of(mailing_list: MailingList) -> Sequence[dict[str, Any]]:
    return mailing_list.signoffs or [{"key": ONE_APPROVAL}]


def required_of(issue: Issue) -> tuple[Required, ...]:
    """In the order of the list's settings; per language in the order of the issue's languages."""
    return tuple(one for spec in specs_of(issue.mailing_list) for one in _required(spec, issue.languages))


def standing_of(session: Session, issue: Issue) -> tuple[Standing, ...]:
    valid = [one for one in signoffs_of(session, issue.id) if one.void_at is None]
    parts = [uid for uid, _ in _parts(issue)]
    return tuple(_standing(required, valid, parts) for required in required_of(issue))


def would_cover(issue: Issue, standing: Standing, approvers: Collection[int], user_id: int | None) -> tuple[str, ...]:
    """What this person's word would add: nothing where they may not give it, and not what they wrote where others may."""
    eligible = standing.required.eligible(approvers)
    if user_id is not None and user_id not in eligible:
        return ()
    own = {uid for uid, writer in _parts(issue) if writer is not None and writer == user_id} if eligible - {user_id} else set()
    covered = tuple(uid for uid in standing.lacking if uid not in own)
    # A subject that nobody in particular wrote goes with the sections: alone it is no reason to sign.
    return () if covered == (FRONT,) != standing.lacking and issue.front_by is None else covered


def sign(
    session: Session, issue: Issue, *, only: tuple[str, str] | None = None, approvers: Collection[int], keys: KeyRing, public_url: str,
    by: Actor, now: datetime, way: str = HERE, reason: str = "", warned: str = "", note: str = "", paper: Paper | None = None,
) -> Signed | Complete | Unaccepted:  # fmt: skip
    """Give the sign-off (key, language), or every one that this person may give; the last one approves the issue, here and now.

    What the checks warn of passes with the `reason`, as long as it is what was read (`warned`: its print, where a page tells it); what
    they find wrong stops it. `approvers` are all who may approve issues of
    this list. Whoever comes by a guest's link or by mail, and the operator, covers all.
    """
    # Of two last sign-offs at once, the second sees the first. A move of the issue waits for both.
    hold(session, issue)
    ISSUE_LIFECYCLE.after(issue.state, "approve")
    shown = fingerprint_of(session, issue, public_url)
    voided = void_signoffs(session, issue.id, why=LIST_CHANGED, now=now, besides=shown)
    chosen = _chosen(standing_of(session, issue), only)
    covered = {place: _cover(issue, standing, approvers, by, way) for place, standing in enumerate(chosen)}
    if not any(covered.values()):
        raise _nothing_to_sign(issue, chosen, approvers, by, way)
    found = findings_of(session, issue, keys=keys, public_url=public_url, now=now)
    if still_open := _settle(issue, found, reason=reason, warned=warned, by=by, now=now):
        return Unaccepted(findings=still_open)
    for place, uids in covered.items():
        if uids:
            signoff = _signoff(issue, chosen[place].required, uids, by=by, now=now, way=way)
            signoff.fingerprint, signoff.note = shown, note
            signoff.paper, signoff.paper_name = (paper.data, paper.name) if paper else (None, "")
            session.add(signoff)
    session.flush()
    standing = standing_of(session, issue)
    if all(one.is_complete for one in standing):
        approve_issue(session, issue, keys=keys, public_url=public_url, by=by, now=now)
        return Complete()
    check_approvable(session, issue, keys=keys, public_url=public_url)
    return Signed(standing=standing, voided=voided)


def fingerprint_of(session: Session, issue: Issue, public_url: str) -> str:
    """One number for all that the letters are made from: the content, and what the list adds to it."""
    shown = [canonical(load_source(session, issue, public_url=public_url)), shared_facts(issue, issue.mailing_list)]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def _required(spec: dict[str, Any], languages: Sequence[str]) -> Iterable[Required]:
    wanted = [one for one in languages if one in spec.get("languages", ()) or not spec.get("languages")]
    for language in wanted if spec.get("per_language") else [""]:
        yield Required(key=spec["key"], name=spec.get("name", ""), language=language, people=tuple(spec.get("user_ids", ())))


def _parts(issue: Issue) -> list[tuple[str, int | None]]:
    """All that is signed for, with who wrote it last: the issue's own words, and every section."""
    return [(FRONT, issue.front_by), *((section.uid, section.updated_by) for section in issue.sections)]


def _standing(required: Required, valid: Sequence[Signoff], parts: Sequence[str]) -> Standing:
    given = tuple(one for one in valid if (one.key, one.language) == (required.key, required.language))
    covered = {uid for one in given for uid in one.sections}
    return Standing(required=required, given=given, lacking=tuple(uid for uid in parts if uid not in covered))


def _settle(issue: Issue, found: Sequence[Finding], *, reason: str, warned: str, by: Actor, now: datetime) -> tuple[Finding, ...]:
    """The warnings that still stand, after those that pass with this reason. InvalidInput with what stops the issue."""
    if stops := errors(found):
        raise InvalidInput(
            [Problem(place=f"section {one.number}" if one.number else "", message=message(one), hint=hint(one)) for one in stops]
        )
    if reason.strip() and warned in ("", print_of(open_warnings(issue, found))):
        accept(issue, found, reason=reason, by=by, now=now)
    return open_warnings(issue, found)


def _chosen(standing: Sequence[Standing], only: tuple[str, str] | None) -> list[Standing]:
    chosen = [one for one in standing if only is None or (one.required.key, one.required.language) == only]
    if not chosen:
        raise NotFound("This list no longer asks for that sign-off; look at the page again.")
    return chosen


def _cover(issue: Issue, standing: Standing, approvers: Collection[int], by: Actor, way: str) -> tuple[str, ...]:
    return would_cover(issue, standing, approvers, by.user_id) if way == HERE and by.user_id is not None else standing.lacking


def _nothing_to_sign(issue: Issue, chosen: Sequence[Standing], approvers: Collection[int], by: Actor, way: str) -> Refused:
    if all(one.is_complete for one in chosen) or way != HERE:
        return Refused("This is signed already; it waits for somebody else.")
    if not any(by.user_id in one.required.eligible(approvers) for one in chosen):
        return Refused(f"{by.name} is not one of those who give this sign-off.")
    if any(one.given and one.given[-1].user_id == by.user_id for one in chosen):
        return Refused("You have signed this already. What you wrote yourself waits for somebody else.")
    refuse_own_work(issue, by)
    return Refused(f"The subject was last written by {by.name}: somebody else approves what one wrote.")


def _signoff(issue: Issue, required: Required, uids: Sequence[str], *, by: Actor, now: datetime, way: str) -> Signoff:
    return Signoff(
        issue_id=issue.id, key=required.key, language=required.language, sections=list(uids), at=now, actor=by.name, user_id=by.user_id,
        guest_id=by.guest_id, way=way,
    )  # fmt: skip
