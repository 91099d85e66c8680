"""The doorbell: a Dramatiq message that says only "there is work", in process without a Redis address, over Redis with one.

Dramatiq gives a message to one process. That one calls out what it heard, and every process that listens hears the call:
all workers wake. Every actor is declared here, on a broker that exists before it. Losing a ring costs at most one poll of
the sender.
"""

import logging
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import Retries

from newsroom.sendqueue.town_crier import ANSWER_WITHIN, TownCrier
from newsroom.settings import load_settings

log = logging.getLogger(__name__)
QUEUE = "newsroom"
Listener = Callable[[int], None]


class Doorbell:
    """One broker with its actor, and who listens in this process."""

    def __init__(self, redis_url: str = "") -> None:
        self.broker = _open_broker(redis_url)
        self._crier = TownCrier(redis_url, self._pass_on) if redis_url else None
        self._listeners: list[Listener] = []
        self._worker: dramatiq.Worker | None = None
        self._lock = threading.Lock()
        declare = dramatiq.actor(broker=self.broker, actor_name="wake", queue_name=QUEUE, max_retries=0)
        self.actor = declare(self._hear)

    def ring(self, issue_id: int) -> None:
        """After the commit: there may be work for this issue (0: for none in particular). Never fails, never waits long."""
        try:
            self.actor.send(issue_id)
        except (redis.RedisError, dramatiq.DramatiqError, OSError) as error:
            log.warning("the doorbell cannot be rung (%s); the sender looks by itself within 15 seconds", error)

    def _hear(self, issue_id: int) -> None:
        """A call reaches this process as well; where it cannot be made, at least this one knows."""
        if self._crier is None or not self._crier.call(issue_id):
            self._pass_on(issue_id)

    def _pass_on(self, issue_id: int) -> None:
        for listener in tuple(self._listeners):
            listener(issue_id)

    def listen(self, listener: Listener) -> None:
        """Have rings passed on in this process; the first listener starts the one Dramatiq worker."""
        with self._lock:
            self._listeners.append(listener)
            if self._worker is None:
                self._worker = dramatiq.Worker(self.broker, queues={QUEUE}, worker_threads=1, worker_timeout=250)
                self._worker.start()
                if self._crier is not None:
                    self._crier.listen()

    def ignore(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.remove(listener)
            if not self._listeners and self._worker is not None:
                if self._crier is not None:
                    self._crier.stop()
                self._worker.stop(timeout=2_000)
                self._worker = None


def _open_broker(redis_url: str) -> dramatiq.Broker:
    """No time limit, no shutdown interrupt, no age limit: an exception raised into a running actor is worse than a lost ring."""
    middleware: list[Any] = [Retries(max_retries=0)]
    if not redis_url:
        return StubBroker(middleware=middleware)
    return RedisBroker(  # type: ignore[no-untyped-call]
        url=redis_url, middleware=middleware, heartbeat_timeout=15_000, maintenance_chance=200_000,
        socket_connect_timeout=ANSWER_WITHIN, socket_timeout=ANSWER_WITHIN * 5,
    )  # fmt: skip


@lru_cache(maxsize=8)
def doorbell(redis_url: str) -> Doorbell:
    """The one doorbell of this process for this address."""
    return Doorbell(redis_url)


def ring(issue_id: int) -> None:
    """Ring by this process's settings."""
    doorbell(load_settings().redis).ring(issue_id)
