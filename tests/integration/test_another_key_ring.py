"""A key ring that was lost or changed: nothing is sent with it, and nothing makes a new one in silence."""

import dataclasses
import json

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from newsroom.clock import utc_now
from newsroom.data_folder import recall
from newsroom.errors import ConfigurationError, Refused
from newsroom.house import House, open_house
from newsroom.installation import Installation
from newsroom.issues import OPERATOR
from newsroom.keys import KeyRing, Secret, parse_key_ring
from newsroom.sendqueue.adopting import adopt, survey
from newsroom.sendqueue.belonging import doubt_about
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.doctor import examine
from newsroom.sendqueue.status import take_status
from newsroom.sendqueue.tick import tick_once
from tests.processes import newsroom
from tests.sending import make_sendable_issue, worker_token

OTHER = KeyRing((Secret(7, b"7" * 32),))
CAUSE = "The key ring is not the one this installation signed with"


@pytest.fixture
def house(house: House) -> House:
    """In use: somebody reads. Its mail would go to a server."""
    house = dataclasses.replace(house, settings=house.settings.model_copy(update={"transport_url": SecretStr("smtp://127.0.0.1:9")}))
    with house.database.transaction() as session:
        make_sendable_issue(session, house, people=1, now=utc_now(), state="sending", slug="first")
    doubt_about(house)
    doubt_about(house)
    assert doubt_about(house) is None
    return house


def with_keys(house: House, keys: KeyRing) -> House:
    return dataclasses.replace(house, keys=keys)


def doubt_of(house: House) -> str:
    return str(doubt_about(house) or "")


def kept_marks(house: House) -> set[str]:
    with house.database.reading() as session:
        return set(session.get_one(Installation, 1).key_marks or ())


def take_over(house: House) -> None:
    folders = (house.settings.data_dir,)
    with house.database.transaction() as session:
        now = read_clock(session)
        found = survey(session, recall(house.settings.data_dir), folders, house.keys, now=now)
        adopt(session, found, folders, house.keys, by=OPERATOR, now=now)


def test_nothing_is_sent_with_another_key_ring(house: House) -> None:
    with house.database.transaction() as session:
        due = make_sendable_issue(session, house, people=1, now=utc_now(), state="scheduled", slug="due").id
    other = with_keys(house, OTHER)
    assert CAUSE in doubt_of(other)
    assert tick_once(other, utc_now()).started == ()
    assert tick_once(house, utc_now()).started == (due,)


def test_another_key_ring_is_wrong_in_status_and_doctor(house: House) -> None:
    other = with_keys(house, OTHER)
    with house.database.reading() as session:
        found = [*take_status(session, other, now=read_clock(session)).findings, *examine(other, cheap=True)]
    wrong = [str(finding) for finding in found if finding.check == "installation" and finding.level == "error"]
    assert len(wrong) == 2
    assert all(CAUSE in sentence and sentence.count("Nothing is sent") == 1 for sentence in wrong)


def test_the_right_ring_put_back_goes_on_without_ado(house: House) -> None:
    assert CAUSE in doubt_of(with_keys(house, OTHER))
    assert doubt_about(house) is None


def test_a_rotated_ring_goes_on_and_is_known_from_then_on(house: House) -> None:
    rotated = KeyRing((*OTHER.secrets, *house.keys.secrets))
    assert doubt_about(with_keys(house, rotated)) is None
    assert kept_marks(house) == set(rotated.marks)
    assert CAUSE in doubt_of(with_keys(house, OTHER))


def test_an_installation_from_before_takes_the_ring_it_has(house: House) -> None:
    with house.database.transaction() as session:
        session.execute(text("UPDATE installation SET key_marks = NULL"))
    assert doubt_about(house) is None
    assert kept_marks(house) == set(house.keys.marks)


def test_before_the_first_reader_the_ring_may_be_chosen(sqlite_house: House) -> None:
    assert doubt_about(sqlite_house) is None
    assert doubt_about(with_keys(sqlite_house, OTHER)) is None
    assert kept_marks(sqlite_house) == set(OTHER.marks)


def test_another_ring_is_taken_over_knowingly(house: House) -> None:
    other = with_keys(house, OTHER)
    take_over(other)
    assert kept_marks(house) == set(OTHER.marks)
    assert CAUSE in doubt_of(house)


def test_no_other_ring_is_taken_while_others_send_with_the_right_one(house: House) -> None:
    with house.database.engine.begin() as connection:
        worker_token(connection)
    with pytest.raises(Refused, match="stop every worker"):
        take_over(with_keys(house, OTHER))
    assert kept_marks(house) == set(house.keys.marks)


def test_a_lost_ring_is_not_replaced_by_a_new_one(sqlite_house: House) -> None:
    ring = sqlite_house.settings.data_dir / "keys.json"
    ring.unlink()
    with pytest.raises(ConfigurationError, match=r"put keys\.json back from a backup"):
        open_house(sqlite_house.settings)
    assert not ring.exists()


def test_adopt_says_what_another_ring_means_before_it_is_taken(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        make_sendable_issue(session, sqlite_house, people=1, now=utc_now(), state="sending", slug="first")
    assert doubt_about(sqlite_house) is None
    settings = {"data_dir": sqlite_house.settings.data_dir, "secret_key": "k" * 40}
    said = newsroom("status", "--json", settings=settings)
    assert said.returncode == 1
    assert CAUSE in json.dumps(json.loads(said.stdout))
    told = newsroom("adopt", "--yes", settings=settings)
    assert told.returncode == 0, told.stderr
    assert "stop working" in told.stdout
    assert doubt_about(with_keys(sqlite_house, parse_key_ring("k" * 40))) is None
