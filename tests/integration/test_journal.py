"""What a mail server said survives the crash of a worker whose database was away.

Broken on purpose: a sweep before the journal is taken over leaves refusals uncertain
(test_a_refusal_known_only_to_the_journal_is_in_the_ledger_after_a_restart).
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.house import House
from newsroom.sendqueue.committer import Committer
from newsroom.sendqueue.journal import FOLDER, Journal, _line, _records, take_over
from newsroom.sendqueue.provisional import released
from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.transports.base import Accepted, Deferred, Failed, Reply
from tests.integration.test_ledger import LATER, NEVER, OK, Bench
from tests.sending import eventually

REPLIES = st.builds(Reply, code=st.none() | st.integers(200, 599), enhanced_status=st.text(max_size=12), text=st.text(max_size=200))
OUTCOMES = st.one_of(st.builds(kind, reply=REPLIES) for kind in (Accepted, Deferred, Failed))
RECORDS = st.builds(
    Record, token=st.text("0123456789abcdef", min_size=32, max_size=32), delivery_id=st.integers(1, 2**63 - 1), attempt=st.integers(1, 99),
    outcome=OUTCOMES, relay=st.text(max_size=60), domain=st.text(max_size=60),
)  # fmt: skip


@pytest.fixture
def bench(house: House) -> Bench:
    return Bench(house)


def _record(bench: Bench, token: str, outcome: Accepted | Deferred | Failed = OK) -> Record:
    taken = bench.handed_over(token)
    return Record(token=token, delivery_id=taken.delivery_id, attempt=taken.attempt + 1, outcome=outcome, domain=taken.domain)


def _files(data_dir: Path) -> list[Path]:
    return sorted((data_dir / FOLDER).glob("*"))


@given(st.lists(RECORDS, max_size=5))
def test_a_journal_reads_as_it_was_written(records: list[Record]) -> None:
    assert list(_records(b"".join(_line(record) for record in records))) == records


@given(st.lists(RECORDS, min_size=1, max_size=3), st.data())
def test_a_journal_torn_anywhere_keeps_its_whole_lines(records: list[Record], data: st.DataObject) -> None:
    lines = [_line(record) for record in records]
    whole = b"".join(lines)
    torn = data.draw(st.integers(len(whole) - len(lines[-1]), len(whole) - 2))
    assert list(_records(whole[:torn])) == records[:-1]


def test_a_living_workers_journal_is_left_to_it(bench: Bench, tmp_path: Path) -> None:
    token = bench.session()
    journal = Journal(tmp_path, token)
    journal.keep([_record(bench, token)])
    assert take_over(tmp_path, bench.house.database) == 0
    journal.clear()
    assert _files(tmp_path) == []


def test_acceptances_of_a_dead_worker_are_in_the_ledger_after_a_restart(bench: Bench, tmp_path: Path) -> None:
    token = bench.session()
    records = [_record(bench, token) for _ in range(3)]
    journal = Journal(tmp_path, token)
    journal.keep(records)
    bench.silence(token)
    bench.sweep()
    assert bench.states()["uncertain"] == 3
    del journal
    assert take_over(tmp_path, bench.house.database) == 3
    assert bench.states() == {"accepted": 3, "queued": 2}
    assert _files(tmp_path) == []


def test_a_refusal_known_only_to_the_journal_is_in_the_ledger_after_a_restart(bench: Bench, tmp_path: Path) -> None:
    token = bench.session()
    journal = Journal(tmp_path, token)
    journal.keep([_record(bench, token, NEVER), _record(bench, token, LATER)])
    del journal
    take_over(tmp_path, bench.house.database)
    bench.silence(token)
    bench.sweep()
    assert bench.states() == {"failed": 1, "deferred": 1, "queued": 3}


def test_a_refusal_that_was_held_back_and_not_decided_at_the_crash_marks_nobody(bench: Bench, tmp_path: Path) -> None:
    token = bench.session()
    journal = Journal(tmp_path, token)
    journal.keep([released(_record(bench, token, NEVER))])
    del journal
    take_over(tmp_path, bench.house.database)
    bench.silence(token)
    bench.sweep()
    assert bench.states() == {"queued": 5}


def test_taking_over_twice_changes_nothing(bench: Bench, tmp_path: Path) -> None:
    token = bench.session()
    record = _record(bench, token)
    for _ in range(2):
        journal = Journal(tmp_path, token)
        journal.keep([record])
        del journal
        take_over(tmp_path, bench.house.database)
    assert bench.states() == {"accepted": 1, "queued": 4}


def test_a_disk_that_takes_nothing_stops_no_letter(bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    Journal(tmp_path, "t").keep([_record(bench, bench.session())])
    assert "could not be written to the journal" in caplog.text


def test_a_refusal_held_back_is_on_the_disk_until_it_is_recorded(bench: Bench, tmp_path: Path) -> None:
    token = bench.session()
    record = _record(bench, token, NEVER)
    committer = Committer(bench.house.database, token, Journal(tmp_path, token))
    committer.start()
    committer.hold_back(record)
    eventually(lambda: _files(tmp_path) and _files(tmp_path)[0].read_bytes().endswith(b"\n"))
    assert bench.states()["handed_over"] == 1
    committer.record(record)
    eventually(lambda: _files(tmp_path) == [])
    assert committer.stop(5)
    assert bench.states() == {"failed": 1, "queued": 4}
