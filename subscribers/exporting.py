"""The people of a list as rows of a CSV file that no spreadsheet runs and that imports back to the same."""

import csv
from collections.abc import Iterable, Iterator
from typing import TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom.mailing_lists import get_list
from subscribers.formulas import quieted
from subscribers.models import Subscriber, Subscription
from subscribers.rows import EVERYTHING, NOTHING

HEADER = ("email", "name", "language", "topics", "consent", "state", "deliverability", "since")
_AT_ONCE = 2_000


def export_rows(session: Session, list_slug: str) -> Iterator[tuple[str, ...]]:
    """The header, then one row per person on the list, whatever their standing; every cell neutralised."""
    list_id = get_list(session, list_slug).id
    yield HEADER
    chosen = (
        select(Subscriber, Subscription)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscription.list_id == list_id)
        .order_by(Subscriber.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for subscriber, subscription in session.execute(chosen):
        yield _row(subscriber, subscription)


def write_csv(rows: Iterable[Iterable[str]], file: TextIO) -> int:
    """Write the rows (open the file with newline=''); the number written, header included."""
    writer = csv.writer(file, lineterminator="\r\n")
    written = 0
    for row in rows:
        writer.writerow(row)
        written += 1
    return written


def _row(subscriber: Subscriber, subscription: Subscription) -> tuple[str, ...]:
    cells = (
        subscriber.address, subscriber.name, subscriber.language, _topics(subscription.topics),
        subscription.consent, subscription.state, subscriber.deliverability, subscription.created_at.date().isoformat(),
    )  # fmt: skip
    return tuple(quieted(cell) for cell in cells)


def _topics(topics: tuple[str, ...] | None) -> str:
    return EVERYTHING if topics is None else ",".join(topics) or NOTHING
