"""Just before an issue leaves, its links are tried once more, in a thread beside the clock: what is broken is told, nothing is stopped."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from newsroom.alerts import Trouble, report
from newsroom.db import said_by
from newsroom.house import House
from newsroom.issues import Issue, get_issue
from newsroom.link_asking import LinkRound, ask_all
from newsroom.link_hosts import host_of, is_worth_asking
from newsroom.link_states import Broken, LastRound, addresses_of, claim_round, keep_round, open_for
from newsroom.local_times import spoken
from newsroom.outbound import Resolver
from newsroom.sendqueue.belonging import doubt_about
from newsroom.sendqueue.database_clock import read_clock

log = logging.getLogger(__name__)
LOOK_EVERY = 5.0
AHEAD = timedelta(minutes=15)
#: Where there was no network.
AGAIN_AFTER = timedelta(minutes=2)
SECONDS_TOGETHER = 60.0
#: What is sent at once is sooner under way than its links are tried: it can still be paused.
STATES = ("scheduled", "starting", "sending")
MOST_NAMED = 5
#: Whoever may stop the issue is told; this package knows no people.
Tell = Callable[[House, Session, Issue, tuple[Broken, ...], datetime], None]


def tell_nobody(house: House, session: Session, issue: Issue, broken: tuple[Broken, ...], now: datetime) -> None:
    """Where nobody is named: the alarm and the issue's page say it all the same."""


def watch_links(house: House, stop: threading.Event, tell: Tell = tell_nobody) -> None:
    """Begin, in a thread of its own: other people's servers may not hold up a start."""
    threading.Thread(target=LinkWatch(house, tell=tell).run, args=(stop,), name="links", daemon=True).start()


@dataclass(frozen=True, kw_only=True)
class Due:
    """An issue that leaves soon, and the pages that its letters lead to."""

    issue_id: int
    pages: tuple[str, ...]


class LinkWatch:
    """`run` until told to stop; whatever fails is tried again."""

    def __init__(self, house: House, *, tell: Tell = tell_nobody, resolve: Resolver | None = None) -> None:
        self._house, self._tell, self._resolve = house, tell, resolve

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.step()
            except SQLAlchemyError as error:
                log.warning("trying the links waits for the database: %s", said_by(error))
            except Exception:
                log.exception("trying the links broke down")
            stop.wait(LOOK_EVERY)

    def step(self) -> tuple[int, ...]:
        """One round for everything that leaves soon and was not tried for that; no transaction is open while others are asked."""
        due = self._claim()
        if not due:
            return ()
        pages = dict.fromkeys(page for one in due for page in one.pages)
        found = ask_all(pages, inside_hosts=self._house.settings.inside_hosts, resolve=self._resolve, seconds=SECONDS_TOGETHER)
        for one in due:
            self._keep(one, found)
        return tuple(one.issue_id for one in due)

    def _claim(self) -> list[Due]:
        with self._house.database.reading() as session:
            now = read_clock(session)
            waiting = _leaving(session, now)
        # A copy of this database on another machine holds the same issues, and is none of their senders.
        if not waiting or doubt_about(self._house) is not None:
            return []
        with self._house.database.transaction() as session:
            mine = [
                issue_id
                for issue_id, send_at in waiting.items()
                if claim_round(session, issue_id, send_at=send_at, again_after=AGAIN_AFTER, now=now)
            ]
            return [Due(issue_id=issue_id, pages=self._pages(session, issue_id)) for issue_id in mine]

    def _pages(self, session: Session, issue_id: int) -> tuple[str, ...]:
        settings = self._house.settings
        own, inside = host_of(settings.public_url), settings.inside_hosts
        return tuple(page for page in addresses_of(session, issue_id) if is_worth_asking(page, own_host=own, inside_hosts=inside))

    def _keep(self, due: Due, found: LinkRound) -> None:
        answers = {page: found.answers[page] for page in due.pages if page in found.answers}
        with self._house.database.transaction() as session:
            now = read_clock(session)
            broken = keep_round(session, due.issue_id, answers, is_offline=found.is_offline, now=now)
            if broken:
                issue = get_issue(session, due.issue_id)
                report(session, f"links:{issue.id}", Trouble(text=sentence(issue, broken), issue_id=issue.id), now=now)
                self._tell(self._house, session, issue, broken, now)


def _leaving(session: Session, now: datetime) -> Mapping[int, datetime]:
    """Issues whose links are to be tried now, with the time they leave at."""
    soon = Issue.state.in_(STATES), Issue.scheduled_at <= now + AHEAD, Issue.scheduled_at >= now - AHEAD
    untried = LastRound.id.is_(None) | open_for(Issue.scheduled_at, again_after=AGAIN_AFTER, now=now)
    wanted = select(Issue.id, Issue.scheduled_at).outerjoin(LastRound, LastRound.issue_id == Issue.id).where(*soon, untried)
    found = session.execute(wanted.order_by(Issue.scheduled_at, Issue.id))
    return {issue_id: send_at for issue_id, send_at in found if send_at is not None}


def sentence(issue: Issue, broken: tuple[Broken, ...]) -> str:
    """For whoever gets the alarms; the page of the issue says the same."""
    named = "; ".join(f"{one.url} ({one.detail})" for one in broken[:MOST_NAMED])
    more = f"; and {len(broken) - MOST_NAMED} more" if len(broken) > MOST_NAMED else ""
    links = "a link" if len(broken) == 1 else f"{len(broken)} links"
    return f"Issue {issue.id} ({issue.slug}): readers cannot open {links}: {named}{more}. {_next_step(issue)}"


def _next_step(issue: Issue) -> str:
    if issue.state != "scheduled" or issue.scheduled_at is None:
        return "It is leaving now; pause it if that must not be."
    when = spoken(issue.scheduled_at, issue.mailing_list.timezone)
    return f"It goes out at {when} all the same; unschedule and reopen it to put that right."
