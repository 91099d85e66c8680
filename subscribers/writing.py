"""Set-based writing that is the same on SQLite and PostgreSQL."""

from collections.abc import Sequence

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from newsroom.db import Base


def insert_new(session: Session, model: type[Base], *, unique: Sequence[str]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that skips rows whose unique columns are there already, even when a rival is just adding them."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(model).on_conflict_do_nothing(index_elements=list(unique))
    return sqlite.insert(model).on_conflict_do_nothing(index_elements=list(unique))
