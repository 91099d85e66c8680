"""Looking after it all: a thread beside the clock feels whether issues move, raises and clears alarms, and has them delivered."""

import logging
import threading
import time
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from newsroom.alerts import Alarm, Trouble, settle
from newsroom.db import said_by
from newsroom.house import House
from newsroom.issues import Issue
from newsroom.sendqueue import pulse
from newsroom.sendqueue.alerting import LOOK_EVERY as DELIVER_EVERY
from newsroom.sendqueue.alerting import Messenger
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.progress import progress_of
from newsroom.sendqueue.status import Finding, take_status

log = logging.getLogger(__name__)
LOOK_EVERY = 10.0
FEEL_EVERY = 60.0
#: What a restart brings with it and takes away again is not told.
PATIENCE = {"worker": timedelta(seconds=60), "clock": timedelta(seconds=60), "express": timedelta(seconds=30)}


def watch(house: House, stop: threading.Event) -> None:
    """Begin, in a thread of its own: neither a slow web hook nor a long look may hold up the clock."""
    threading.Thread(target=Watch(house).run, args=(stop,), name="watch", daemon=True).start()


class Beat:
    """The clock's sign of life, written every few seconds once it has gone round."""

    def __init__(self, house: House) -> None:
        self._house, self._beaten_at = house, float("-inf")

    def step(self, now: datetime) -> None:
        if time.monotonic() - self._beaten_at >= pulse.BEAT_EVERY.total_seconds():
            with self._house.database.transaction() as session:
                pulse.beat(session, now=now)
            self._beaten_at = time.monotonic()


class Watch:
    """`run` until told to stop; whatever fails is tried again."""

    def __init__(self, house: House, *, messenger: Messenger | None = None) -> None:
        self._house, self._messenger = house, messenger or Messenger(house)
        self._looked_at = self._felt_at = float("-inf")
        self._seen: dict[str, datetime] = {}

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(DELIVER_EVERY):
            try:
                self.step()
            except SQLAlchemyError as error:
                log.warning("the watch waits for the database: %s", said_by(error))
            except Exception:
                log.exception("looking after it all broke down")

    def step(self) -> None:
        """Look, if it is time to; then deliver what there is to be told."""
        if time.monotonic() - self._looked_at >= LOOK_EVERY:
            self._looked_at = time.monotonic()
            with self._house.database.reading() as session:
                now = read_clock(session)
            self.look(now)
        while self._messenger.step():
            pass

    def look(self, now: datetime) -> None:
        """Feel and look, and make the alarms what is found."""
        if time.monotonic() - self._felt_at >= FEEL_EVERY:
            self._felt_at = time.monotonic()
            with self._house.database.transaction() as session:
                feel(session, now=now)
        with self._house.database.reading() as session:
            findings = take_status(session, self._house, now=now).findings
            unsettled = session.scalar(select(Alarm.id).where(Alarm.cleared_at.is_(None)).limit(1)) is not None
        found = self._lasting(findings, now)
        if found or unsettled:
            with self._house.database.transaction() as session:
                settle(session, found, now=now)

    def _lasting(self, findings: tuple[Finding, ...], now: datetime) -> dict[str, Trouble]:
        """What is wrong and has been for long enough to be told."""
        wrong = {finding.key or finding.check: finding for finding in findings if finding.level == "error"}
        self._seen = {key: self._seen.get(key, now) for key in wrong}
        return {
            key: Trouble(text=str(finding), issue_id=finding.issue_id)
            for key, finding in wrong.items()
            if now - self._seen[key] >= PATIENCE.get(finding.check, timedelta())
        }


def feel(session: Session, *, now: datetime) -> None:
    """Whether each issue under way has moved since the last time."""
    sending = list(session.scalars(select(Issue.id).where(Issue.state == "sending").order_by(Issue.id)))
    for issue_id in sending:
        pulse.feel(session, issue_id, progress_of(session, issue_id).counts, now=now)
    pulse.forget_pulses(session, sending)
