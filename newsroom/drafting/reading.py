"""Text -> YAML -> plain values, every scalar a text as it was written, bounded, each value's line remembered.

YAML 1.1 would read `15:05` as 905, `NO` as false and `2023-10-25` as a date object; here the section's fields decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from newsroom.errors import InvalidInput

LARGEST = 1_000_000
DEEPEST = 40
# Aliases count with all they stand for: a bomb of nested aliases ends here and not in memory.
MOST_VALUES = 100_000
NOTHING = frozenset({"", "~", "null", "Null", "NULL"})

Path = tuple[str | int, ...]
Value = Any


@dataclass(frozen=True)
class Document:
    """The values of a file, and the line where each one stands (from 1)."""

    value: Value
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of this value, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def decoded(data: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 that says so."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidInput.of("the file is not UTF-8 text.", place=f"Line {line}", hint="Save it as UTF-8.") from None


def read_document(text: str) -> Document:
    """The one YAML document in the text. InvalidInput names line and column of what cannot be read."""
    if len(text) > LARGEST:
        raise InvalidInput.of(f"The file is too large: {len(text):,} characters, at most {LARGEST:,} are read.")
    builder = _Builder()
    try:
        for event in yaml.parse(text.removeprefix("\ufeff"), Loader=yaml.SafeLoader):
            builder.take(event)
    except yaml.reader.ReaderError as error:
        raise _unprintable(text.removeprefix("\ufeff"), error) from None
    except yaml.MarkedYAMLError as error:
        raise _broken(error) from None
    return Document(value=builder.root, lines=builder.lines)


def _unprintable(text: str, error: yaml.reader.ReaderError) -> InvalidInput:
    before = text[: error.position]
    line, column = before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1
    message = f"holds the control character U+{ord(text[error.position]):04X}, which no letter can carry."
    return InvalidInput.of(message, place=_place(line, column), hint="It comes along when one pastes from Word; delete it.")


def _broken(error: yaml.MarkedYAMLError) -> InvalidInput:
    mark = error.problem_mark or error.context_mark
    place = _place(mark.line + 1, mark.column + 1) if mark else ""
    return InvalidInput.of(SENTENCES.get(error.problem or "", ANY_OTHER), place=place)


SENTENCES = {
    "mapping values are not allowed here": "is not YAML: a second colon on one line. Put the text in quotes.",
    "found character '\\t' that cannot start any token": "is not YAML: a tab. Indent with spaces.",
    "found unexpected end of stream": "is not YAML: the file ends inside a quoted text.",
    "could not find expected ':'": "is not YAML: a colon is missing, or a text goes on without being indented.",
}


ANY_OTHER = "is not YAML: the indentation or a bracket, quote or colon goes wrong here or just before."


def _place(line: int, column: int) -> str:
    return f"Line {line}, column {column}"


@dataclass
class _Open:
    """A list or mapping that is not closed yet; `key` is the mapping's key that waits for its value."""

    value: dict[str, Value] | list[Value]
    path: Path
    anchor: str | None
    begin: int
    key: str | None = None


@dataclass
class _Builder:
    """Builds values from YAML's events without recursion."""

    root: Value = None
    lines: dict[Path, int] = field(default_factory=dict)
    _open: list[_Open] = field(default_factory=list)
    _anchors: dict[str, tuple[Value, int]] = field(default_factory=dict)
    _count: int = 0
    _documents: int = 0

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self._begin_document(event)
            case yaml.ScalarEvent():
                self._refuse_tag(event)
                self._scalar(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._refuse_tag(event)
                self._begin(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end()

    def _begin_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _at(event, "begins a second document; one file holds one issue.")

    def _refuse_tag(self, event: Any) -> None:
        if event.tag not in (None, "!"):
            raise _at(event, f"uses the YAML tag {event.tag}; write plain values only.")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        nothing = event.implicit[0] and event.style is None and event.value in NOTHING
        value = None if nothing else event.value
        self._add(value, event, size=1)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor not in self._anchors:
            raise _at(event, f"uses the alias *{event.anchor}, but nothing before it is named &{event.anchor}.")
        value, size = self._anchors[event.anchor]
        self._add(value, event, size=size)

    def _begin(self, event: Any) -> None:
        if len(self._open) >= DEEPEST:
            raise _at(event, f"is nested too deeply: more than {DEEPEST} lists and mappings stand inside each other.")
        value: dict[str, Value] | list[Value] = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self._add(value, event, size=1)
        self._open.append(_Open(value, path, event.anchor, self._count))

    def _end(self) -> None:
        closed = self._open.pop()
        if closed.anchor:
            self._anchors[closed.anchor] = (closed.value, self._count - closed.begin + 1)

    def _add(self, value: Value, event: Any, *, size: int) -> Path:
        self._count += size
        if self._count > MOST_VALUES:
            raise _at(event, f"makes the file too large: more than {MOST_VALUES:,} values, aliases counted with what they stand for.")
        path = self._place(value, event)
        self.lines.setdefault(path, event.start_mark.line + 1)
        return path

    def _place(self, value: Value, event: Any) -> Path:
        if not self._open:
            self.root = value
            return ()
        holder = self._open[-1]
        if isinstance(holder.value, list):
            holder.value.append(value)
            return (*holder.path, len(holder.value) - 1)
        if holder.key is None:
            holder.key = self._key(value, holder, event)
            return (*holder.path, holder.key)
        key, holder.key = holder.key, None
        holder.value[key] = value
        return (*holder.path, key)

    def _key(self, value: Value, holder: _Open, event: Any) -> str:
        key = event.value if isinstance(event, yaml.ScalarEvent) else value
        if not isinstance(key, str):
            raise _at(event, "is a list or mapping where the name of a field is expected.")
        if key in holder.value:
            raise _at(event, f"names {key!r} a second time.")
        return key


def _at(event: Any, message: str) -> InvalidInput:
    return InvalidInput.of(message, place=_place(event.start_mark.line + 1, event.start_mark.column + 1))
