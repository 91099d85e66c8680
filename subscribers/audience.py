"""Who may be written to at this moment: the one query that decides, and the reasons for everybody it leaves out."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, String, and_, case, exists, func, literal, or_, select, true, type_coerce
from sqlalchemy.orm import Session

from newsroom.issues import Issue
from subscribers.models import Subscriber, Subscription, Suppression

#: Why somebody on a list gets no letter, in the order in which the reasons count; each person is counted once.
REASONS = ("withdrawn", "no_consent", "left", "paused", "suppressed", "undeliverable")


def audience(list_id: int, *, languages: Sequence[str], original: str) -> Select[int, int, str, str, str, tuple[str, ...] | None]:
    """Everyone who may receive now: subscriber_id, subscriber_version, address, domain, language, topics (NULL: all).

    `language` is the person's own where the issue is written in it, else the original.
    """
    return (
        select(
            Subscriber.id.label("subscriber_id"),
            Subscriber.version.label("subscriber_version"),
            Subscriber.address.label("address"),
            Subscriber.domain.label("domain"),
            _letter_language(languages, original).label("language"),
            Subscription.topics.label("topics"),
        )
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscription.list_id == list_id, may_receive())
    )


def may_receive() -> ColumnElement[bool]:
    """The condition on a joined Subscriber and Subscription: consented, active, deliverable, not suppressed."""
    return and_(
        Subscription.consent == "given",
        Subscription.state == "active",
        Subscriber.deliverability == "deliverable",
        ~_is_suppressed(),
    )


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Who would get an issue now: by each of its languages, and by the topics of its sections.

    `nothing_chosen`: who chose topics, and none of these.
    """

    by_language: dict[str, int]
    by_topic: dict[str, int]
    nothing_chosen: int

    @property
    def total(self) -> int:
        return sum(self.by_language.values())


def count_reach(session: Session, issue: Issue, topics: Sequence[str]) -> Reach:
    """One walk over the list's people; `topics` are those of the issue's sections."""
    people = audience(issue.list_id, languages=issue.languages, original=issue.original).subquery()
    chosen = literal(",").concat(type_coerce(people.c.topics, String)).concat(",")
    reads = [or_(people.c.topics.is_(None), chosen.contains(f",{topic},", autoescape=True)) for topic in topics]
    gets = or_(*reads) if reads else true()
    columns = [func.sum(case((gets, 1), else_=0)), *(func.sum(case((one, 1), else_=0)) for one in reads)]
    rows = session.execute(select(people.c.language, func.count(), *columns).group_by(people.c.language)).all()
    found = {row[0]: int(row[2]) for row in rows}
    return Reach(
        by_language={language: found.get(language, 0) for language in issue.languages},
        by_topic={topic: sum(int(row[3 + place]) for row in rows) for place, topic in enumerate(topics)},
        nothing_chosen=sum(int(row[1]) - int(row[2]) for row in rows),
    )


def count_left_out(session: Session, list_id: int) -> dict[str, int]:
    """How many people of a list would get nothing now, by reason (see REASONS); only reasons that apply."""
    reason = _reason()
    counted = (
        select(reason, func.count())
        .select_from(Subscription)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Subscription.list_id == list_id, ~may_receive())
        .group_by(reason)
    )
    found = dict(session.execute(counted).all())
    return {name: found[name] for name in REASONS if name in found}


def _letter_language(languages: Sequence[str], original: str) -> ColumnElement[str]:
    return case((Subscriber.language.in_(tuple(languages)), Subscriber.language), else_=original)


def _is_suppressed() -> ColumnElement[bool]:
    return exists().where(Suppression.address_hash == Subscriber.address_hash)


def _reason() -> ColumnElement[str]:
    return case(
        (Subscription.consent == "withdrawn", "withdrawn"),
        (Subscription.consent != "given", "no_consent"),
        (Subscription.state == "left", "left"),
        (Subscription.state == "paused", "paused"),
        (_is_suppressed(), "suppressed"),
        else_="undeliverable",
    ).label("reason")
