"""marks of the key ring that an installation signs with; one from before takes those of the ring it has at its next start"""

import sqlalchemy as sa
from alembic import op

import newsroom.db

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("installation", sa.Column("key_marks", newsroom.db.Words(), nullable=True))
