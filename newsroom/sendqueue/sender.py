"""The sender of one worker process: a loop of its own in a thread, its connections, one committer, one worker session.

It looks for work by itself every 15 seconds; the doorbell only makes it look sooner.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import platform
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import IO

from sqlalchemy.exc import SQLAlchemyError

from newsroom.db import said_by
from newsroom.house import House
from newsroom.public_links import PublicLinks
from newsroom.sendqueue import event_loop, sweeping
from newsroom.sendqueue.belonging import doubt_about, is_of_a_newer_version
from newsroom.sendqueue.claiming import Claimer
from newsroom.sendqueue.committer import Committer
from newsroom.sendqueue.dispatch import Dispatch, Ways
from newsroom.sendqueue.durability import forgetful
from newsroom.sendqueue.events import set_within
from newsroom.sendqueue.handed_over import HandedOver
from newsroom.sendqueue.journal import Journal, take_over
from newsroom.sendqueue.ledger import release_everything
from newsroom.sendqueue.letters import LetterMaker
from newsroom.sendqueue.pace import Pace
from newsroom.sendqueue.relay_book import FixedWays, RelayBook
from newsroom.sendqueue.sessions import end_session, open_session, renew
from newsroom.sendqueue.transports.base import Transport
from newsroom.sendqueue.transports.outbox import OutboxTransport

log = logging.getLogger(__name__)
RETRY_AFTER = 2.0
LAST_WRITES = 5.0
PACE = Pace()


class SessionOver(Exception):
    """The worker session was swept: whatever it held belongs to others."""


class Sender:
    """`start`, `ring`, `stop`, each from any thread."""

    def __init__(
        self,
        house: House,
        *,
        transport: Transport | None = None,
        book: Ways | None = None,
        stop_grace: float | None = None,
        pace: Pace = PACE,
    ) -> None:
        self._house = house
        self._book = book or (FixedWays(transport) if transport else RelayBook(house))
        self._pace = pace if stop_grace is None else replace(pace, stop_grace=stop_grace)
        self._stop = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._over = threading.Event()
        self._has_begun = False
        self._dispatch: Dispatch | None = None
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ring(self, issue_id: int = 0) -> None:
        """There may be work; harmless at any time."""
        if (dispatch := self._dispatch) is not None:
            self._call(dispatch.ring)

    def stop(self) -> bool:
        """No new marks; returns when the last reply is recorded, soon after `stop_grace` at the latest.

        False: something hangs in a database that does not answer, and the thread cannot be waited for.
        """
        self._stop.set()
        if (stopping := self._stopping) is not None:
            self._call(stopping.set)
        if self._thread.is_alive():
            self._over.wait(self._pace.stop_grace + LAST_WRITES + 3)
            self._thread.join(1)
        return not self._thread.is_alive()

    def _call(self, function: Callable[[], object]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(function)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                event_loop.run(self._live())
            except SessionOver:
                log.warning("this worker's session was ended by a sweep; it begins a new one")
            except Exception:
                log.exception("the sender broke down; it begins again in %g seconds", RETRY_AFTER)
                self._stop.wait(RETRY_AFTER)
        self._over.set()

    async def _live(self) -> None:
        """One worker session, from its beginning to its end."""
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        if self._stop.is_set():
            return
        try:
            async with self._alone() as admitted:
                if admitted and (token := await self._begin_session()) is not None:
                    await self._serve(token)
        finally:
            # What hangs in the database now would be waited for by the loop's end.
            if self._stop.is_set():
                self._over.set()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[bool]:
        """On SQLite one sender per data folder: wait for the lock. False when told to stop meanwhile."""
        if not self._house.database.is_sqlite:
            yield True
            return
        with (self._house.settings.data_dir / "sender.lock").open("w") as file:
            waiting = False
            while not _locked(file):
                if not waiting:
                    log.warning("another process sends from this data folder; this one waits until that has ended")
                waiting = True
                if await self._told_to_stop_within(1.0):
                    yield False
                    return
            yield True

    async def _told_to_stop_within(self, seconds: float) -> bool:
        if self._stopping is not None:
            await set_within(self._stopping, seconds)
        return self._stop.is_set()

    async def _begin_session(self) -> str | None:
        """A session's token, as soon as the database is there."""
        while True:
            opening = asyncio.create_task(asyncio.to_thread(self._open_session))
            stopping = asyncio.create_task(self._told_to_stop())
            await asyncio.wait((opening, stopping), return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not opening.done():
                return None
            try:
                if (token := opening.result()) is not None:
                    return token
            except SQLAlchemyError as error:
                log.warning("the sender waits for the database: %s", said_by(error))
            if await self._told_to_stop_within(RETRY_AFTER):
                return None

    def _open_session(self) -> str | None:
        """None while database, data folder and version do not belong together, or the database forgets what it has confirmed."""
        if not self._has_begun and is_of_a_newer_version(self._house):
            return None
        self._has_begun = True
        if doubt_about(self._house) is not None:
            return None
        database = self._house.database
        take_over(self._house.settings.data_dir, database)
        with database.engine.begin() as connection:
            if broken := forgetful(connection):
                log.error("nothing is sent: %s", broken[0])
                return None
            if database.is_sqlite:
                sweeping.end_all_sessions(connection)
                sweeping.sweep_ended_sessions(connection)
            return open_session(connection, host=platform.node(), process=os.getpid())

    async def _serve(self, token: str) -> None:
        journal = Journal(self._house.settings.data_dir, token)
        committer = Committer(self._house.database, token, journal, stranger=lambda: doubt_about(self._house), clock=self._pace.clock)
        dispatch = self._dispatch = self._new_dispatch(token, committer)
        handed_over = HandedOver(self._house.settings.data_dir, token)
        committer.on_marked = handed_over.note
        committer.on_release = lambda: self._call(dispatch.ring)
        committer.start()
        try:
            await self._until_over(token, dispatch)
        finally:
            self._dispatch = None
            await dispatch.finish(self._pace.stop_grace)
            await asyncio.to_thread(committer.stop, LAST_WRITES)
            handed_over.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.to_thread(self._end_session, token), LAST_WRITES)

    def _new_dispatch(self, token: str, committer: Committer) -> Dispatch:
        house = self._house
        letters = LetterMaker(PublicLinks(house.keys, house.settings.public_url))
        return Dispatch(
            database=house.database,
            book=self._book,
            outbox=OutboxTransport(house.outbox_dir),
            claimer=Claimer(house.database, token, letters),
            letters=letters,
            committer=committer,
            pace=self._pace,
        )

    async def _until_over(self, token: str, dispatch: Dispatch) -> None:
        """Until told to stop; SessionOver when the session is, and whatever else breaks a part of the sender."""
        works = (self._told_to_stop(), self._stay_alive(token), dispatch.run())
        tasks: list[asyncio.Task[None]] = [asyncio.create_task(work) for work in works]
        done, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for task in done:
            task.result()

    async def _told_to_stop(self) -> None:
        while not await self._told_to_stop_within(60):
            pass

    async def _stay_alive(self, token: str) -> None:
        while True:
            await asyncio.sleep(self._pace.renew_every)
            try:
                if not await asyncio.to_thread(self._renew, token):
                    raise SessionOver
            except SQLAlchemyError as error:
                log.warning("the worker session could not be renewed: %s", said_by(error))

    def _renew(self, token: str) -> bool:
        if doubt_about(self._house) is not None:
            return False
        with self._house.database.engine.begin() as connection:
            return renew(connection, token)

    def _end_session(self, token: str) -> None:
        """Give back what was not marked; what was marked and has no reply is uncertain from now on."""
        try:
            with self._house.database.engine.begin() as connection:
                release_everything(connection, token)
                end_session(connection, token)
                sweeping.sweep_ended_sessions(connection)
        except SQLAlchemyError as error:
            log.warning("the worker session could not be ended; it is swept when it has been silent for a while: %s", said_by(error))


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
