"""What the issue page shows of a sending: what was refused and why, what is uncertain, what is slow, and who did what."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup, escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.retelling import retold
from admin.speaking import t, tp
from admin.wording import spoken
from admin.words.catalogue import CATALOGUE, FIRST
from newsroom.deliveries import Delivery, in_state
from newsroom.issues import Issue, IssueEvent
from newsroom.sendqueue.domain_waits import WaitingDomain
from newsroom.sendqueue.explaining import RefusalClass, by_class
from newsroom.sendqueue.progress import Progress, refusals_of
from newsroom.sendqueue.refusal_table import EXPLANATIONS
from newsroom.sendqueue.situation import Situation, uncertain_reasons

UNCERTAIN_SHOWN = 10
#: Moves whose details are addresses, code hashes or figures of a start: not for everybody, or for nobody.
OF_PEOPLE = frozenset({"test", "copy", "resolve"})
#: What Newsroom itself gives as its reason; a person's own words stay as they are.
OF_NEWSROOM = frozenset({"halt", "refuse"})
SILENT = frozenset({"approve", "fanned_out", "extend"})
#: What newsroom.sendqueue.repeating keeps of these.
TRIED = re.compile(r"(?P<number>\d+): (?P<classes>[a-z_, ]+)")
EXTENDED = re.compile(r"(?P<joined>\d+) joined, (?P<resent>\d+) uncertain")


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One line of the history."""

    at: datetime
    actor: str
    words: Markup
    detail: str


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """`uncertain` are the first few of them."""

    classes: Sequence[RefusalClass]
    uncertain: Sequence[Delivery]
    uncertain_reasons: Sequence[tuple[str, int]]
    slow: Sequence[WaitingDomain]
    history: Sequence[Deed]

    @property
    def retriable(self) -> int:
        return sum(one.failed for one in self.classes)


def aftermath_of(
    session: Session, issue: Issue, progress: Progress, situation: Situation, events: Sequence[IssueEvent], *, sees_people: bool
) -> Aftermath:
    """In a fixed number of queries; those whose answer the counts already give are not asked."""
    refused = progress.counts.get("failed") or progress.counts.get("deferred")
    doubtful = progress.counts.get("uncertain")
    return Aftermath(
        classes=by_class(refusals_of(session, issue.id)) if refused else (),
        uncertain=_uncertain(session, issue.id) if doubtful and sees_people else (),
        uncertain_reasons=uncertain_reasons(session, issue.id) if doubtful else (),
        slow=situation.slow,
        history=history_of(events, sees_people=sees_people, zone=issue.mailing_list.timezone),
    )


def history_of(events: Sequence[IssueEvent], *, sees_people: bool, zone: str) -> list[Deed]:
    """The newest first."""
    return [_deed(event, sees_people=sees_people, zone=zone) for event in reversed(events) if event.action != "extend" or not event.detail]


def _deed(event: IssueEvent, *, sees_people: bool, zone: str) -> Deed:
    hidden = event.action in SILENT or (event.action in OF_PEOPLE and not sees_people)
    return Deed(at=event.at, actor=event.actor, words=_words_for(event.action), detail="" if hidden else _detail(event, zone))


def _words_for(action: str) -> Markup:
    """What a move is called; one that has no words is shown as it is named."""
    return t(f"deed.{action}") if f"deed.{action}" in CATALOGUE[FIRST] else escape(action.replace("_", " "))


def _detail(event: IssueEvent, zone: str) -> str:
    """What the core kept beside a move, as people say it."""
    if event.action == "schedule":
        return _time(event.detail, zone)
    if event.action == "retry" and (tried := TRIED.fullmatch(event.detail)):
        reasons = [_title(key) for key in tried["classes"].split(", ")]
        return tp("detail.reasons", n=int(tried["number"]), reasons=", ".join(reasons))
    if event.action == "send_to_missing" and (sent := EXTENDED.fullmatch(event.detail)):
        return tp("detail.extended", joined=int(sent["joined"]), resent=int(sent["resent"]))
    return retold(event.detail) if event.action in OF_NEWSROOM else event.detail


def _time(instant: str, zone: str) -> str:
    try:
        return spoken(datetime.fromisoformat(instant), zone)
    except ValueError:
        return instant


def _title(refusals: str) -> str:
    if refusals == "all":
        return tp("detail.all")
    return tp(f"refusal.title.{refusals}") if refusals in EXPLANATIONS else refusals


def _uncertain(session: Session, issue_id: int) -> Sequence[Delivery]:
    chosen = select(Delivery).where(Delivery.issue_id == issue_id, Delivery.kind == "issue", in_state("uncertain"))
    return session.scalars(chosen.order_by(Delivery.id).limit(UNCERTAIN_SHOWN)).all()
