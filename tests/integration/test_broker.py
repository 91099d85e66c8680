"""The doorbell: in process or over Redis, heard while somebody listens, and never in the way."""

import subprocess
import sys
import time

import dramatiq
import pytest
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker

from newsroom.sendqueue.broker import Doorbell, doorbell
from tests.processes import ROOT
from tests.sending import eventually
from tests.services import free_port


@pytest.fixture(params=["in process", pytest.param("redis", marks=pytest.mark.redis)])
def bell(request: pytest.FixtureRequest) -> Doorbell:
    return Doorbell(request.getfixturevalue("redis_url") if request.param == "redis" else "")


def test_a_ring_is_heard(bell: Doorbell) -> None:
    heard: list[int] = []
    listener = heard.append
    bell.listen(listener)
    bell.ring(42)
    try:
        eventually(lambda: heard == [42])
    finally:
        bell.ignore(listener)


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
    assert time.monotonic() - began < 5


def test_the_sender_imports_no_template_engine_no_languages_and_no_migrations() -> None:
    forbidden = ("newsroom.rendering.compiling", "babel", "alembic", "jinja2", "mjml", "premailer", "flask", "PIL")
    script = f"import sys, newsroom.sendqueue.sender, newsroom.sendqueue.worker; print([m for m in {forbidden} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"


def test_the_global_broker_of_dramatiq_is_not_used() -> None:
    """An actor declared without a broker would silently bind to a Redis on localhost."""
    assert "wake" not in getattr(dramatiq.broker.global_broker, "actors", {})
