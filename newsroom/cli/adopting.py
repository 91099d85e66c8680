"""newsroom adopt: take over a copied, restored or set back installation, knowingly."""

from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy.orm import Session

from newsroom.cli.noting import noted
from newsroom.cli.opening import opened_house
from newsroom.data_folder import recall, remember
from newsroom.errors import Refused
from newsroom.house import House
from newsroom.issues import OPERATOR
from newsroom.sendqueue.adopting import Concerned, Survey
from newsroom.sendqueue.adopting import adopt as take_over
from newsroom.sendqueue.adopting import survey as look_over
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.status import schema_finding

WORD = "adopt"
OTHER_KEYS = (
    "Its letters were signed with another key ring: their links (to unsubscribe, to confirm, to read in the browser) stop working for "
    "good, bounces of them are not known again, nor are suppressed addresses. Put keys.json back instead wherever you can."
)
UNKNOWN = "; how many of them were handed it after that is not known here"


@click.command()
@click.option("--evidence", type=click.Path(path_type=Path, file_okay=False, exists=True), multiple=True,
              help="Another data folder (of another worker, or the former one): what it noted at each letter counts too.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def adopt(evidence: tuple[Path, ...], *, dry_run: bool, yes: bool) -> None:
    """Take over an installation that was copied, restored or set back; says first what that means."""
    with opened_house() as house:
        folders = (house.settings.data_dir, *evidence)
        click.echo("\n".join(told(_surveyed(house, folders))))
        if dry_run:
            return
        if not yes and click.prompt(f"\nType {WORD} to go on", default="", show_default=False) != WORD:
            raise Refused("Nothing was changed.")
        click.echo(_adopted(house, folders))


def _surveyed(house: House, folders: tuple[Path, ...]) -> Survey:
    memory = recall(house.settings.data_dir)
    with house.database.reading() as session:
        _refuse_another_schema(session)
        return look_over(session, memory, folders, house.keys, now=read_clock(session))


def _adopted(house: House, folders: tuple[Path, ...]) -> str:
    """Looked at once more in the transaction that changes it: what was shown may have moved on."""
    memory = recall(house.settings.data_dir)
    with house.database.transaction() as session:
        _refuse_another_schema(session)
        now = read_clock(session)
        surveyed = look_over(session, memory, folders, house.keys, now=now)
        row = take_over(session, surveyed, folders, house.keys, by=OPERATOR, now=now)
        noted(session)
    remember(house.settings.data_dir, identity=row.identity, beat=row.beat, at=row.beat_at)
    if surveyed.joins:
        return "This data folder belongs to the installation now."
    return "Adopted. What was under way is paused: look at each issue, then `newsroom issue resume ID`, or cancel it."


def _refuse_another_schema(session: Session) -> None:
    """Whatever this version would write, it does not know what it means to the one that is meant to run."""
    found = schema_finding(session)
    if found.level == "error":
        raise Refused(f"{found} Nothing was changed.")


def told(surveyed: Survey) -> Iterator[str]:
    """What adopting would do, in sentences."""
    yield surveyed.doubt.cause if surveyed.doubt else "Newsroom has noticed nothing out of the ordinary."
    if surveyed.lacks_keys:
        yield OTHER_KEYS
    if surveyed.joins:
        workers = ", ".join(surveyed.workers)
        yield f"Others are at work on this database ({workers}): only this data folder would be made known to it."
        return
    if surveyed.stands_at:
        yield f"The database's last sign of life is of {surveyed.stands_at:%Y-%m-%d %H:%M:%S} UTC."
    yield "Adopting makes this the installation that sends, under a new identity:"
    for concerned in surveyed.issues:
        yield f"  issue {concerned.issue_id} ({concerned.slug}): {_fate(concerned)}"
    if not surveyed.issues:
        yield "  no issue is scheduled or under way."
    if surveyed.claimed:
        yield f"  letters claimed by former workers go back into the queue: {surveyed.claimed}."
    if surveyed.handed_over:
        yield f"  letters whose reply is not known become uncertain: {surveyed.handed_over}."
    if surveyed.unknown:
        yield f"  issues that were sent and that this database does not know, since they are younger: {surveyed.unknown}."
    yield "Whoever unsubscribed or was erased after that must be taken off again: this database does not know of it."


def _fate(concerned: Concerned) -> str:
    handed = f"; {concerned.handed} people were handed it after that, and become uncertain instead of getting it again" * bool(
        concerned.handed
    )
    if concerned.overdue:
        due = f"was due at {concerned.scheduled_at:%Y-%m-%d %H:%M} UTC and may have been sent"
        return f"{due}: goes back to approved, to be scheduled anew{handed}"
    if concerned.state == "scheduled":
        return f"stays scheduled for {concerned.scheduled_at:%Y-%m-%d %H:%M} UTC{handed}"
    if concerned.state in ("starting", "sending", "paused"):
        stays = "stays paused" if concerned.state == "paused" else "is paused"
        return f"{stays}, {concerned.open} letters open{handed or UNKNOWN}"
    return f"stays {concerned.state}{handed}"
