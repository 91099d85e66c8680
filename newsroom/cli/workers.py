"""newsroom worker, newsroom tick: the two roles that no browser talks to."""

import threading

import click

from admin.halt_notices import tell_of_halt
from admin.link_notices import tell_of_links
from newsroom.cli.opening import opened_house
from newsroom.cli.stopping import leave_behind, stop_event
from newsroom.sendqueue.doctor import warn_at_start
from newsroom.sendqueue.tick import run_tick_forever
from newsroom.sendqueue.worker import CLOCK_GRACE, Engine
from newsroom.settling_in import settle_in


@click.command()
def worker() -> None:
    """Hand over mail: one sender process. Start as many as you like."""
    stop = stop_event()
    with opened_house(patience=None) as house:
        engine = Engine(house)
        engine.start()
        warn_at_start(house)
        settle_in()
        click.echo("The worker is running.")
        stop.wait()
        if not engine.stop():
            leave_behind()


@click.command()
def tick() -> None:
    """The clock: starts what is due, sweeps what was left behind."""
    stop = stop_event()
    with opened_house(patience=None) as house:
        # In a thread of its own: this one must hear SIGTERM and leave while a statement hangs.
        told = {"tell": tell_of_links, "tell_halt": tell_of_halt}
        clock = threading.Thread(target=run_tick_forever, args=(house, stop), kwargs=told, name="tick", daemon=True)
        clock.start()
        click.echo("The clock is running.")
        stop.wait()
        clock.join(CLOCK_GRACE)
        if clock.is_alive():
            leave_behind()
