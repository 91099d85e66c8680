"""The account: what the ledger says against what the mail server wrote down, by set arithmetic.

Lost: recorded as accepted, and no such letter came. Unexpected: came, and the ledger does not know that it may have. Doubled:
came more than once. Wrong: the bytes are not this person's, or not this issue's. Unexplained: uncertain, though the mail
server's log shows no reason for doubt.
"""

import binascii
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sqlalchemy import select

from newsroom.deliveries import OPEN_STATES, Delivery
from newsroom.headers import message_id_value
from newsroom.house import House
from newsroom.issues import Issue
from newsroom.public_links import PublicLinks
from subscribers.models import Subscriber

SHOWN = 5
NOBODY_RENAMED: Mapping[str, str] = {}


@dataclass
class Witness:
    """The sink's folder."""

    folder: Path
    _read: int = 0
    _kept: int = 0

    def events(self) -> Iterator[dict[str, Any]]:
        """Whole lines only: the last one may be half written as we read."""
        path = self.folder / "log.jsonl"
        if path.exists():
            for line in path.read_bytes().split(b"\n")[:-1]:
                yield json.loads(line)

    def letters(self) -> list[dict[str, Any]]:
        """Those that it kept."""
        return [event for event in self.events() if event["event"] == "letter" and event["kept"]]

    def bytes_of(self, letter: Mapping[str, Any]) -> bytes:
        """As they came."""
        with (self.folder / "letters.bin").open("rb") as file:
            file.seek(letter["offset"])
            return file.read(int(letter["length"]))

    def kept(self) -> int:
        """How many, quickly: only what was written since one last asked is looked at."""
        path = self.folder / "log.jsonl"
        if path.exists():
            with path.open("rb") as file:
                file.seek(self._read)
                whole, newline, _ = file.read().rpartition(b"\n")
            self._read += len(whole) + len(newline)
            self._kept += whole.count(b'"kept": true')
        return self._kept


@dataclass
class Account:
    """The sums and the names; `fault` says in words what is wrong, "" when the promise held."""

    audience: int = 0
    states: Counter[str] = field(default_factory=Counter)
    stored: int = 0
    lost: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    uncertain: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    by_former_name: list[tuple[str, float]] = field(default_factory=list)

    @property
    def fault(self) -> str:
        names = ("lost", "unexpected", "doubled", "wrong", "unexplained", "unfinished")
        found = [f"{name}: {len(people)} ({', '.join(people[:SHOWN])})" for name in names if (people := getattr(self, name))]
        if sum(self.states.values()) != self.audience:
            found.append(f"the states {dict(self.states)} do not add up to an audience of {self.audience}")
        return "; ".join(found)

    @property
    def figures(self) -> dict[str, int]:
        """For the report."""
        return {
            "audience": self.audience, "accepted": self.states["accepted"], "stored": self.stored, "lost": len(self.lost),
            "unexpected": len(self.unexpected), "doubled": len(self.doubled), "wrong": len(self.wrong), "uncertain": len(self.uncertain),
            "unexplained": len(self.unexplained),
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Row:
    """A delivery and its person."""

    id: int
    state: str
    address: str
    issue_id: int
    list_id: int
    subscriber_id: int
    language: str
    name: str
    came: tuple[dict[str, Any], ...]


def draw_up(
    house: House,
    witness: Witness,
    issues: Collection[int],
    *,
    finished: bool = True,
    former: Mapping[str, str] = NOBODY_RENAMED,
    asked_for_twice: Collection[str] = (),
) -> Account:
    """The account of these issues.

    `former`: names that people had while letters went out; who was written to by it is told. `asked_for_twice`: by an operator
    who knew that they may have it.
    """
    account = Account()
    came: dict[str, list[dict[str, Any]]] = {}
    for letter in witness.letters():
        came.setdefault(letter["message_id"], []).append(letter)
    account.stored = sum(map(len, came.values()))
    contents = _Contents(house, witness, former)
    doubts = _doubts(witness)
    for message_id, row in _rows(house, issues, came):
        account.states[row.state] += 1
        _judge(account, row, doubts, finished=finished)
        account.wrong += contents.faults(message_id, row)
        if row.address in former and (old := contents.with_name(row, former[row.address])):
            account.by_former_name += [(row.address, letter["at"]) for letter in old]
        if len(row.came) > 1 + (row.address in asked_for_twice):
            account.doubled.append(row.address)
        came.pop(message_id, None)
    account.unexpected += [letters[0]["recipient"] for letters in came.values()]
    with house.database.reading() as session:
        account.audience = sum(session.scalars(select(Issue.audience).where(Issue.id.in_(issues))).all())
    contents.close()
    return account


def _rows(house: House, issues: Collection[int], came: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, Row]]:
    wanted = (
        select(
            Delivery.id, Delivery.state, Delivery.address, Delivery.issue_id, Delivery.list_id, Delivery.subscriber_id, Delivery.language,
            Subscriber.name,
        )
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(Delivery.issue_id.in_(issues), Delivery.kind == "issue")
    )  # fmt: skip
    with house.database.reading() as session:
        for found in session.execute(wanted.execution_options(yield_per=2_000)):
            message_id = message_id_value(house.keys, found.id, "example.org")
            yield message_id, Row(**found._mapping, came=tuple(came.get(message_id, ())))


def _judge(account: Account, row: Row, doubts: Collection[str], *, finished: bool) -> None:
    if row.state == "accepted" and not row.came:
        account.lost.append(row.address)
    if row.state == "uncertain":
        account.uncertain.append(row.address)
        if row.address not in doubts:
            account.unexplained.append(row.address)
    elif row.came and row.state not in ("accepted", "bounced", "handed_over"):
        account.unexpected.append(row.address)
    if finished and row.state in OPEN_STATES:
        account.unfinished.append(row.address)


def _doubts(witness: Witness) -> frozenset[str]:
    """People about whom nobody can know: a dot that was given, or a line that ended inside their letter."""
    return frozenset(event["recipient"] for event in witness.events() if event["event"] in ("letter", "unfinished"))


class _Contents:
    """Whether each letter is its person's own, and but for that the same as everybody's in that language."""

    def __init__(self, house: House, witness: Witness, former: Mapping[str, str]) -> None:
        self._former = former
        self._links = PublicLinks(house.keys, house.settings.public_url)
        self._skeletons: dict[tuple[int, str], bytes] = {}
        path = witness.folder / "letters.bin"
        self._file = path.open("rb") if path.exists() else None

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def faults(self, message_id: str, row: Row) -> list[str]:
        return [f"{row.address}: {fault}" for letter in row.came if (fault := self._fault(letter, message_id, row))]

    def with_name(self, row: Row, name: str) -> list[dict[str, Any]]:
        """Those of the person's letters that do not call them by the name they have now."""
        return [letter for letter in row.came if row.name.encode() not in self._bytes(letter) and name.encode() in self._bytes(letter)]

    def _bytes(self, letter: Mapping[str, Any]) -> bytes:
        if self._file is None:
            raise AssertionError("the mail server kept letters without their bytes")
        self._file.seek(letter["offset"])
        return self._file.read(int(letter["length"]))

    def _fault(self, letter: dict[str, Any], message_id: str, row: Row) -> str:
        data = self._bytes(letter)
        if letter["recipient"] != row.address:
            return f"the envelope names {letter['recipient']}"
        head, _, body = data.partition(b"\r\n\r\n")
        fields = [line for line in head.replace(b"\r\n ", b" ").split(b"\r\n") if not line.startswith(b"Date:")]
        plain = b"\n".join(fields) + b"\n\n" + binascii.a2b_qp(body)
        name = self._former.get(row.address, row.name)
        name = name if name.encode() in plain and row.name.encode() not in plain else row.name
        own = {
            "the address in To": row.address, "its own Message-ID": message_id,
            "the name": name, "the link to view it": self._links.view(row.id),
            "the link to leave": self._links.unsubscribe(row.subscriber_id, row.list_id, row.id),
        }  # fmt: skip
        for what, value in own.items():
            if value.encode() not in plain:
                return f"it lacks {what}"
        return self._strange(plain, own.values(), row)

    def _strange(self, plain: bytes, own: Collection[str], row: Row) -> str:
        """What is left without the person's own words must be what is left of everybody else's."""
        for value in sorted((*own, self._links.preferences(row.subscriber_id, row.list_id, row.id)), key=len, reverse=True):
            plain = plain.replace(value.encode(), b"*")
        skeleton = blake2b(plain, digest_size=16).digest()
        return "" if self._skeletons.setdefault((row.issue_id, row.language), skeleton) == skeleton else "its bytes differ from the issue's"
