"""newsroom up: admin, public pages, queue and clock in one process."""

from dataclasses import dataclass

import click
from sqlalchemy import func, select

from admin.accounts import User, add_user
from admin.halt_notices import tell_of_halt
from admin.link_notices import tell_of_links
from admin.setup_link import FIRST_USER
from newsroom import schema
from newsroom.cli.first_start import setup_address
from newsroom.cli.opening import opened_house
from newsroom.cli.sites import host_option, open_server, port_option
from newsroom.cli.stopping import leave_behind, leave_on_signal
from newsroom.clock import utc_now
from newsroom.demo.loading import load_demo
from newsroom.house import House
from newsroom.relays import load_relays
from newsroom.sendqueue.doctor import warn_at_start
from newsroom.sendqueue.worker import Engine
from newsroom.settings import locked_settings


@dataclass(frozen=True, kw_only=True)
class FirstLogin:
    """Who may log in; the password only at the start that made the account."""

    email: str
    password: str


@click.command()
@host_option
@port_option
@click.option("--demo", is_flag=True, help="Bring in the demo: a list, forty people, an issue in each state.")
def up(host: str, port: int, *, demo: bool) -> None:
    """Start everything on this machine: admin, public pages, queue and clock."""
    address = f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}"  # noqa: S104 - compared, not bound
    leave_on_signal()
    own = {} if "public_url" in locked_settings() else {"public_url": address}
    with opened_house(patience=None, **own) as house:
        schema.upgrade(house.database)
        server = open_server(house, host, port, admin=True, public=True)
        if demo:
            load_demo(house, now=utc_now())
        # Last: from here on nothing can come between the password and its reader.
        _run(house, server, _greeting(house, address, first_login(house)))


def _run(house: House, server: object, greeting: str) -> None:
    engine = Engine(house, tick=True, tell=tell_of_links, tell_halt=tell_of_halt)
    engine.start()
    warn_at_start(house)
    try:
        click.echo(greeting)
        server.run()  # type: ignore[attr-defined]
    finally:
        server.close()  # type: ignore[attr-defined]
        if not engine.stop():
            leave_behind()


def first_login(house: House) -> FirstLogin | None:
    """The administrator made at the very first start; None when there are accounts already."""
    with house.database.transaction() as session:
        if session.scalar(select(func.count(User.id))):
            return None
        user, password = add_user(session, FIRST_USER, "administrator", name="Administrator", now=utc_now())
        return FirstLogin(email=user.email, password=password)


def _greeting(house: House, address: str, login: FirstLogin | None) -> str:
    settings = house.settings
    rows = [
        ("Admin", f"{address}/admin/"),
        ("Readers", settings.public_url if settings.public_url == address else f"{address} (in letters: {settings.public_url})"),
        ("Mail", _way_out(house)),
        ("Data", str(settings.data_dir.absolute())),
        *_login_rows(login),
        *_setup_rows(house, address),
    ]
    lines = "\n".join(f"  {name:<10}{value}" for name, value in rows)
    return f"\nNewsroom is running.\n\n{lines}\n\n  Ctrl-C stops it.\n"


def _login_rows(login: FirstLogin | None) -> list[tuple[str, str]]:
    if login is None:
        return [("Log in", "with your account; `newsroom user add EMAIL --role administrator` makes another one")]
    return [("Log in as", login.email), ("Password", f"{login.password}   (shown this once; change it under your name)")]


def _setup_rows(house: House, address: str) -> list[tuple[str, str]]:
    link = setup_address(house, address)
    return [("Set it up", f"{link}   (good for a day, used once)")] if link else []


def _way_out(house: House) -> str:
    with house.database.reading() as session:
        relays = load_relays(session, house.settings, house.keys)
    if not any(relay.reaches_people for relay in relays):
        return "captured: shown in the admin's Outbox, never sent"
    return f"handed to {', '.join(relay.label for relay in relays)}"
