"""The pictures that an issue file names: found beside it and nowhere else, read and judged before anything is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from newsroom.errors import InvalidInput, NotFound
from newsroom.media import Media, MediaStore, find_media, known_picture
from newsroom.nearest import nearest
from newsroom.pictures import LARGEST_BYTES, Picture, read_picture


@dataclass(frozen=True, kw_only=True)
class FoundPicture:
    """A picture of the file: one that is kept already, or one to keep."""

    original_name: str
    content: Media | Picture


def find_picture(session: Session, store: MediaStore, folder: Path | None, file: str) -> FoundPicture:
    """The picture of this name: in the folder, or without one in the media library. InvalidInput says why not."""
    if folder is None:
        return _from_library(session, store, file)
    path = _inside(folder, file)
    data = _bytes_of(path, file)
    known = known_picture(session, store, data)
    return FoundPicture(original_name=path.name, content=known or read_picture(data, name=file))


def _from_library(session: Session, store: MediaStore, file: str) -> FoundPicture:
    media: Mapping[str, Media] = find_media(session, [file])
    try:
        present = file in media and store.path(file).exists()
    except NotFound:
        present = False
    if not present:
        raise InvalidInput.of(f"There is no picture {file!r} in the library.")
    return FoundPicture(original_name=media[file].original_name, content=media[file])


def _inside(folder: Path, file: str) -> Path:
    """The path of the file; links and dots that lead out of the folder are refused."""
    try:
        path = (folder / file).resolve()
    except (OSError, ValueError, RuntimeError):
        raise InvalidInput.of(f"{file!r} is not the name of a file.") from None
    if Path(file).is_absolute() or not path.is_relative_to(folder.resolve()):
        raise InvalidInput.of(f"{file!r} leads out of the folder of the issue file.", hint="Put the picture beside it.")
    return path


def _bytes_of(path: Path, file: str) -> bytes:
    try:
        if path.is_dir():
            raise InvalidInput.of(f"{file!r} is a folder, not a picture.")
        if not path.is_file():
            raise InvalidInput.of(f"There is no picture {file!r} beside the issue file.", hint=_near(path))
        if path.stat().st_size > LARGEST_BYTES:
            raise InvalidInput.of(f"{file!r} is too large: at most {LARGEST_BYTES:,} bytes are taken.")
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput.of(f"{file!r} cannot be read: {error.strerror}.") from None


def _near(path: Path) -> str:
    """The picture that was probably meant, by its name without the ending."""
    beside = {other.stem: other.name for other in path.parent.iterdir()} if path.parent.is_dir() else {}
    meant = nearest(path.stem, beside)
    return f"Did you mean {beside[meant]}?" if meant else ""
