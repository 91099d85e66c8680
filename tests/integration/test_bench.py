"""The benchmarks run for real, in small: what they count is right, and nothing of theirs stays behind. How fast it is, is not asserted."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from newsroom.bench import programs
from newsroom.bench.children import parent_of
from newsroom.bench.letter import LINKS, bench_letter, bench_plan
from newsroom.bench.page_issues import LIVES
from newsroom.bench.pages import GREAT, Wish, bench_pages
from newsroom.bench.programs import postfix_program
from newsroom.bench.render import bench_render
from newsroom.bench.start import bench_start
from newsroom.errors import InvalidInput, NewsroomError, Refused
from newsroom.keys import KeyRing, Secret
from newsroom.mailing_lists import MailingList
from newsroom.messages import parts_of
from tests.processes import ROOT, environment_of
from tests.sending import eventually
from tests.services import PostgreSQL, missing

KEYS = KeyRing((Secret(1, b"1" * 32),))


@pytest.fixture
def smtp_programs() -> None:
    try:
        postfix_program("smtp-sink")
        postfix_program("smtp-source")
    except Refused:
        missing("Postfix, with smtp-sink and smtp-source,")


def bench(folder: Path, *arguments: str) -> dict[str, Any]:
    """One benchmark to its end; what it printed."""
    with started(folder, *arguments) as process:
        said, complaint = process.communicate(timeout=100)
    assert process.returncode == 0, complaint
    found: dict[str, Any] = json.loads(said)
    return found


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Its temporary files go into a folder of the test's, open to the user that PostgreSQL runs as."""
    return subprocess.Popen(
        [sys.executable, "-m", "newsroom", "bench", *arguments, "--json"], cwd=ROOT, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**environment_of({}), "TMPDIR": str(folder)},
    )  # fmt: skip


@pytest.mark.usefixtures("smtp_programs")
def test_every_letter_that_is_measured_was_accepted_and_taken_once(tmp_path: Path) -> None:
    found = bench(tmp_path, "send", "--sqlite", "--recipients", "300", "--connections", "4", "--rounds", "3")
    assert found["ratio_to_smtp_source"] == sorted(found["rounds"])[1]
    assert (found["accepted"], found["taken_by_sink"]) == (300, 300)
    assert (found["database"], found["links"], found["dkim"], found["postgres_us_per_mail"]) == ("SQLite", LINKS, False, None)
    for figure in ("mails_per_s", "cpu_us_per_mail", "sink_us_per_mail", "rss_mb", "ratio_to_smtp_source", "smtp_source_mails_per_s"):
        assert found[figure] > 0, figure
    assert list(tmp_path.iterdir()) == []


@pytest.mark.postgresql
@pytest.mark.usefixtures("smtp_programs")
def test_two_workers_are_compared_with_one_on_a_scratch_database_that_is_dropped(tmp_path: Path, postgresql: PostgreSQL) -> None:
    words = ("--workers", "2", "--sink-delay", "20", "--dkim", "--recipients", "150", "--audience", "400", "--rounds", "1")
    found = bench(tmp_path, "send", *words, "--database-url", postgresql.url("postgres"))
    assert found["accepted"] == found["taken_by_sink"] >= 150
    assert (found["audience"], found["dkim"], found["ratio_to_smtp_source"]) == (400, True, None)
    for figure in ("ratio_to_one_worker", "one_worker_mails_per_s", "postgres_us_per_mail"):
        assert found[figure] > 0, figure
    with psycopg.connect(postgresql.url("postgres").replace("+psycopg", "")) as server:
        left = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'newsroom_bench%'").fetchall()
    assert left == []


@pytest.mark.usefixtures("smtp_programs")
def test_a_benchmark_that_is_interrupted_ends_everything_it_started(tmp_path: Path) -> None:
    with started(tmp_path, "send", "--sqlite", "--recipients", "50", "--sink-delay", "9000") as process:
        eventually(lambda: list(tmp_path.glob("*/worker-0.log")), seconds=60)
        children = list(_children(process.pid))
        process.send_signal(signal.SIGTERM)  # as Ctrl-C, which Python hears by itself
        assert process.wait(timeout=60) == 1
    assert len(children) == 2
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    assert list(tmp_path.iterdir()) == []


def _children(pid: int) -> Iterator[int]:
    time.sleep(0.2)  # the worker's log is there a moment before the worker
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal() and parent_of(int(entry.name)) == pid)


def test_every_language_of_a_long_issue_is_compiled() -> None:
    found: Any = bench_render(1)
    assert found["sections"] == 72
    assert sorted(found["languages"]) == ["ar", "en", "es", "fr"]
    assert all(language["html_kb"] > 100 and language["median_ms"] > 0 for language in found["languages"].values())
    assert min(found["checks"]["best_ms"], found["checks"]["cold_ms"]) > 0
    assert min(found["letters_per_s"], found["us_per_letter"], found["us_per_dkim_signature"]) > 0


def test_an_audience_is_frozen_on_sqlite() -> None:
    assert bench_start(12_000, sqlite=True)["people"] == 12_000


@pytest.mark.postgresql
def test_an_audience_is_frozen_on_postgresql(postgresql: PostgreSQL) -> None:
    assert str(bench_start(3_000, database_url=postgresql.url("postgres"))["database"]).startswith("PostgreSQL")


def test_the_letter_is_of_the_weight_and_with_the_links_that_are_promised() -> None:
    mailing_list = MailingList(
        slug="harbours", title="Harbour Letter", from_name="Network", from_address="news@bench.example.org", postal_address="Quay",
        languages=["en"],
    )  # fmt: skip
    plan = bench_plan(mailing_list, KEYS, "spring")
    letter = bench_letter(plan, KEYS)
    assert 44_000 <= len(letter) <= 46_000
    assert len({slot.fallback for slot in plan.slots if slot.encoder == "html" and slot.fallback.startswith("https://cities")}) == LINKS
    shown = parts_of(letter)
    assert "Dear Reader Number 1," in shown.text
    assert shown.html.count("https://news.example.org/v/") >= LINKS


def test_without_postfix_the_next_step_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "POSTFIX_PLACES", str(tmp_path))
    with pytest.raises(Refused, match="apt-get install postfix"):
        postfix_program("smtp-sink")


@pytest.mark.parametrize(
    ("url", "words"), [("mysql://x/y", "not the address of a PostgreSQL"), ("postgresql://x:y@127.0.0.1:9/z", "cannot be reached")]
)
def test_what_is_no_postgresql_server_is_told_in_a_sentence(url: str, words: str) -> None:
    with pytest.raises(NewsroomError, match=words) as told:
        bench_start(1, database_url=url)
    assert "x:y" not in str(told.value)


def test_a_page_that_there_is_not_is_told_before_a_million_people_are_made() -> None:
    with pytest.raises(InvalidInput, match=r"Did you mean languages\.show\?"):
        bench_pages(Wish(people=1_000_000, issues=100, looks=2, sqlite=True, only=("language.show",)))


def test_every_page_is_timed_and_its_statements_are_counted() -> None:
    found = bench_pages(
        Wish(people=300, issues=7, looks=2, sqlite=True, only=("languages", "history.index"), sections=13, most_sections=14)
    )
    by_name = {row["page"]: row for row in found["slowest"]}
    assert by_name.keys() == {"history.index", "languages.index", "languages.show", "languages.states"}
    for row in by_name.values():
        assert row["status"] == 200
        assert 0 < row["p50_ms"] <= row["p95_ms"]
        assert row["statements"] > 3
        assert row["processor_p50_ms"] > 0
    # Each of the seven states and the great draft; a page, the states for its scripts, and the languages with a question.
    assert found["pages_opened"] > 8 * 3
    assert by_name["languages.show"]["issue"] in (*LIVES, GREAT)
