"""The second road: what alarms have to tell is handed to the web hook, tried again until it is taken or a day old."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from newsroom import outbound
from newsroom.alert_hook import load_hook
from newsroom.alerts import AlertMessage
from newsroom.db import change
from newsroom.errors import ConfigurationError, InvalidInput, NewsroomError
from newsroom.house import House
from newsroom.sendqueue.belonging import doubt_about
from newsroom.sendqueue.database_clock import read_clock

log = logging.getLogger(__name__)
LOOK_EVERY = 2.0
PATIENCE = 10.0
DELAYS = tuple(timedelta(seconds=seconds) for seconds in (15, 30, 60, 300, 900, 3600))
GIVEN_UP_AFTER = timedelta(hours=24)
KEPT_FOR = timedelta(days=30)
HEADINGS = {"trouble": "Trouble", "reminder": "Still", "recovery": "Over", "event": "Happened", "test": "Test"}
Post = Callable[..., outbound.Answer]


@dataclass(frozen=True, kw_only=True)
class Due:
    """A message that this process has taken to deliver; should it die now, the next try is after its delay."""

    id: int
    kind: str
    key: str
    facts: dict[str, Any]
    at: datetime
    url: str


class Messenger:
    """Delivers in the order of the messages; one that cannot be delivered holds up the next ones, which would fare the same."""

    def __init__(self, house: House, *, post: Post = outbound.post) -> None:
        self._house, self._post = house, post

    def step(self) -> bool:
        """Try the next message that is due; False when there is none."""
        due = self._take()
        if due is None:
            return False
        trouble = self._deliver(due)
        with self._house.database.transaction() as session:
            now = read_clock(session)
            closed = {"closed_at": now, "sent": True, "trouble": ""} if not trouble else {"trouble": trouble}
            change(session, update(AlertMessage).where(AlertMessage.id == due.id, AlertMessage.closed_at.is_(None)).values(closed))
        if trouble:
            log.warning("an alert could not be delivered: %s", trouble)
        return not trouble

    def _take(self) -> Due | None:
        with self._house.database.reading() as session:
            if session.scalar(select(AlertMessage.id).where(AlertMessage.closed_at.is_(None)).limit(1)) is None:
                return None
        # A copy of this database on another machine holds the same messages, and must ring nobody.
        if doubt_about(self._house) is not None:
            return None
        with self._house.database.transaction() as session:
            return _take(session, self._house)

    def _deliver(self, due: Due) -> str:
        """What went wrong, or nothing."""
        try:
            answer = self._post(due.url, json=payload(due, self._house), timeout=PATIENCE, inside_hosts=self._house.settings.inside_hosts)
        except InvalidInput as error:
            return error.problems[0].message
        except NewsroomError as error:
            return str(error)
        return "" if answer.is_good else f"the web hook answered {answer.status}"


def _take(session: Session, house: House) -> Due | None:
    now = read_clock(session)
    _tidy(session, now)
    first = session.scalar(
        select(AlertMessage).where(AlertMessage.closed_at.is_(None)).order_by(AlertMessage.id).limit(1).with_for_update()
    )
    if first is None or first.due_at > now:
        return None
    try:
        url = load_hook(session, house.settings, house.keys)
    except ConfigurationError as error:
        url, first.trouble = "", f"the address of the web hook {error}"
    if not url:
        first.closed_at = now
        return None
    first.due_at = now + DELAYS[min(first.tries, len(DELAYS) - 1)]
    first.tries += 1
    return Due(id=first.id, kind=first.kind, key=first.key, facts=first.facts, at=first.created_at, url=url)


def _tidy(session: Session, now: datetime) -> None:
    """Old news is no news."""
    late = update(AlertMessage).where(AlertMessage.closed_at.is_(None), AlertMessage.created_at < now - GIVEN_UP_AFTER)
    change(session, late.values(closed_at=now))
    change(session, delete(AlertMessage).where(AlertMessage.closed_at < now - KEPT_FOR))


def payload(due: Due, house: House) -> dict[str, Any]:
    """What the hook is given; `text` alone is enough for Slack, Mattermost and their like. Only ever added to."""
    issue = due.facts.get("issue")
    link = f"{house.settings.admin}/admin/issues/{issue}" if issue else f"{house.settings.admin}/admin/"
    times = due.facts.get("times") or 1
    more = f" ({times} times)" if due.kind == "event" and times > 1 else ""
    return {
        "version": 1,
        "id": due.id,
        "kind": due.kind,
        "key": due.key,
        "at": due.at.isoformat(timespec="seconds"),
        "since": due.facts.get("since"),
        "issue": issue,
        "link": link,
        "installation": house.settings.public_url,
        "message": due.facts["text"],
        "text": f"Newsroom, {HEADINGS.get(due.kind, due.kind)}: {due.facts['text']}{more} {link}",
    }


def send_test(house: House, url: str, *, now: datetime, post: Post = outbound.post) -> str:
    """Try the hook at once; what went wrong, or nothing."""
    facts = {"text": "This is a test: alerts of this Newsroom arrive here.", "since": now.isoformat(timespec="seconds")}
    return Messenger(house, post=post)._deliver(Due(id=0, kind="test", key="test", facts=facts, at=now, url=url))  # noqa: SLF001
