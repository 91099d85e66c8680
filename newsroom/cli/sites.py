"""newsroom admin, newsroom public: the two roles that browsers talk to."""

import errno
from typing import Any

import click

from admin.server import create_server
from newsroom.cli.first_start import setup_address
from newsroom.cli.opening import opened_house
from newsroom.cli.stopping import leave_on_signal
from newsroom.errors import ConfigurationError
from newsroom.house import House
from newsroom.settling_in import settle_in_to_answer

host_option = click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 for all.")
port_option = click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="The port to listen on.")


@click.command()
@host_option
@port_option
def admin(host: str, port: int) -> None:
    """Serve the pages of the staff."""
    with opened_house(patience=None) as house:
        server = open_server(house, host, port, admin=True, public=False)
        link = setup_address(house, house.settings.admin, without_accounts=True)
        _serve(server, f"The admin listens on {host}:{port}." + (f" Nobody has an account yet; set it up: {link}" if link else ""))


@click.command()
@host_option
@port_option
def public(host: str, port: int) -> None:
    """Serve the pages of the readers."""
    with opened_house(patience=None) as house:
        _serve(open_server(house, host, port, admin=False, public=True), f"The public pages listen on {host}:{port}.")


def open_server(house: House, host: str, port: int, *, admin: bool, public: bool) -> Any:
    """A server that listens already; ConfigurationError tells in one sentence why it cannot."""
    try:
        server = create_server(house, host=host, port=port, admin=admin, public=public)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(f"Port {port} is taken. Choose another one: --port {port + 1} (make run PORT={port + 1}).") from None
        raise ConfigurationError(f"Newsroom cannot listen on {host}:{port}: {error.strerror}.") from None
    settle_in_to_answer()
    return server


def _serve(server: Any, started: str) -> None:
    leave_on_signal()
    click.echo(started)
    server.run()
    server.close()
