"""The form of a list's required sign-offs: from its settings to rows, and back."""

from collections.abc import Collection, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from admin.forms import text
from admin.speaking import tp
from newsroom.errors import InvalidInput, Problem

MOST = 12
SPARE = 2
LONGEST_NAME = 80

Spec = dict[str, Any]


def rows_of(specs: Sequence[Spec]) -> list[Spec]:
    """What is set, and some empty rows to add to it."""
    return [*specs, *({} for _ in range(min(SPARE, MOST - len(specs))))]


def read(given: MultiDict[str, str], people: Collection[int]) -> list[Spec]:
    """The rows that have a name, each under the key it had; InvalidInput with everything that is wrong."""
    found: list[Spec] = []
    problems: list[Problem] = []
    for number in range(MOST):
        name = text(given, f"{number}.name")
        if len(name) > LONGEST_NAME:
            problems.append(Problem(place=f"{number}.name", message=tp("signoff_form.name_long", most=LONGEST_NAME)))
        if name.casefold() in {str(spec["name"]).casefold() for spec in found}:
            problems.append(Problem(place=f"{number}.name", message=tp("signoff_form.name_twice")))
        if name:
            found.append(_spec(given, number, name, people))
    if problems:
        raise InvalidInput(problems)
    return _keyed(found)


def _spec(given: MultiDict[str, str], number: int, name: str, people: Collection[int]) -> Spec:
    chosen = [int(one) for one in given.getlist(f"{number}.people") if one.isdecimal()]
    return {
        "key": text(given, f"{number}.key"), "name": name, "per_language": f"{number}.per_language" in given,
        "user_ids": [one for one in chosen if one in people],
    }  # fmt: skip


def _keyed(specs: list[Spec]) -> list[Spec]:
    """A key stays for life, so that what was signed is still signed when a sign-off gets another name."""
    taken: set[str] = set()
    for spec in specs:
        if not spec["key"].startswith("signoff-") or not spec["key"][8:].isdecimal() or spec["key"] in taken or len(spec["key"]) > 16:
            spec["key"] = ""
        taken.add(spec["key"])
    fresh = (key for number in range(1, 2 * MOST + 1) if (key := f"signoff-{number}") not in taken)
    return [{**spec, "key": spec["key"] or next(fresh)} for spec in specs]
