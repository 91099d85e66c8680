"""Where a trial takes place: services of its own or shared ones, at small or full size."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.chaos.catalogue import Trial
from tests.chaos.lab import Lab, laboratory
from tests.services import PostgreSQL, RedisServer


@contextmanager
def ground_of(
    trial: Trial, folder: Path, *, seed: int, full: bool, cluster: PostgreSQL | None, template: str = "template1"
) -> Iterator[Lab]:
    """A laboratory with a Redis of its own, on a database of its own in this cluster (None: SQLite)."""
    place = int(full)
    with ExitStack() as stack:
        database_url, server = "", None
        if trial.ground != "sqlite" and cluster is not None:
            name = f"chaos_{folder.name}".lower()[:60]
            database_url = cluster.create(name, template)
            server = RedisServer(folder)
            server.start()
            stack.callback(server.kill)
            stack.callback(_drop, cluster, name)
        yield stack.enter_context(
            laboratory(
                folder, seed=seed, database_url=database_url, cluster=cluster if database_url else None, redis_server=server,
                connections=trial.connections[place], delay=trial.delay[place], migrated=template != "template1" and bool(database_url),
            )
        )  # fmt: skip


def _drop(cluster: PostgreSQL, name: str) -> None:
    if cluster.process is None:
        cluster.start()
    cluster.drop(name)


def conduct(trial: Trial, lab: Lab, *, full: bool) -> dict[str, Any]:
    """The figures; an AssertionError where the promise did not hold."""
    return trial.run(lab, trial.full if full else trial.small)
