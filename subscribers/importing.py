"""Bring people from a file onto a list: streamed, checked row by row, written in chunks that may each be repeated."""

import csv
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from sqlalchemy.exc import OperationalError

from newsroom.errors import InvalidInput, Problem
from newsroom.house import House
from newsroom.issues import Actor
from newsroom.mailing_lists import get_list
from subscribers.formulas import quieted
from subscribers.reading import Record, Table, open_table
from subscribers.rows import Person, RowReader, topic_words
from subscribers.storing import MODES, Changes, Source, changes_of, store

CHUNK = 2_000
MOST_PROBLEMS_KEPT = 1_000
_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What an import did, or with `dry_run` would do. Empty rows are not counted.

    `read` = added + updated + unchanged + withdrawn + suppressed + rejected_count. `withdrawn` and `suppressed` are people who
    asked not to be written to and stay that way. `rejected` keeps the first thousand problems; the rejects file has them all.
    """

    read: int
    added: int
    updated: int
    unchanged: int
    withdrawn: int
    suppressed: int
    rejected_count: int
    rejected: tuple[Problem, ...]
    ignored_columns: tuple[str, ...]
    dry_run: bool


def import_subscribers(
    house: House,
    source: Path | BinaryIO,
    *,
    list_slug: str,
    mode: str = "active",
    dry_run: bool = False,
    rejects: TextIO | None = None,
    name: str = "",
    by: Actor,
    now: datetime,
) -> ImportReport:
    """Import a CSV file. Good rows go in, bad rows are told; InvalidInput when the file as a whole cannot be read.

    A killed import is simply run again. `name` is what the evidence calls the file (default: its own name).
    """
    if mode not in MODES:
        raise InvalidInput.of(f"{mode!r} is not a way to import.", hint=f"Known are {', '.join(MODES)}.")
    with _opened(source) as file:
        table = open_table(file)
        reader, origin = _prepare(house, table, list_slug, mode, name or _name_of(source), by=by, now=now)
        work = _Import(house=house, reader=reader, origin=origin, dry_run=dry_run, rejects=_RejectsFile(rejects, table.header))
        work.run(table.records)
    return work.report(_ignored(table, reader))


@dataclass
class _RejectsFile:
    """The rows that were not taken, as they were, with their line and the reason: correct them and import this file."""

    file: TextIO | None
    header: list[str]
    started: bool = False

    def add(self, record: Record, problem: Problem) -> None:
        if self.file is None:
            return
        writer = csv.writer(self.file, lineterminator="\r\n")
        if not self.started:
            writer.writerow([*map(quieted, self.header), "line", "reason"])
            self.started = True
        cells = (record.cells or [])[: len(self.header)]
        padding = [""] * (len(self.header) - len(cells))
        writer.writerow([*map(quieted, cells), *padding, record.line, f"{problem.message} {problem.hint}".strip()])


@dataclass
class _Import:
    """One import under way: what was seen, and the sums."""

    house: House
    reader: RowReader
    origin: Source
    dry_run: bool
    rejects: _RejectsFile
    seen: dict[int, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    sums: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("added", "updated", "unchanged", "withdrawn", "suppressed", "rejected"), 0)
    )

    def run(self, records: Iterator[Record]) -> None:
        chunk: list[Person] = []
        for record in records:
            if person := self._read(record):
                chunk.append(person)
            if len(chunk) >= CHUNK:
                self._finish(chunk)
                chunk = []
        self._finish(chunk)

    def report(self, ignored: tuple[str, ...]) -> ImportReport:
        sums = dict(self.sums)
        rejected_count = sums.pop("rejected")
        return ImportReport(
            read=sum(self.sums.values()), rejected_count=rejected_count, rejected=tuple(self.problems),
            ignored_columns=ignored, dry_run=self.dry_run, **sums,
        )  # fmt: skip

    def _read(self, record: Record) -> Person | None:
        try:
            person = self.reader.read(record)
            if person is not None:
                self._refuse_duplicate(person)
            return person
        except InvalidInput as error:
            self._reject(record, error.problems[0])
            return None

    def _refuse_duplicate(self, person: Person) -> None:
        # Half of the hash is enough to tell addresses of one file apart and keeps a million of them small.
        first = self.seen.setdefault(int(person.hash[:16], 16), person.line)
        if first != person.line:
            raise InvalidInput.of(f"The address is the same as in line {first}; the first one counts.", place=f"line {person.line}")

    def _reject(self, record: Record, problem: Problem) -> None:
        self.sums["rejected"] += 1
        if len(self.problems) < MOST_PROBLEMS_KEPT:
            self.problems.append(problem)
        self.rejects.add(record, problem)

    def _finish(self, chunk: list[Person]) -> None:
        changes = self._look(chunk) if self.dry_run else self._store(chunk)
        self.sums["added"] += len(changes.added)
        self.sums["updated"] += len(changes.changed)
        for fate in ("unchanged", "withdrawn", "suppressed"):
            self.sums[fate] += getattr(changes, fate)

    def _look(self, chunk: list[Person]) -> Changes:
        with self.house.database.reading() as session:
            return changes_of(session, chunk, self.origin)

    def _store(self, chunk: list[Person]) -> Changes:
        """One transaction; repeated when the sender and we waited for each other, which harms nobody: a chunk is idempotent."""
        for tries_left in reversed(range(_TRIES)):
            try:
                with self.house.database.transaction() as session:
                    changes = changes_of(session, chunk, self.origin)
                    store(session, changes, self.origin)
                return changes
            except OperationalError:
                if not tries_left:
                    raise
        raise AssertionError("unreachable")


def _prepare(house: House, table: Table, list_slug: str, mode: str, name: str, *, by: Actor, now: datetime) -> tuple[RowReader, Source]:
    with house.database.reading() as session:
        mailing_list = get_list(session, list_slug)
        reader = RowReader(keys=house.keys, columns=table.columns, width=len(table.header), topics=topic_words(mailing_list), mode=mode)
        return reader, Source(
            list_id=mailing_list.id, original=mailing_list.original, mode=mode, file=name, digest=table.digest, by=by, now=now
        )


def _ignored(table: Table, reader: RowReader) -> tuple[str, ...]:
    used = {position for column, position in table.columns.items() if column != "topics" or reader.topics}
    return tuple(cell.strip() for position, cell in enumerate(table.header) if position not in used and cell.strip())


def _name_of(source: Path | BinaryIO) -> str:
    return source.name if isinstance(source, Path) else "an uploaded file"


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    """A seekable file of our own: what comes from a pipe or an upload is first put on disk."""
    if isinstance(source, Path):
        try:
            file = source.open("rb")
        except OSError as error:
            raise InvalidInput.of(f"The file {source} cannot be read: {error.strerror}.") from None
        with file:
            yield file
    else:
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(source, copy)
            copy.seek(0)
            yield cast("BinaryIO", copy)
