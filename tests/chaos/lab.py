"""One installation under trial: a database, a mail server that keeps its own account, the processes, and everybody's time.

`shared` is a folder that every user of the machine may look into."""

import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from newsroom import schema
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.house import House, open_house
from newsroom.issues import Issue
from newsroom.sendqueue.broker import doorbell
from newsroom.sendqueue.sessions import WorkerSession
from newsroom.settings import load_settings
from subscribers.models import Subscriber
from tests.chaos.account import NOBODY_RENAMED, Account, Witness, draw_up
from tests.chaos.crew import Crew, SinkProcess
from tests.chaos.faults import Rule, dump_rules
from tests.sending import add_people, add_renditions, eventually, make_sendable_issue, states
from tests.services import PostgreSQL, RedisServer, free_port

AT_ONCE = 10_000
PAUSE = 0.05


@dataclass
class Lab:
    """Everything that a trial needs at hand. `chance` draws every lot from the seed."""

    folder: Path
    seed: int
    connections: int
    facts: dict[str, str]
    house: House
    crew: Crew
    sink: SinkProcess
    cluster: PostgreSQL | None
    redis_server: RedisServer | None
    shared: Path
    issues: list[int] = field(default_factory=list)
    people: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.witness = Witness(self.sink.folder)

    def play(self, *rules: Rule) -> None:
        """From now on the mail server plays these parts, and no others."""
        before = sum(event["event"] == "rules" for event in self.witness.events())
        (self.sink.folder / "rules.json").write_text(dump_rules(rules))
        self.sink.reread()
        self.wait(lambda: sum(event["event"] == "rules" for event in self.witness.events()) > before, 60)

    def issue(self, people: int, *, slug: str = "spring", state: str = "scheduled", padding: int = 0) -> int:
        """An issue that is due now, and its audience."""
        with self.house.database.transaction() as session:
            made = make_sendable_issue(
                session, self.house, people=min(people, AT_ONCE), now=utc_now(), slug=slug, padding=padding, state="draft"
            )
            issue_id, list_id = made.id, made.list_id
        for first in range(AT_ONCE, people, AT_ONCE):
            with self.house.database.transaction() as session:
                add_people(session, self.house, list_id, min(AT_ONCE, people - first), now=utc_now())
        if self.cluster is not None:
            # A real installation has its statistics by the time it sends; a load of a minute ago has not.
            with self.house.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("ANALYZE"))
        with self.house.database.transaction() as session:
            session.execute(update(Issue).where(Issue.id == issue_id).values(state=state, scheduled_at=utc_now()))
            first, last = session.execute(select(func.min(Subscriber.id), func.max(Subscriber.id))).one()
            self.people = first, last
        self.issues.append(issue_id)
        return issue_id

    def more_issues(self, number: int, *, of: int, at: Callable[[], object] = utc_now) -> list[int]:
        """Further issues to the people of that one's list, all due at the same instant."""
        due, made = at(), []
        with self.house.database.transaction() as session:
            list_id = session.get_one(Issue, of).list_id
            for place in range(number):
                issue = Issue(
                    list_id=list_id, slug=f"further-{place}", state="scheduled", languages=["en"], subject="News", created_at=utc_now(),
                    updated_at=utc_now(), approved_at=utc_now(), scheduled_at=due, content_hash="0",
                )  # fmt: skip
                session.add(issue)
                session.flush()
                add_renditions(session, issue, now=utc_now())
                made.append(issue.id)
        self.issues += made
        return made

    def wait(self, holds: Callable[[], object], seconds: float = 120) -> float:
        """Until it holds; how long that took. Fails with the processes' own words."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > seconds:
                raise AssertionError(f"it did not come true within {seconds:g} s; states {self.states()}\n{self.crew.last_words}")
            time.sleep(PAUSE)
        return time.monotonic() - began

    def wait_for_letters(self, number: int, seconds: float = 120) -> float:
        return self.wait(lambda: self.witness.kept() >= number, seconds)

    def wait_until(self, state: str, seconds: float = 120) -> float:
        """Every issue is in this state."""
        return self.wait(lambda: set(self.issue_states()) == {state}, seconds)

    def issue_states(self) -> list[str]:
        with self.house.database.reading() as session:
            return list(session.scalars(select(Issue.state).where(Issue.id.in_(self.issues)).order_by(Issue.id)))

    def notices(self) -> list[str]:
        with self.house.database.reading() as session:
            return list(session.scalars(select(Issue.notice).where(Issue.id.in_(self.issues)).order_by(Issue.id)))

    def states(self) -> dict[str, int]:
        try:
            with self.house.database.reading() as session:
                return {f"{issue}: {state}": number for issue in self.issues[:3] for state, number in states(session, issue).items()}
        except Exception as error:
            return {f"unknown ({type(error).__name__})": 0}

    def count(self, *wanted: str) -> int:
        with self.house.database.reading() as session:
            return session.scalar(select(func.count()).where(Delivery.issue_id.in_(self.issues), Delivery.state.in_(wanted))) or 0

    def account(
        self, *, finished: bool = True, former: Mapping[str, str] = NOBODY_RENAMED, asked_for_twice: Collection[str] = ()
    ) -> Account:
        return draw_up(self.house, self.witness, self.issues, finished=finished, former=former, asked_for_twice=asked_for_twice)

    def bury(self, *process_ids: int) -> None:
        """Thirty seconds pass for sessions of processes that are dead or frozen: nothing else of theirs renews itself."""
        with self.house.database.transaction() as session:
            session.execute(
                update(WorkerSession)
                .where(WorkerSession.process.in_(process_ids), WorkerSession.ended_at.is_(None))
                .values(alive_until=WorkerSession.started_at)
            )

    def hours_pass(self, hours: float) -> None:
        """Time passes for whatever waits: deferred letters, and domains that asked to be left alone."""
        with self.house.database.transaction() as session:
            for table, column in WAITS:
                _earlier(session, table, column, hours)
        self.ring()

    def ring(self) -> None:
        """Spare the trial the sender's own look every 15 seconds; one without Redis waits for it."""
        if redis_url := self.facts.get("redis_url"):
            doorbell(redis_url).ring(0)

    def move_to(self, *, database_url: str, data_dir: Path) -> None:
        """From now on it all happens over there."""
        self.house.database.close()
        self.facts |= {"database_url": database_url, "data_dir": str(data_dir)}
        self.house = open_house(load_settings({}, **self.facts))

    def list_of(self, issue_id: int) -> int:
        with self.house.database.reading() as session:
            return session.get_one(Issue, issue_id).list_id


WAITS: tuple[tuple[str, str], ...] = (("deliveries", "due_at"), ("domain_waits", "until"), ("domain_waits", "probed_at"))


def _earlier(session: Session, table: str, column: str, hours: float) -> None:
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    earlier = (
        f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '-{hours} hours')"
        if on_sqlite
        else f"{column} - make_interval(secs => {hours * 3600})"
    )
    session.execute(text(f"UPDATE {table} SET {column} = {earlier} WHERE {column} IS NOT NULL"))  # noqa: S608 - our own names


@contextmanager
def laboratory(
    folder: Path, *, seed: int, database_url: str = "", cluster: PostgreSQL | None = None, redis_server: RedisServer | None = None,
    connections: int = 4, delay: float = 0.004, migrated: bool = False,
) -> Iterator[Lab]:  # fmt: skip
    """Without an address: on SQLite. What was started is ended, whatever happens."""
    port = free_port()
    facts = {
        "data_dir": str(folder / "data"), "public_url": "https://news.example.org",
        "transport_url": f"smtp://news:secret@127.0.0.1:{port}?connections={connections}",
    }  # fmt: skip
    facts |= {"database_url": database_url} if database_url else {}
    facts |= {"redis_url": redis_server.url} if redis_server is not None else {}
    house = open_house(load_settings({}, **facts))
    logs = folder / "logs"
    logs.mkdir()
    # PostgreSQL may run as another user, for whom pytest's folders are closed.
    shared = Path(tempfile.mkdtemp(prefix="newsroom-chaos-"))
    shared.chmod(0o755)
    sink = SinkProcess(folder / "sink", port=port, seed=seed, delay=delay)
    crew = Crew(facts, logs)
    try:
        if not migrated:
            schema.upgrade(house.database)
        lab = Lab(
            folder=folder, seed=seed, connections=connections, facts=facts, house=house, crew=crew, sink=sink, cluster=cluster,
            redis_server=redis_server, shared=shared,
        )  # fmt: skip
        eventually(lambda: any(event["event"] == "rules" for event in lab.witness.events()))
        yield lab
    finally:
        crew.end()
        sink.end()
        house.database.close()
        shutil.rmtree(shared)
