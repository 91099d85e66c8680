"""T1 to T19 of the promise's test plan, small; `make chaos` runs the same trials at full size and writes docs/chaos-report.md.

Each test starts real processes on real services, strikes them as its trial says, and draws up the account between the ledger and
a mail server that kept its own log: lost 0, unexpected 0, doubled 0, wrong content 0, everything uncertain explained.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from newsroom import schema
from newsroom.db import Database
from tests.chaos.catalogue import T
from tests.chaos.grounds import conduct, ground_of
from tests.services import PostgreSQL, running_postgresql

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
SEED = 20_260_302
Conduct = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def breakable() -> Iterator[PostgreSQL]:
    """A PostgreSQL that the trials of this file may stop, kill and fill up, one after the other."""
    with running_postgresql() as server:
        template = Database(server.create("newsroom_template"))
        schema.upgrade(template)
        template.close()
        yield server


@pytest.fixture
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Conduct:
    def conducted(name: str) -> dict[str, Any]:
        found = T[name]
        clusters = {"postgresql": "postgresql", "own_postgresql": "breakable"}
        cluster = request.getfixturevalue(clusters[found.ground]) if found.ground in clusters else None
        folder = tmp_path / name.lower().replace("-", "_")
        folder.mkdir()
        with ground_of(found, folder, seed=SEED, full=False, cluster=cluster, template="newsroom_template") as lab:
            figures = conduct(found, lab, full=False)
        shutil.rmtree(folder)
        print(f"\n{name}: {figures}")  # noqa: T201
        return figures

    return conducted


@pytest.mark.postgresql
@pytest.mark.redis
class TestOnServices:
    """PostgreSQL, Redis, workers, clock, web: as in production."""

    def test_t1_workers_killed_one_by_one_lose_and_double_nobody(self, trial: Conduct) -> None:
        """Caught here: claims that lock no rows (the workers take turns at nothing, and it does not end in time)."""
        figures = trial("T1")
        assert figures["kills"] >= 3

    def test_t2_everything_killed_at_once_comes_back_by_itself(self, trial: Conduct) -> None:
        """Caught here: no sweep (it never ends), and a sweep that puts handed-over letters back into the queue (doubled)."""
        trial("T2")

    def test_t3_redis_flushed_killed_and_away_is_not_noticed(self, trial: Conduct) -> None:
        trial("T3")

    def test_t4_postgresql_restarted_killed_and_away_leaves_nobody_in_doubt(self, trial: Conduct) -> None:
        trial("T4")

    def test_t5_uncertain_are_exactly_those_whose_dot_was_not_answered(self, trial: Conduct) -> None:
        """Caught here: accepted before the reply (lost), and a lost reply that is tried again by itself (doubled)."""
        trial("T5")

    def test_t6_a_line_lost_before_the_dot_leaves_nobody_in_doubt(self, trial: Conduct) -> None:
        """Caught here: one person's bytes in another's envelope."""
        trial("T6")

    def test_t7_a_slow_reply_is_waited_for(self, trial: Conduct) -> None:
        trial("T7")

    def test_t8_who_is_put_off_gets_it_later_and_other_domains_do_not_wait(self, trial: Conduct) -> None:
        trial("T8")

    def test_t9_refusals_fall_on_the_right_people(self, trial: Conduct) -> None:
        trial("T9a")

    def test_t9_a_refused_log_in_halts_the_issue_and_marks_nobody(self, trial: Conduct) -> None:
        trial("T9b")

    def test_t10_lines_that_hang_keep_nobody_else_waiting(self, trial: Conduct) -> None:
        trial("T10")

    def test_t11_a_full_disk_under_postgresql_sends_no_dot_without_a_mark(self, trial: Conduct) -> None:
        trial("T11a")

    def test_t11_a_full_disk_under_the_data_folder_loses_nobody(self, trial: Conduct) -> None:
        trial("T11b")

    def test_t12_wrong_clocks_start_nothing_early_twice_or_never(self, trial: Conduct) -> None:
        """Caught here: a clock that asks its own machine for the time, and not the database."""
        trial("T12a")

    def test_t12_a_leap_of_the_databases_clock_doubles_nobody(self, trial: Conduct) -> None:
        trial("T12b")

    def test_t13_issues_due_at_once_start_once_each(self, trial: Conduct) -> None:
        """Caught here: a start that does not ask for the state it starts from."""
        trial("T13")

    def test_t14_a_confirmed_stop_stops(self, trial: Conduct) -> None:
        """Caught here: a mark that does not look at the state of the issue."""
        trial("T14")

    def test_t15_a_frozen_worker_comes_back_harmless(self, trial: Conduct) -> None:
        trial("T15a")

    def test_t15_a_worker_frozen_between_commit_and_dot_gives_no_dot(self, trial: Conduct) -> None:
        """Caught here: a dot for a mark of long ago."""
        trial("T15b")

    def test_t16_letters_that_cannot_be_made_are_set_aside_after_three_tries(self, trial: Conduct) -> None:
        trial("T16")

    def test_t18_tables_that_grow_under_running_workers_stop_nobody(self, trial: Conduct) -> None:
        trial("T18a")

    def test_t18_an_issue_half_sent_by_the_first_version_is_finished_by_this_one(self, trial: Conduct) -> None:
        trial("T18b")


class TestOnSqlite:
    """One process, one file (T19)."""

    def test_t19_everything_killed_at_once_comes_back_by_itself(self, trial: Conduct) -> None:
        """Caught here: a sweep that puts handed-over letters back into the queue (doubled)."""
        trial("T19-1")

    def test_t19_a_full_disk_sends_no_dot_without_a_mark(self, trial: Conduct) -> None:
        trial("T19-11")

    def test_t19_a_confirmed_stop_stops(self, trial: Conduct) -> None:
        trial("T19-14")
