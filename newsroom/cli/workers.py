"""newsroom worker, newsroom tick: the two roles that no browser talks to."""

import click

from newsroom.cli.opening import opened_house
from newsroom.cli.stopping import stop_event
from newsroom.sendqueue.tick import run_tick_forever
from newsroom.sendqueue.worker import Engine


@click.command()
def worker() -> None:
    """Hand over mail: one sender process. Start as many as you like."""
    with opened_house() as house:
        stop = stop_event()
        engine = Engine(house)
        engine.start()
        click.echo("The worker is running.")
        stop.wait()
        engine.stop()


@click.command()
def tick() -> None:
    """The clock: starts what is due, sweeps what was left behind."""
    with opened_house() as house:
        stop = stop_event()
        click.echo("The clock is running.")
        run_tick_forever(house, stop)
