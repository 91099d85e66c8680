"""newsroom bench: the benchmarks, repeatable by anyone on any machine; nothing of an installation is read or touched."""

import json
import signal

import click

from newsroom.bench import pages as pages_bench
from newsroom.bench.render import bench_render
from newsroom.bench.report import as_lines
from newsroom.bench.send import Wish, bench_send
from newsroom.bench.sending import Load
from newsroom.bench.start import bench_start
from newsroom.errors import InvalidInput

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
url_option = click.option(
    "--database-url", default="", metavar="URL",
    help="A PostgreSQL server: a scratch database is made beside the named one and dropped afterwards. Default: a server of our own.",
)  # fmt: skip
sqlite_option = click.option("--sqlite", is_flag=True, help="Measure on SQLite.")


@click.group()
def group() -> None:
    """Measure how fast this machine is with Newsroom."""
    # Ending us ends what we started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@group.command()
@json_option
@url_option
@sqlite_option
@click.option("--recipients", type=click.IntRange(1, 5_000_000), default=20_000, show_default=True, help="Letters to hand over.")
@click.option("--audience", type=click.IntRange(1, 5_000_000), help="People in the queue, where that shall be more than are sent to.")
@click.option("--connections", type=click.IntRange(1, 500), default=32, show_default=True, help="Connections of each worker.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="More than one: compared with one.")
@click.option("--sink-delay", type=click.IntRange(0, 10_000), default=0, metavar="MS", help="The mail server answers after so long.")
@click.option("--dkim", is_flag=True, help="Sign every letter (RSA-2048).")
@click.option("--rounds", type=click.IntRange(1, 100), default=9, show_default=True, help="In turn with smtp-source; the median is told.")
def send(
    *, as_json: bool, database_url: str, sqlite: bool, recipients: int, audience: int | None, connections: int, workers: int,
    sink_delay: int, dkim: bool, rounds: int,
) -> None:  # fmt: skip
    """Hand over an issue to smtp-sink, and compare with smtp-source."""
    if sqlite and workers > 1:
        raise InvalidInput.of("On SQLite one process sends; leave out --workers or --sqlite.", place="--workers")
    load = Load(recipients=recipients, audience=max(audience or 0, recipients), connections=connections, workers=workers)
    wish = Wish(load=load, database_url=database_url, sqlite=sqlite, sink_delay_ms=sink_delay, dkim=dkim, rounds=rounds)
    _tell(bench_send(wish), as_json=as_json)


@group.command()
@json_option
@click.option("--repeat", type=click.IntRange(1, 1000), default=15, show_default=True, help="Compile each language so often.")
def render(*, as_json: bool, repeat: int) -> None:
    """Compile an issue of 72 sections in each language, and make letters from a plan."""
    _tell(bench_render(repeat), as_json=as_json)


@group.command()
@json_option
@url_option
@sqlite_option
@click.option("--people", type=click.IntRange(1, 10_000_000), default=1_000_000, show_default=True, help="The audience.")
def start(*, as_json: bool, database_url: str, sqlite: bool, people: int) -> None:
    """Start an issue: its audience is fixed."""
    _tell(bench_start(people, database_url=database_url, sqlite=sqlite), as_json=as_json)


@group.command()
@json_option
@url_option
@sqlite_option
@click.option("--people", type=click.IntRange(1, 10_000_000), default=1_000_000, show_default=True, help="Subscribers.")
@click.option("--issues", type=click.IntRange(7, 10_000), default=100, show_default=True, help="Issues.")
@click.option("--looks", type=click.IntRange(1, 1000), default=20, show_default=True, help="Open each page so often.")
@click.option(
    "--only", multiple=True, metavar="NAME", help="Only pages whose name begins so, as subscribers or issues.show; may be repeated."
)
def pages(*, as_json: bool, database_url: str, sqlite: bool, people: int, issues: int, looks: int, only: tuple[str, ...]) -> None:
    """Open every page of the admin, with much behind it."""
    wish = pages_bench.Wish(people=people, issues=issues, looks=looks, database_url=database_url, sqlite=sqlite, only=only)
    _tell(pages_bench.bench_pages(wish), as_json=as_json)


def _tell(report: dict[str, object], *, as_json: bool) -> None:
    click.echo(json.dumps(report) if as_json else "\n".join(as_lines(report)))
