"""Pictures: checked, re-encoded without their metadata, and kept under unguessable names in the data folder."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from newsroom.db import Base, PrimaryKey


class Media(Base):
    """One stored picture; `name` is its file name in the media folder and in its public address /media/<name>."""

    __tablename__ = "media"

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(120), unique=True)
    original_name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64), index=True)
    content_type: Mapped[str] = mapped_column(String(40))
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    created_at: Mapped[datetime]
