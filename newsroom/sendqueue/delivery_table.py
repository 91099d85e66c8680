"""Who got it, who did not, and why: the table that the admin and the command line give out."""

from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy.orm import Session

from newsroom.sendqueue.delivery_rows import DeliveryRow, delivery_rows
from subscribers.formulas import quieted


def delivery_table(session: Session, issue_id: int, state: str | None = None, kind: str = "issue") -> Iterator[list[str]]:
    """The names of the columns, then one row per person, streamed; no cell is run by a spreadsheet."""
    yield [field.name for field in fields(DeliveryRow)]
    for row in delivery_rows(session, issue_id, state, kind):
        yield [quieted(_cell(value)) for value in asdict(row).values()]


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return "" if value is None else str(value)
