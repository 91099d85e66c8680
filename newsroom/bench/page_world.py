"""An installation for the benchmark and the tests of the pages: as many of everything as wished, and who looks at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from newsroom.bench.page_crowd import add_crowd
from newsroom.bench.page_issues import Amounts, Guest, add_approval, add_guests, add_issues, add_letters, add_written_issue
from newsroom.bench.page_paths import Places
from newsroom.bench.page_things import Staff, add_lists, add_machinery, add_pictures, add_staff, begin_set_up
from newsroom.demo.network import LIST
from newsroom.house import House
from newsroom.issues import Issue
from newsroom.sendqueue.transports.outbox import captured_path

LETTER = b"From: news@confluence.example\r\nTo: ada@town.example\r\nSubject: Hello\r\nContent-Type: text/plain\r\n\r\nHello\r\n"


@dataclass(frozen=True, kw_only=True)
class World:
    """`issues` are the ids of one issue in each state, `places` what stands in the paths, `guests` one for each purpose."""

    places: Places
    issues: Mapping[str, int]
    staff: Staff
    guests: Mapping[str, Guest]

    @property
    def guest_cookies(self) -> dict[str, str]:
        return {f"newsroom_guest_{guest.link_id}": guest.cookie for guest in self.guests.values()}


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What opens pages without a log-in; `approval` is that of one to be taken back."""

    staff: Staff
    guests: Mapping[str, Guest]
    approval: str


def make_world(house: House, amounts: Amounts, *, people: int, now: datetime) -> World:
    with house.database.transaction() as session:
        lists = add_lists(session, amounts.things, now=now)
        begin_set_up(session, lists[0])
        staff = add_staff(session, lists, amounts.things, now=now)
        add_pictures(session, amounts.things, now=now)
        add_machinery(session, house, lists, amounts.things, now=now)
        written = add_written_issue(session, house, amounts.sections, slug="written", now=now)
        issues = add_issues(session, house, written, amounts, user_id=staff.administrator, now=now)
        letters = add_letters(session, house, issues, amounts.things, now=now)
        guests = add_guests(session, session.get_one(Issue, issues["in_review"]), session.get_one(Issue, issues["draft"]), now=now)
        tokens = Tokens(staff=staff, guests=guests, approval=add_approval(session, house, guests["approve"], now=now))
        first = written.sections[0].uid
    add_crowd(house.database, people, len(lists), now=now)
    _capture(house, letters["captured"])
    return World(places=_places(issues, letters, tokens, first), issues=issues, staff=staff, guests=guests)


def _places(issues: Mapping[str, int], letters: Mapping[str, int], tokens: Tokens, uid: str) -> Places:
    shown = [{"token": guest.token} for guest in tokens.guests.values()]
    return Places(
        issue_id=issues["draft"], slug=LIST, delivery_id=letters["captured"], uid=uid, user_id=tokens.staff.editor,
        guest_id=tokens.guests["approve"].link_id, language="fr", name="", special={
            "aftermath.ask_resolve": [{"delivery_id": letters["uncertain"]}],
            "guests.show": shown,
            "guests.letter": shown[:1],
            "guest_approvals.show": [{"token": tokens.approval}],
            "invitations.show": [{"token": tokens.staff.invitation}],
            "resets.show": [{"token": tokens.staff.reset}],
        },
    )  # fmt: skip


def _capture(house: House, delivery_id: int) -> None:
    path = captured_path(house.outbox_dir, delivery_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(LETTER)
