"""A backup as one file: a zip archive whose last entry, manifest.json, holds the SHA-256 of all the others.

Written front to back, so that it may go to a pipe; any unzip opens it in an emergency.
"""

import json
import lzma
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Self

from newsroom.backups.facts import fault_of
from newsroom.errors import InvalidInput

FORMAT = 1
MANIFEST = "manifest.json"
PIECE = 1 << 20
LARGEST_MANIFEST = 64 << 20
#: What zipfile raises for a part that is damaged, locked with a password, or packed in a way it does not know.
UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, NotImplementedError, OSError)
TORN = "is not a whole backup: {}. Nothing was changed; take another one."


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup says of itself. `entries`: name -> SHA-256 in hex."""

    facts: Mapping[str, Any]
    entries: Mapping[str, str]


class HashingWriter:
    """Counts and hashes what goes through."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target, self._hash = target, sha256()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._hash.update(data)
        self._target.write(data)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


@dataclass
class ArchiveWriter:
    """`entry` for each part, then `finish`, inside its `with`."""

    target: IO[bytes]
    _entries: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._zip = zipfile.ZipFile(self.target, "w")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            # Torn already: ZipFile would write its end when it is thrown away, and complain in a traceback of its own.
            self._zip.fp = None

    @contextmanager
    def entry(self, name: str, *, packed: bool = True) -> Iterator[HashingWriter]:
        """Pictures are packed already."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        with self._zip.open(info, "w", force_zip64=True) as file:
            writer = HashingWriter(file)
            yield writer
        self._entries[name] = writer.digest

    def add(self, name: str, source: IO[bytes], *, packed: bool = True) -> None:
        with self.entry(name, packed=packed) as target:
            while piece := source.read(PIECE):
                target.write(piece)

    def finish(self, facts: Mapping[str, Any]) -> None:
        manifest = {"format": FORMAT, **facts, "entries": self._entries}
        self._zip.writestr(MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False))
        self._zip.close()


@contextmanager
def opened_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except zipfile.BadZipFile as error:
        raise InvalidInput.of(f"{path} {TORN.format(error)}") from None


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        with archive.open(MANIFEST) as file:
            facts = json.loads(file.read(LARGEST_MANIFEST))
        entries = dict(facts.pop("entries"))
        written_as = facts["format"]
    except (KeyError, ValueError, TypeError, AttributeError, *UNREADABLE):
        raise torn(archive, "it has no list of what is in it") from None
    if written_as != FORMAT:
        raise InvalidInput.of(
            f"{archive.filename} has format {written_as}, and this version of Newsroom reads format {FORMAT}.",
            hint="Restore it with the version that wrote it, or a newer one.",
        )
    if fault := fault_of(facts, entries):
        raise torn(archive, fault)
    return Manifest(facts=facts, entries=entries)


def torn(archive: zipfile.ZipFile, fault: str) -> InvalidInput:
    return InvalidInput.of(f"{archive.filename} {TORN.format(fault)}")


def check(archive: zipfile.ZipFile) -> Manifest:
    """Every byte read and compared; InvalidInput names the first part that is not as it was written."""
    manifest = read_manifest(archive)
    present = Counter(archive.namelist())
    if missing := sorted({*manifest.entries, MANIFEST} ^ present.keys()):
        raise torn(archive, f"{missing[0]} is missing or was added")
    if twice := [name for name, times in present.items() if times > 1]:
        raise torn(archive, f"{twice[0]} is in it twice")
    for name, digest in manifest.entries.items():
        if _digest(archive, name) != digest:
            raise torn(archive, f"{name} was changed or damaged")
    return manifest


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    found = sha256()
    try:
        with archive.open(name) as source:
            while piece := source.read(PIECE):
                found.update(piece)
    except UNREADABLE:
        return ""
    return found.hexdigest()
