"""A call that every listening process hears, over Redis' publish and subscribe. Nothing is kept: who is not there has missed it."""

import logging
import threading
from collections.abc import Callable

import redis

log = logging.getLogger(__name__)
CHANNEL = "newsroom:wake"
ANSWER_WITHIN = 2.0
LISTEN_FOR = 1.0
AFTER_A_LOSS = 2.0


class TownCrier:
    """`call` from any thread; `listen` until `stop`, in a thread of its own that outlives a Redis that goes and comes back."""

    def __init__(self, redis_url: str, heard: Callable[[int], None]) -> None:
        self._client = redis.Redis.from_url(redis_url, socket_connect_timeout=ANSWER_WITHIN, socket_timeout=ANSWER_WITHIN)
        self._heard = heard
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.is_listening = threading.Event()

    def call(self, issue_id: int) -> bool:
        """Whether this very process, too, will hear it."""
        try:
            self._client.publish(CHANNEL, issue_id)
        except (redis.RedisError, OSError) as error:
            log.warning("the other workers cannot be woken (%s); they look by themselves within 15 seconds", error)
            return False
        return self.is_listening.is_set()

    def listen(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(self._stop,), name="town crier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(LISTEN_FOR + ANSWER_WITHIN)

    def _run(self, stop: threading.Event) -> None:
        told = False
        while not stop.is_set():
            try:
                self._listen_until(stop)
                told = False
            except (redis.RedisError, OSError) as error:
                if not told:
                    log.warning("calls over Redis are not heard (%s); the sender looks by itself every 15 seconds", error)
                told = True
                stop.wait(AFTER_A_LOSS)
            finally:
                self.is_listening.clear()

    def _listen_until(self, stop: threading.Event) -> None:
        with self._client.pubsub(ignore_subscribe_messages=False) as ear:  # type: ignore[no-untyped-call]
            ear.subscribe(CHANNEL)
            while not stop.is_set():
                message = ear.get_message(timeout=LISTEN_FOR)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    self.is_listening.set()
                    # Whatever was called while nobody listened here may have been missed.
                    self._heard(0)
                elif message["type"] == "message":
                    self._heard(int(message["data"]))
