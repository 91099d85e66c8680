"""What is wrong with a file, in our own sentences: the section's number, the field, its line, the likely correction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from newsroom.drafting.reading import Document, Path
from newsroom.errors import InvalidInput, Problem
from newsroom.nearest import did_you_mean, one_of
from newsroom.sections.base import Part
from newsroom.sections.walking import parts_of
from newsroom.sections.when import FORMS

LONGEST_QUOTE = 60
#: pydantic's error type -> our sentence. `{what}` is the value that was given, `{expected}` and the like come with the error.
SENTENCES: Mapping[str, str] = {
    "missing": "is missing.",
    "string_type": "must be a text, not {what}.",
    "string_too_short": "must not be empty.",
    "string_too_long": "is too long: at most {max_length} characters.",
    "too_short": "must not be empty.",
    "tuple_type": "must be a list, not {what}.",
    "model_type": "must be a mapping of fields, not {what}.",
    "model_attributes_type": "must be a mapping of fields, not {what}.",
    "literal_error": "{what} is not one of {expected}.",
}


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place in the file: the path of the values around it, and their name for people."""

    path: Path = ()
    name: str = ""

    def place(self, path: Path, line: int) -> str:
        """'Section 3 (workshop), when.day (line 44)'; lists are counted from 1."""
        fields = ".".join(str(step + 1) if isinstance(step, int) else step for step in path)
        named = ", ".join(filter(None, (self.name, fields)))
        return f"{named} (line {line})" if named else ""


FRONT = Spot()


@dataclass
class Faults:
    """Every problem of one file, gathered until all are known, told in the order of its lines."""

    document: Document
    _found: list[tuple[int, Problem]] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        return [problem for _, problem in sorted(self._found, key=lambda pair: pair[0])]

    def add(self, spot: Spot, path: Path, message: str, *, hint: str = "") -> None:
        line = self.document.line((*spot.path, *path))
        self._found.append((line, Problem(place=spot.place(path, line), message=message, hint=hint)))

    def add_all(self, spot: Spot, path: Path, error: InvalidInput) -> None:
        for problem in error.problems:
            self.add(spot, path, problem.message, hint=problem.hint)

    def add_validation(self, spot: Spot, model: type[Part], error: ValidationError, *, also: Sequence[str] = ()) -> None:
        """What pydantic found, once for each place; `also` are names that are fields of the file but not of the class."""
        for fault in error.errors(include_url=False):
            path = without_tags(fault["loc"])
            if fault["type"] == "extra_forbidden":
                known = [*_fields_at(model, path[:-1]), *(also if len(path) == 1 else ())]
                self.add(spot, path, f"{what(path[-1])} is not a field here.", hint=did_you_mean(str(path[-1]), known) or one_of(known))
            elif not is_echo(fault):
                self.add(spot, path, sentence_of(fault), hint=hint_of(fault))


def is_echo(fault: Any) -> bool:
    """A list counts as empty to pydantic when its one entry is faulty, which is told already."""
    return fault["type"] == "too_short" and bool(fault["input"])


def sentence_of(fault: Any) -> str:
    """One of pydantic's findings in our own words."""
    context = fault.get("ctx", {})
    if fault["type"] == "value_error":
        return _ended(str(context["error"]))
    if fault["type"] == "when_form":
        return _ended(fault["msg"])
    sentence = SENTENCES.get(fault["type"], "{what} cannot be read here.")
    return sentence.format(**{**context, "what": what(fault["input"])})


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."


def hint_of(fault: Any) -> str:
    """The likely correction of a choice that is none."""
    if fault["type"] != "literal_error" or not isinstance(fault["input"], str):
        return ""
    return did_you_mean(fault["input"], [word.strip("' ") for word in fault["ctx"]["expected"].replace(" or ", ", ").split(",")])


def what(value: Any) -> str:
    """A given value as a sentence may name it."""
    if isinstance(value, str):
        return repr(value if len(value) <= LONGEST_QUOTE else f"{value[:LONGEST_QUOTE]}…")
    return "nothing" if value is None else "a mapping" if isinstance(value, Mapping) else "a list"


def without_tags(location: Sequence[str | int]) -> Path:
    """pydantic names the form of `when` between the field and its fields; the file does not."""
    return tuple(step for index, step in enumerate(location) if not (index and location[index - 1] == "when" and step in FORMS))


def _fields_at(model: type[Part], path: Path) -> list[str]:
    """The names of the fields that may stand at this place of the section."""
    models = [model]
    for step in path:
        if isinstance(step, str):
            models = [part for each in models for part in parts_of(_annotation(each, step))]
    return [info.alias or name for each in models for name, info in each.model_fields.items()]


def _annotation(model: type[Part], step: str) -> Any:
    return next((info.annotation for name, info in model.model_fields.items() if step in (name, info.alias)), None)
