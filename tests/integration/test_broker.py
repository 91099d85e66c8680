"""The doorbell: in process or over Redis, heard while somebody listens, and never in the way."""

import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dramatiq
import pytest
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker

from newsroom.sendqueue.broker import Doorbell, doorbell
from tests.processes import ROOT
from tests.sending import eventually
from tests.services import RedisServer, free_port


@pytest.fixture(params=["in process", pytest.param("redis", marks=pytest.mark.redis)])
def bell(request: pytest.FixtureRequest) -> Doorbell:
    return Doorbell(request.getfixturevalue("redis_url") if request.param == "redis" else "")


def test_a_ring_is_heard(bell: Doorbell) -> None:
    heard: list[int] = []
    listener = heard.append
    bell.listen(listener)
    bell.ring(42)
    try:
        eventually(lambda: 42 in heard)
    finally:
        bell.ignore(listener)


HEARING = """
import sys, time
from newsroom.sendqueue.broker import Doorbell
bell = Doorbell(sys.argv[1])
bell.listen(lambda issue_id: print("heard", issue_id, flush=True))
time.sleep(60)
"""


@contextmanager
def listening_processes(redis_url: str, number: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Worker processes as far as the doorbell is concerned; each has heard its own beginning."""
    command = [sys.executable, "-c", HEARING, redis_url]
    processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(number)]
    try:
        for process in processes:
            assert next_line(process) == "heard 0"
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], 30)
    assert ready, "nothing was heard within 30 s"
    return process.stdout.readline().strip()


@pytest.mark.redis
def test_one_ring_wakes_every_worker_process(redis_url: str) -> None:
    with listening_processes(redis_url, 3) as processes:
        Doorbell(redis_url).ring(42)
        for process in processes:
            assert next_line(process) == "heard 42"


@pytest.mark.redis
def test_after_redis_was_away_every_process_hears_again(tmp_path: Path) -> None:
    redis_server = RedisServer(tmp_path)
    redis_server.start()
    heard: list[int] = []
    bell, listener = Doorbell(redis_server.url), heard.append
    bell.listen(listener)
    try:
        eventually(lambda: heard == [0])
        redis_server.kill()
        bell.ring(1)
        redis_server.start()
        # Its own look when it hears again, for whatever was rung meanwhile.
        eventually(lambda: heard.count(0) == 2)
        bell.ring(2)
        eventually(lambda: 2 in heard, seconds=60)
    finally:
        bell.ignore(listener)
        redis_server.kill()


def test_every_actor_is_on_the_broker_of_its_doorbell(bell: Doorbell) -> None:
    assert bell.actor.broker is bell.broker
    assert set(bell.broker.actors) == {"wake"}
    assert all(actor.broker is bell.broker for actor in bell.broker.actors.values())


def test_the_broker_follows_the_setting(redis_url: str) -> None:
    assert isinstance(Doorbell("").broker, StubBroker)
    assert isinstance(Doorbell(redis_url).broker, RedisBroker)


def test_nothing_is_raised_into_a_running_actor_and_nothing_is_tried_again(bell: Doorbell) -> None:
    assert [type(part).__name__ for part in bell.broker.middleware] == ["Retries"]
    assert bell.actor.options["max_retries"] == 0


def test_one_process_has_one_doorbell_per_address() -> None:
    assert doorbell("") is doorbell("")


def test_without_redis_a_ring_is_lost_quickly_and_quietly() -> None:
    bell = Doorbell(f"redis://127.0.0.1:{free_port()}/0")
    began = time.monotonic()
    bell.ring(1)
    assert time.monotonic() - began < 30


def test_the_sender_imports_no_template_engine_no_languages_and_no_migrations() -> None:
    forbidden = ("newsroom.rendering.compiling", "babel", "alembic", "jinja2", "mjml", "premailer", "flask", "PIL")
    script = f"import sys, newsroom.sendqueue.sender, newsroom.sendqueue.worker; print([m for m in {forbidden} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"


def test_the_global_broker_of_dramatiq_is_not_used() -> None:
    """An actor declared without a broker would silently bind to a Redis on localhost."""
    assert "wake" not in getattr(dramatiq.broker.global_broker, "actors", {})
