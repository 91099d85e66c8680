"""Pictures: checked, re-encoded without their metadata, and kept under unguessable names in the data folder."""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from newsroom.db import Base, BigId, Json, PrimaryKey
from newsroom.errors import NotFound
from newsroom.files import write_whole
from newsroom.pictures import Picture, read_picture

NAME = re.compile(r"[0-9a-z]{20,64}\.(?:png|jpg|gif)")


#: How many pictures one page of the library shows.
PAGE = 48


class Media(Base):
    """One stored picture; `name` is its file name in the media folder and in its public address /media/<name>.

    `alt` says what it shows, one text or one per language: a section that chooses the picture begins with it and then has its own.
    """

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
    alt: Mapped[Any] = mapped_column(Json, default="", server_default='""')
    uploaded_by: Mapped[int | None] = mapped_column(BigId)


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A page of the library, the newest first; `older` is where the next one begins."""

    pictures: tuple[Media, ...]
    older: int | None


@dataclass(frozen=True)
class MediaStore:
    """The folder of the pictures. A file there is whole or absent."""

    folder: Path

    def path(self, name: str) -> Path:
        """Where the picture of this name lies; NotFound for what is no name of ours, so that no request leaves the folder."""
        if not NAME.fullmatch(name):
            raise NotFound(f"There is no picture {name!r}.")
        return self.folder / name

    def read(self, name: str) -> bytes:
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"There is no picture {name!r}.") from None

    def write(self, name: str, data: bytes) -> None:
        """All or nothing, and on the disk before this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.path(name), data)


def store_picture(session: Session, store: MediaStore, data: bytes, *, original_name: str, now: datetime) -> Media:
    """Keep the picture in these bytes; one that is here already is not kept twice. InvalidInput naming the file otherwise."""
    known = known_picture(session, store, data)
    return known or keep_picture(session, store, read_picture(data, name=original_name), original_name=original_name, now=now)


def known_picture(session: Session, store: MediaStore, data: bytes) -> Media | None:
    """The picture that is kept as exactly these bytes, such as one that was exported from here."""
    known = _with_digest(session, sha256(data).hexdigest())
    return known if known and store.path(known.name).exists() else None


def keep_picture(session: Session, store: MediaStore, picture: Picture, *, original_name: str, now: datetime) -> Media:
    """Keep a picture that was read before."""
    media = _with_digest(session, picture.digest) or _new_media(picture, original_name, now)
    if not store.path(media.name).exists():
        store.write(media.name, picture.data)
    session.add(media)
    session.flush()
    return media


def _with_digest(session: Session, digest: str) -> Media | None:
    return session.scalar(select(Media).where(Media.digest == digest).order_by(Media.id).limit(1))


def _new_media(picture: Picture, original_name: str, now: datetime) -> Media:
    return Media(
        name=f"{secrets.token_hex(16)}.{picture.suffix}", original_name=PurePosixPath(original_name).name[-200:], digest=picture.digest,
        content_type=picture.content_type, width=picture.width, height=picture.height, size=len(picture.data), created_at=now,
    )  # fmt: skip


def find_media(session: Session, names: Collection[str]) -> dict[str, Media]:
    """The known ones of these pictures, by name."""
    return {media.name: media for media in session.scalars(select(Media).where(Media.name.in_(names)))} if names else {}


def shelf(session: Session, *, before: int | None = None, like: str = "") -> Shelf:
    """The pictures of the library, those whose file was called so."""
    chosen = select(Media).order_by(Media.id.desc()).limit(PAGE + 1)
    if before:
        chosen = chosen.where(Media.id < before)
    if like.strip():
        chosen = chosen.where(Media.original_name.icontains(like.strip(), autoescape=True))
    found = tuple(session.scalars(chosen))
    return Shelf(pictures=found[:PAGE], older=found[PAGE - 1].id if len(found) > PAGE else None)


def describe(session: Session, media_id: int, alt: str | dict[str, str]) -> None:
    """Say what the picture shows."""
    media = session.get(Media, media_id)
    if media is None:
        raise NotFound(f"There is no picture {media_id}.")
    media.alt = alt
