"""newsroom alive: whether the role beside which it is asked is at work; for the health checks of containers."""

import platform
import sys

import click
from sqlalchemy import select

from newsroom.cli.opening import opened_house
from newsroom.house import House
from newsroom.sendqueue import pulse
from newsroom.sendqueue.database_clock import clock_now
from newsroom.sendqueue.sessions import WorkerSession

QUESTIONS = ("worker", "tick")


@click.command()
@click.argument("role", type=click.Choice(QUESTIONS))
def alive(role: str) -> None:
    """Is the worker of this machine or container at work, or the clock? Exit status 1: no."""
    with opened_house() as house:
        silence = _no_worker(house) if role == "worker" else _no_clock(house)
    click.echo(silence or f"The {role} is at work.")
    sys.exit(1 if silence else 0)


def _no_worker(house: House) -> str:
    """A worker renews its session as long as it reaches the database and may send."""
    here = platform.node()
    mine = select(WorkerSession.id).where(
        WorkerSession.host == here[:200], WorkerSession.ended_at.is_(None), WorkerSession.alive_until > clock_now()
    )
    with house.database.reading() as session:
        found = session.scalar(mine.limit(1))
    return "" if found else f"No worker on {here} has a session in the database; its log says why."


def _no_clock(house: House) -> str:
    with house.database.reading() as session:
        silent = pulse.silent_for(session)
    return "" if silent is not None and silent <= pulse.SILENT_AFTER else "No clock has been round for half a minute; its log says why."
