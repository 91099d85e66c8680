"""What the composer's scripts ask and hear: patches in, outcomes out, both as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Request, Response, jsonify
from werkzeug.exceptions import BadRequest

from newsroom.section_writing import Conflict, FieldChange, FieldConflict, Gone, Written

MOST_CHANGES = 500
MOST_SENT = 20


@dataclass(frozen=True, kw_only=True)
class Patch:
    """Changes of fields, and the version of the section that their writer saw."""

    base: int
    changes: tuple[FieldChange, ...]


def read_patch(request: Request) -> Patch:
    """The patch of this request; BadRequest for anything that is none."""
    given = _object(request)
    changes = given.get("changes")
    if not isinstance(changes, list) or len(changes) > MOST_CHANGES:
        raise BadRequest
    return Patch(base=_number(given.get("base")), changes=tuple(map(_change, changes)))


def read_base(request: Request) -> int:
    return _number(_object(request).get("base"))


def read_texts(request: Request, name: str) -> list[str]:
    """A list of texts, such as the order of the sections."""
    given = _object(request).get(name)
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise BadRequest
    return given


def read_text(request: Request, name: str) -> str | None:
    given = _object(request).get(name)
    if given is not None and not isinstance(given, str):
        raise BadRequest
    return given


def written(outcome: Written, **more: Any) -> Response:
    """`more` is said as well, or instead."""
    return jsonify(**{"version": outcome.version, "saved_at": outcome.at.isoformat(), "content": dict(outcome.content), **more})


def conflict(outcome: Conflict, content: Mapping[str, Any], **more: Any) -> tuple[Response, int]:
    """What could be saved is; the rest waits for a choice."""
    told = {
        "version": outcome.version, "at": outcome.at.isoformat(), "by": outcome.actor, "gone": False, "content": dict(content),
        "conflicts": [_conflict(each) for each in outcome.conflicts], **more,
    }  # fmt: skip
    return jsonify(told), 409


def gone(outcome: Gone, **more: Any) -> tuple[Response, int]:
    return jsonify({"gone": True, "by": outcome.actor, "at": outcome.at.isoformat(), "conflicts": [], **more}), 409


def _conflict(each: FieldConflict) -> dict[str, Any]:
    return {"path": list(each.path), "was": each.was, "mine": each.mine, "theirs": each.theirs}


def _change(given: Any) -> FieldChange:
    if not isinstance(given, dict) or not isinstance(path := given.get("path"), list) or not path:
        raise BadRequest
    if not all(isinstance(step, str) or (isinstance(step, int) and not isinstance(step, bool)) for step in path):
        raise BadRequest
    if not isinstance(sent := given.get("sent", []), list) or len(sent) > MOST_SENT:
        raise BadRequest
    return FieldChange(path=tuple(path), was=given.get("was"), now=given.get("now"), sent=tuple(sent))


def _object(request: Request) -> dict[str, Any]:
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise BadRequest
    return given


def _number(given: Any) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given < 2**31:
        raise BadRequest
    return given
