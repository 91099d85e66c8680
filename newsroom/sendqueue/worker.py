"""What runs in a worker process: one sender, the doorbell that wakes it, and, embedded, the clock."""

import threading

from newsroom.house import House
from newsroom.sendqueue.broker import doorbell
from newsroom.sendqueue.halt_round import TellHalt, tell_nobody_of_halts
from newsroom.sendqueue.link_round import Tell, tell_nobody
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.tick import run_tick_forever
from newsroom.sendqueue.transports.base import Transport

CLOCK_GRACE = 5.0


class Engine:
    """`start` returns at once, whatever the state of database, Redis and mail server; `stop` within the sender's grace."""

    def __init__(
        self, house: House, *, tick: bool = False, transport: Transport | None = None, tell: Tell = tell_nobody,
        tell_halt: TellHalt = tell_nobody_of_halts,
    ) -> None:  # fmt: skip
        self._doorbell = doorbell(house.settings.redis)
        self._sender = Sender(house, transport=transport)
        self._stop = threading.Event()
        told = {"tell": tell, "tell_halt": tell_halt}
        clock = threading.Thread(target=run_tick_forever, args=(house, self._stop), kwargs=told, name="tick", daemon=True)
        self._clock = clock if tick else None

    def start(self) -> None:
        self._sender.start()
        self._doorbell.listen(self._sender.ring)
        if self._clock:
            self._clock.start()

    def ring(self, issue_id: int) -> None:
        """There is work for this issue; call it after the commit."""
        self._doorbell.ring(issue_id)

    def stop(self) -> bool:
        """No new marks; returns once the replies under way are recorded. False: a part hangs, and may never end by itself."""
        self._stop.set()
        self._doorbell.ignore(self._sender.ring)
        ended = self._sender.stop()
        if self._clock:
            self._clock.join(CLOCK_GRACE)
            ended = ended and not self._clock.is_alive()
        return ended
