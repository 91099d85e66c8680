"""The one clock: aware UTC, read at the edges and passed inwards as an argument."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)
