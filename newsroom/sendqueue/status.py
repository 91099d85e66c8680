"""Is it working now? Each look is one small question to the database or the disk; what is wrong comes with its next step."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, joinedload

from newsroom import schema_version
from newsroom.alerts import AlertMessage
from newsroom.data_folder import recall
from newsroom.deliveries import Delivery, in_state
from newsroom.house import House
from newsroom.installation import NEXT
from newsroom.installation import look as look_at_installation
from newsroom.issues import Issue
from newsroom.local_times import spoken
from newsroom.sendqueue import pulse, relay_troubles, throttle
from newsroom.sendqueue.database_clock import clock_now, query_time
from newsroom.sendqueue.durability import forgetful
from newsroom.sendqueue.ledger import EXPRESS_KINDS
from newsroom.sendqueue.sessions import WorkerSession
from newsroom.sendqueue.writability import why_unwritable
from subscribers.spool import FOLDER

OVERDUE_AFTER = timedelta(minutes=2)
STARTING_FOR = timedelta(minutes=20)
STUCK_AFTER = timedelta(minutes=10)
EXPRESS_WAITS = timedelta(minutes=2)
RELAY_AWAY = timedelta(minutes=1)
SPOOL_WAITS = timedelta(minutes=2)
MEGABYTE = 1024 * 1024
LITTLE_ROOM, NO_ROOM = 1024 * MEGABYTE, 200 * MEGABYTE
#: Whose uncertain letters are told one by one.
MOST_ISSUES = 10
Level = Literal["good", "warning", "error"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One answer: a sentence, with the next step where something is wrong. `key` stays the same as long as it is the same trouble."""

    check: str
    level: Level
    message: str
    hint: str = ""
    key: str = ""
    issue_id: int | None = None

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


@dataclass(frozen=True, kw_only=True)
class Status:
    """Everything that was looked at; `facts` are bare numbers for other programs."""

    findings: tuple[Finding, ...]
    facts: dict[str, Any]

    @property
    def works(self) -> bool:
        return all(finding.level != "error" for finding in self.findings)


@dataclass(frozen=True, kw_only=True)
class View:
    """What a look is given; it may leave facts behind."""

    session: Session
    house: House
    now: datetime
    facts: dict[str, Any]


def take_status(session: Session, house: House, *, now: datetime) -> Status:
    """Every look. With a schema of another version the others would ask for what is not there."""
    view = View(session=session, house=house, now=now, facts={})
    first = schema_finding(session)
    view.facts.update({"schema": schema_version.applied(session.connection()), "schema_wanted": schema_version.newest()})
    if first.level == "error":
        return Status(findings=(first, *_disk(view)), facts=view.facts)
    return Status(findings=(first, *(finding for look in LOOKS for finding in look(view))), facts=view.facts)


def schema_finding(session: Session) -> Finding:
    """Whether the database has the schema that this version of Newsroom wants."""
    has, wanted = schema_version.applied(session.connection()), schema_version.newest()
    if has == wanted:
        return Finding(check="schema", level="good", message="The database has the schema of this version.")
    if has > wanted:
        hint = "Run one version of Newsroom everywhere."
        return Finding(check="schema", level="error", message="The database was upgraded by a newer version of Newsroom.", hint=hint)
    if not has:
        hint = "Do NEWSROOM_DATA_DIR and NEWSROOM_DATABASE_URL name the right one? For a new installation run `newsroom db upgrade`."
        return Finding(check="schema", level="error", message="There is no Newsroom in this database yet.", hint=hint)
    return Finding(
        check="schema", level="error", message="The database lacks the schema of this version.", hint="Run `newsroom db upgrade`."
    )


def identity_findings(session: Session, house: House, *, now: datetime) -> Iterator[Finding]:
    """Whether database, data folder and key ring belong together, or one of them is a copy or another one."""
    doubt = look_at_installation(session, recall(house.settings.data_dir), house.keys, now=now).doubt
    if doubt is None:
        yield Finding(check="installation", level="good", message="This database, this data folder and this key ring belong together.")
    else:
        yield Finding(check="installation", level="error", message=doubt.cause, hint=NEXT)


def _identity(view: View) -> Iterator[Finding]:
    yield from identity_findings(view.session, view.house, now=view.now)


def _durability(view: View) -> Iterator[Finding]:
    for one in forgetful(view.session.connection()):
        yield Finding(check="durability", level="error", message=one.message, hint=one.hint, key=f"durability:{one.setting}")


def _writing(view: View) -> Iterator[Finding]:
    if (found := why_unwritable(view.house.database)) is not None:
        yield Finding(check="writing", level="error", message=found.message, hint=found.hint)


def _workers(view: View) -> Iterator[Finding]:
    alive = select(func.count()).where(WorkerSession.ended_at.is_(None), WorkerSession.alive_until > clock_now())
    number = view.facts["workers"] = view.session.scalar(alive) or 0
    if number:
        yield Finding(check="worker", level="good", message=f"{_some(number, 'sender is', 'senders are')} running.")
    else:
        hint = "Start `newsroom worker`, or `newsroom up`."
        yield Finding(check="worker", level="error", message="No sender is running: no mail leaves.", hint=hint)


def _clock(view: View) -> Iterator[Finding]:
    silent = pulse.silent_for(view.session)
    view.facts["clock_silent_seconds"] = None if silent is None else round(silent.total_seconds())
    if silent is not None and silent <= pulse.SILENT_AFTER:
        yield Finding(check="clock", level="good", message="The clock is running.")
        return
    since = "has never run" if silent is None else f"has been silent for {_long(silent)}"
    hint = "Start `newsroom tick`, or `newsroom up`."
    yield Finding(check="clock", level="error", message=f"The clock {since}: nothing that is due starts.", hint=hint)


def _overdue(view: View) -> Iterator[Finding]:
    late = select(Issue).where(Issue.state == "scheduled", Issue.scheduled_at < view.now - OVERDUE_AFTER).order_by(Issue.id).limit(20)
    for issue in view.session.scalars(late.options(joinedload(Issue.mailing_list))):
        if issue.scheduled_at is not None:
            at = spoken(issue.scheduled_at, issue.mailing_list.timezone)
            yield _of_issue("overdue", issue, f"was due on {at} and has not started.", "Are the clock and the database well?")
    slow = select(Issue).where(Issue.state == "starting", Issue.started_at < view.now - STARTING_FOR).order_by(Issue.id).limit(20)
    for issue in view.session.scalars(slow):
        yield _of_issue("overdue", issue, "has been gathering its readers for too long.", "Look at the log of `newsroom tick`.")


def _stuck(view: View) -> Iterator[Finding]:
    moved = pulse.pulses(view.session)
    sending = list(view.session.scalars(select(Issue).where(Issue.state == "sending").order_by(Issue.id)))
    view.facts["issues_sending"] = len(sending)
    still = {issue: found for issue in sending if (found := view.now - moved.get(issue.id, view.now)) >= STUCK_AFTER}
    waiting = _with_due_letters(view.session, still) if still else frozenset()
    held = throttle.holding_back_each(view.session, waiting) if waiting else frozenset()
    hint = "Look at its page, at the mail servers, and at the log of `newsroom worker`."
    for issue, duration in still.items():
        if issue.id in waiting - held:
            yield _of_issue("stuck", issue, f"has not moved for {_long(duration)}, although letters are due.", hint)


def _with_due_letters(session: Session, issues: Iterable[Issue]) -> frozenset[int]:
    """Those of which a letter is due, or in somebody's hands: one question, however many issues."""
    mine = and_(Delivery.issue_id == Issue.id, Delivery.kind == "issue")
    due = exists().where(mine, Delivery.state == "queued", Delivery.due_at <= query_time())
    held = exists().where(mine, Delivery.state.in_(("claimed", "handed_over")))
    return frozenset(session.scalars(select(Issue.id).where(Issue.id.in_([issue.id for issue in issues]), or_(due, held))))


def _halted(view: View) -> Iterator[Finding]:
    paused = list(view.session.scalars(select(Issue).where(Issue.state == "paused").order_by(Issue.id)))
    view.facts["issues_paused"] = len(paused)
    for issue in paused:
        if issue.notice:
            hint = f"Put it right, then resume it: `newsroom issue resume {issue.id}`."
            yield _of_issue("halted", issue, f"has stopped: {' '.join(issue.notice.split())}", hint)


def _express(view: View) -> Iterator[Finding]:
    waiting = select(func.min(Delivery.back_at)).where(
        Delivery.kind.in_(EXPRESS_KINDS), Delivery.back_at <= query_time(), Delivery.attempt == 0
    )
    oldest = view.session.scalar(waiting)
    wait = view.now - oldest if oldest else timedelta()
    view.facts["oldest_express_seconds"] = max(round(wait.total_seconds()), 0)
    if wait > EXPRESS_WAITS:
        hint = "Is a sender running, and does the mail server answer?"
        yield Finding(check="express", level="error", message=f"A confirmation or test letter has waited for {_long(wait)}.", hint=hint)


def _uncertain(view: View) -> Iterator[Finding]:
    """By issue, the newest first: that is where one decides. Of many more, and of other letters, how many."""
    mine = case((Delivery.kind == "issue", Delivery.issue_id)).label("issue_id")
    counted = select(mine, func.count().label("letters")).where(in_state("uncertain")).group_by(mine)
    numbers: dict[int | None, int] = {row.issue_id: row.letters for row in view.session.execute(counted)}
    view.facts["uncertain"] = sum(numbers.values())
    shown = sorted((issue_id for issue_id in numbers if issue_id is not None), reverse=True)[:MOST_ISSUES]
    for issue in view.session.scalars(select(Issue).where(Issue.id.in_(shown)).order_by(Issue.id.desc())) if shown else ():
        yield _uncertain_of(issue, numbers.pop(issue.id))
    if rest := sum(numbers.values()):
        message = f"{_some(rest, 'other letter is', 'other letters are')} uncertain: the line broke at the last moment."
        yield Finding(check="uncertain", level="warning", message=message)


def _uncertain_of(issue: Issue, number: int) -> Finding:
    message = f"{number:,} letters of issue {issue.id} ({issue.slug}) are uncertain: the line broke at the last moment."
    hint = "Its page lists them; decide there."
    if number == 1:
        message = f"{number} letter of issue {issue.id} ({issue.slug}) is uncertain: the line broke at the last moment."
        hint = "Its page lists it; decide there."
    return Finding(check="uncertain", level="warning", message=message, hint=hint, key=f"uncertain:{issue.id}", issue_id=issue.id)


def _spool(view: View) -> Iterator[Finding]:
    folder = view.house.settings.data_dir / FOLDER
    waiting = list(folder.glob("*.json")) if folder.is_dir() else []
    unreadable = len(list(folder.glob("*.unreadable"))) if folder.is_dir() else 0
    view.facts.update({"spool_waiting": len(waiting), "spool_unreadable": unreadable})
    oldest = min((_modified(path) for path in waiting), default=time.time())
    if time.time() - oldest > SPOOL_WAITS.total_seconds():
        hint = "Is `newsroom public` running, and does its database answer?"
        message = f"{_some(len(waiting), 'unsubscribe waits', 'unsubscribes wait')} to be carried out."
        yield Finding(check="spool", level="error", message=message, hint=hint)
    if unreadable:
        message = f"{_some(unreadable, 'kept unsubscribe', 'kept unsubscribes')} cannot be read."
        yield Finding(
            check="spool", level="warning", message=message, hint=f"Look into {folder.name}/ in the data folder.", key="spool-unreadable"
        )


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # carried out meanwhile
        return time.time()


def _relays(view: View) -> Iterator[Finding]:
    for trouble in relay_troubles.troubles(view.session):
        lasting = view.now - trouble.since
        level: Level = "error" if lasting > RELAY_AWAY else "warning"
        message = f"The mail server {trouble.relay} has not served for {_long(lasting)}: {trouble.words}"
        yield Finding(
            check="relay", level=level, message=_sentence(message), hint="Try it: `newsroom doctor`.", key=f"relay:{trouble.relay}"
        )
    for limit in relay_troubles.limits(view.session):
        message = f"The mail server {limit.relay} lets in fewer connections at once than are set."
        yield Finding(check="relay", level="warning", message=message, hint=limit.words, key=f"connections:{limit.relay}")


def _disk(view: View) -> Iterator[Finding]:
    for finding, what, free in disk_findings(view.house):
        view.facts[f"{what.replace(' ', '_')}_free_bytes"] = free
        yield finding


def disk_findings(house: House) -> Iterator[tuple[Finding, str, int | None]]:
    """Each place where writing must not fail: what to say of it, its name, and its free bytes."""
    for what, folder in _folders(house).items():
        try:
            free = shutil.disk_usage(folder).free
        except OSError as error:
            message = f"The {what} {folder} cannot be looked at: {error.strerror}."
            yield Finding(check="disk", level="error", message=message, hint="Is its disk mounted?", key=f"disk:{what}"), what, None
            continue
        level: Level = "error" if free < NO_ROOM else "warning" if free < LITTLE_ROOM else "good"
        hint = "" if level == "good" else "Make room before the disk is full: then nothing could be written down, and sending stops."
        message = f"The {what} has {free // MEGABYTE:,} MB free."
        yield Finding(check="disk", level=level, message=message, hint=hint, key=f"disk:{what}"), what, free


def _folders(house: House) -> dict[str, Path]:
    """Where writing must not fail; the disk of a PostgreSQL is its own machine's."""
    folders = {"data folder": house.settings.data_dir}
    file = make_url(house.settings.database).database
    if house.database.is_sqlite and file and Path(file).parent.absolute() != house.settings.data_dir.absolute():
        folders["database folder"] = Path(file).parent
    return folders


def _alerts(view: View) -> Iterator[Finding]:
    failing = select(AlertMessage).where(AlertMessage.closed_at.is_(None), AlertMessage.tries > 2).order_by(AlertMessage.id).limit(1)
    message = view.session.scalar(failing)
    if message is not None:
        named = "Look at NEWSROOM_ALERT_URL." if view.house.settings.alerts else "Look at the web hook under Settings, Is it working?"
        yield Finding(check="alerts", level="warning", message=_sentence(f"Alerts cannot be delivered: {message.trouble}"), hint=named)


LOOKS: tuple[Callable[[View], Iterator[Finding]], ...] = (
    _identity, _durability, _writing, _workers, _clock, _overdue, _stuck, _halted, _express, _uncertain, _spool, _relays, _disk, _alerts,
)  # fmt: skip


def _of_issue(check: str, issue: Issue, message: str, hint: str) -> Finding:
    key = f"{check}:{issue.id}"
    return Finding(
        check=check, level="error", message=_sentence(f"Issue {issue.id} ({issue.slug}) {message}"), hint=hint, key=key, issue_id=issue.id
    )


def _some(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _long(span: timedelta) -> str:
    minutes, seconds = divmod(max(int(span.total_seconds()), 0), 60)
    if minutes < 2:
        return f"{minutes * 60 + seconds} seconds"
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
