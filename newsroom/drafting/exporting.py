"""An issue -> the file that imports to the same issue, written for people, its pictures beside it."""

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from sqlalchemy.orm import Session

from newsroom.drafting.rich_text import to_markdown
from newsroom.errors import NotFound
from newsroom.issues import Issue, IssueSection
from newsroom.media import Media, MediaStore, find_media
from newsroom.rendering.source import parsed
from newsroom.sections.registry import Section, stored
from newsroom.sections.walking import Leaf, changed, leaves
from newsroom.slugs import is_slug

PICTURES = "media"
LONG_TEXT = 100
LONGEST_SHORT_WORD = 20
# Longer than any line: a text is broken where its writer broke it.
NO_WRAPPING = 2**31


def export_issue(session: Session, issue: Issue, folder: Path, store: MediaStore) -> str:
    """The YAML text of the issue; its pictures are written to `folder`/media under the names they came with.

    CompileError names a section that is not finished: a file of it could not be imported.
    """
    sections = [(row, parsed(number, row)) for number, row in enumerate(issue.sections, start=1)]
    files = {str(leaf.value) for _, section in sections for leaf in leaves(section) if leaf.form == "file"}
    media = find_media(session, files)
    if missing := files - media.keys():
        raise NotFound(f"A picture of this issue is not in the library any more: {', '.join(sorted(missing))}.")
    names = _write_pictures(folder, store, media)
    return _yaml({**_front(issue), "sections": [_section(row, section, names, issue) for row, section in sections]})


def _front(issue: Issue) -> dict[str, Any]:
    front = {"list": issue.mailing_list.slug, "slug": issue.slug, "languages": list(issue.languages), "subject": issue.subject}
    preview = {"preview_text": issue.preview_text} if issue.preview_text else {}
    return dict(_in_order({**front, **preview}, issue.languages))


def _section(row: IssueSection, section: Section, names: Mapping[str, str], issue: Issue) -> dict[str, Any]:
    content = stored(section)
    for leaf in leaves(section):
        _as_in_files(content, leaf, names)
    return {"kind": row.kind, "id": row.uid, **_in_order(content, issue.languages)}


def _as_in_files(content: dict[str, Any], leaf: Leaf, names: Mapping[str, str]) -> None:
    if leaf.form == "rich":
        changed(content, leaf, to_markdown)
    elif leaf.form == "file":
        changed(content, leaf, lambda name: f"{PICTURES}/{names[name]}")


def _in_order(value: Any, languages: list[str]) -> Any:
    """Languages in the issue's order wherever a text has several; PostgreSQL keeps its own order of keys."""
    if isinstance(value, list):
        return [_in_order(element, languages) for element in value]
    if not isinstance(value, dict):
        return value
    first = [language for language in languages if language in value]
    return {key: _in_order(value[key], languages) for key in [*first, *(key for key in value if key not in first)]}


def _write_pictures(folder: Path, store: MediaStore, media: Mapping[str, Media]) -> dict[str, str]:
    """Each picture under the name it came with, numbered where another one has that name; the names by those in the library."""
    names: dict[str, str] = {}
    for picture in sorted(media.values(), key=lambda each: each.id):
        data = store.read(picture.name)
        name = next(name for name in _candidates(picture) if _is_free(folder / PICTURES / name, data))
        (folder / PICTURES).mkdir(parents=True, exist_ok=True)
        (folder / PICTURES / name).write_bytes(data)
        names[picture.name] = name
    return names


def _candidates(picture: Media) -> Iterator[str]:
    stem, suffix = _plain(PurePosixPath(picture.original_name).stem), PurePosixPath(picture.name).suffix
    yield f"{stem}{suffix}"
    yield from (f"{stem}-{number}{suffix}" for number in count(2))


def _is_free(path: Path, data: bytes) -> bool:
    """Nothing of another content stands there, so no one's picture is overwritten."""
    return not path.exists() or (path.is_file() and path.read_bytes() == data)


def _plain(stem: str) -> str:
    """Letters and digits of any script, hyphens, dots and underscores; nothing a shell or a path would take for its own."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in stem).strip("-.")[:80] or "picture"


class _Writer(yaml.SafeDumper):
    """Block style, longer texts as | blocks, lists set in under their field."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(writer: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text or len(text) > LONG_TEXT else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _list(writer: yaml.SafeDumper, values: list[Any]) -> yaml.Node:
    """Short lists of short words on one line."""
    short = all(isinstance(word, str) and len(word) <= LONGEST_SHORT_WORD and is_slug(word) for word in values)
    return writer.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=short)


_Writer.add_representer(str, _text)
_Writer.add_representer(list, _list)


def _yaml(value: Mapping[str, Any]) -> str:
    return yaml.dump(dict(value), Dumper=_Writer, allow_unicode=True, sort_keys=False, width=NO_WRAPPING, default_flow_style=False)
