"""What the pages outside an issue show: lists, people of the staff, pictures, mail servers, limits, alarms; as many of each as wished."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from admin import login_sessions, one_time_links
from admin.accounts import ROLES, User, UserSession
from admin.audit import AuditEntry
from admin.list_roles import ListRole
from admin.organisation import ONLY, STEPS, Organisation
from newsroom.alerts import Alarm
from newsroom.bench.render import add_demo_list
from newsroom.house import House
from newsroom.issues import OPERATOR
from newsroom.mailing_lists import MailingList, Topic, add_list
from newsroom.media import Media
from newsroom.relay_urls import MOST_RELAYS, read_smtp_url
from newsroom.relays import add_relay
from newsroom.sendqueue.domain_waits import DomainWait
from newsroom.sendqueue.pulse import beat
from newsroom.sendqueue.relay_troubles import RelayTrouble
from newsroom.sendqueue.sessions import WorkerSession
from newsroom.sendqueue.throttle_buckets import Throttle, ThrottleBucket

ACTIONS = ("sections.change", "reviews.sign", "scheduling.schedule", "lists.save", "people.save", "login.enter", "proposals.accept")
LANGUAGES = ("en", "fr", "es", "ar")
NO_PASSWORD = "none"  # noqa: S105 - no hash: nobody logs in with it


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Who opens the pages: the cookies of an administrator and of an editor of one list, and tokens of letters."""

    administrator: int
    editor: int
    cookie: str
    editor_cookie: str
    invitation: str
    reset: str


def add_lists(session: Session, number: int, *, now: datetime) -> list[MailingList]:
    """The demo's list first; each with topics, and sign-offs per language."""
    lists = [add_demo_list(session), *(_list(session, count, now) for count in range(2, number + 1))]
    first = len(lists[0].topics)
    lists[0].topics += [Topic(slug=f"topic-{place}", title=f"Topic {place}", position=first + place) for place in range(number)]
    session.flush()
    return lists


def begin_set_up(session: Session, mailing_list: MailingList) -> None:
    """A first set-up that was left at its last step: its pages are there."""
    session.add(
        Organisation(
            id=ONLY, name="Confluence", postal_address="4 Quay Street", list_title="Letters from the river", from_name="Confluence",
            from_address="letters@confluence.example", list_id=mailing_list.id, step=STEPS[-1],
        )
    )  # fmt: skip


def _list(session: Session, count: int, now: datetime) -> MailingList:
    title, address = {"en": f"Letters {count}", "fr": f"Lettres {count}"}, f"letters-{count}@confluence.example"
    return add_list(
        session, slug=f"letters-{count}", title=title, from_name="Confluence", from_address=address, languages=LANGUAGES,
        postal_address="4 Quay Street, Port Amaranth", now=now,
    )  # fmt: skip


def add_staff(session: Session, lists: list[MailingList], number: int, *, now: datetime) -> Staff:
    """The administrator, the editor of the first list, and so many others with roles on single lists and log-ins of their own."""
    ada, ben = _user(session, "ada", "administrator", now), _user(session, "ben", "editor", now, all_lists=False)
    others = [_user(session, f"colleague{count}", ROLES[count % len(ROLES)], now, all_lists=count % 2 == 0) for count in range(number)]
    session.add(ListRole(user_id=ben.id, list_id=lists[0].id, role="editor"))
    for place, user in enumerate(others):
        session.add(ListRole(user_id=user.id, list_id=lists[place % len(lists)].id, role="publisher"))
        login_sessions.open_session(session, user, agent="Mozilla/5.0", now=now)
        login_sessions.open_session(session, ada, agent="Mozilla/5.0 (another)", now=now)
    lists[0].signoffs = [
        {"key": f"language-{place}", "name": f"Sign-off {place}", "per_language": True, "languages": [], "user_ids": [user.id, ada.id]}
        for place, user in enumerate(others[:8])
    ]
    staff = Staff(
        administrator=ada.id, editor=ben.id, cookie=login_sessions.open_session(session, ada, agent="bench", now=now),
        editor_cookie=login_sessions.open_session(session, ben, agent="bench", now=now),
        invitation=one_time_links.make(session, others[0], one_time_links.INVITE, by=OPERATOR, now=now),
        reset=one_time_links.make(session, others[-1] if number > 1 else ben, one_time_links.RESET, by=OPERATOR, now=now),
    )  # fmt: skip
    # That somebody is here is noted once a minute, with whatever page they open then: none of these.
    session.execute(update(UserSession).values(seen_at=now + timedelta(hours=1)))
    return staff


def _user(session: Session, name: str, role: str, now: datetime, *, all_lists: bool = True) -> User:
    address = f"{name}@confluence.example"
    user = User(email=address, email_key=address, name=name.title(), role=role, all_lists=all_lists, created_at=now)
    user.password_hash = NO_PASSWORD
    session.add(user)
    session.flush()
    return user


def add_pictures(session: Session, number: int, *, now: datetime) -> None:
    session.add_all(
        Media(
            name=f"{count:032x}.jpg", original_name=f"river {count}.jpg", digest=f"{count:064x}", content_type="image/jpeg", width=1200,
            height=800, size=90_000, created_at=now, alt={"en": "A river", "fr": "Un fleuve"}, uploaded_by=1,
        )
        for count in range(number)
    )  # fmt: skip


def add_machinery(session: Session, house: House, lists: list[MailingList], number: int, *, now: datetime) -> None:
    """Mail servers, senders and their troubles, limits and what they hold back, alarms, the audit log."""
    for count in range(min(number, MOST_RELAYS)):
        address = read_smtp_url(f"smtp://news:secret@relay{count}.confluence.example:587?tls=starttls")
        add_relay(session, name=f"relay-{count}", address=address, keys=house.keys, by=OPERATOR, now=now)
    later = now + timedelta(days=2)
    for count in range(number):
        token = f"{count:032x}"
        session.add(WorkerSession(token=token, host=f"host{count}", process=count, started_at=now, alive_until=later))
        session.add(RelayTrouble(worker_token=token, relay=f"relay-{count}", since=now, last_at=now, tries=3, words="421 too many"))
        session.add(DomainWait(domain=f"town{count}.example", since=now, strikes=5, tries=2, until=later, reply_code=451, reply="later"))
        session.add(Alarm(key=f"alarm-{count}", text=f"Something {count}", is_event=False, opened_at=now, untold=0))
    _add_limits(session, lists, number, now)
    _add_audit(session, number, now)
    beat(session, now=later)


def _add_limits(session: Session, lists: list[MailingList], number: int, now: datetime) -> None:
    keys = [("domain", "*"), *(("domain", f"city{count}.example") for count in range(number)), *(("list", str(one.id)) for one in lists)]
    for scope, key in keys:
        session.add(Throttle(scope=scope, key=key, rate=10, per=60, burst=1, daily=1000, set_by="operator", set_at=now))
        if scope == "domain":
            day = f"{now:%Y-%m-%d}"
            session.add(ThrottleBucket(scope=scope, key=key, tokens=0, filled_at=now, day=day, used=1000, next_slot=now))


def _add_audit(session: Session, number: int, now: datetime) -> None:
    """Some deeds for everybody of everything."""
    rows = [
        AuditEntry(
            at=now - timedelta(minutes=count), actor=f"Colleague {count}", user_id=1 + count % 30, action=ACTIONS[count % len(ACTIONS)],
            list_id=1, issue_id=1 + count % 7, about=f"thing {count}", detail={"title": "A river"},
        )
        for count in range(number * len(ACTIONS))
    ]  # fmt: skip
    session.add_all(rows)
