"""indexes for the pages: captured letters, the people of a list, those whose standing is out of the ordinary

The index for searches by any part of a name is built beside the work, after the migrations: newsroom.search_index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

UNUSUAL = "consent <> 'given' OR state <> 'active'"
UNDELIVERABLE = "deliverability <> 'deliverable'"
LETTERS = "kind <> 'issue'"


def upgrade() -> None:
    _index("ix_deliveries_letters", "deliveries", ["id"], LETTERS)
    op.create_index("ix_subscriptions_list", "subscriptions", ["list_id", "id"])
    _index("ix_subscriptions_unusual", "subscriptions", ["id"], UNUSUAL)
    _index("ix_subscribers_undeliverable", "subscribers", ["id"], UNDELIVERABLE)


def _index(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(condition), sqlite_where=sa.text(condition))
