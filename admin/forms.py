"""What a form brought, and what to say about it beside which field."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from newsroom.errors import InvalidInput

#: Where the domain says something else than the form's field is called.
PLACES = {"from": "from_address"}


@dataclass(frozen=True, kw_only=True)
class Form:
    """The values to show in the fields and the sentences to show beside them."""

    values: Mapping[str, Any]
    errors: Mapping[str, list[str]] = field(default_factory=dict)

    def refused(self, error: InvalidInput, fields: Sequence[str]) -> "Form":
        """The same values with every problem beside its field; one without a field of its own stands at the top, under ''."""
        errors: dict[str, list[str]] = defaultdict(list)
        for problem in error.problems:
            place = PLACES.get(problem.place, problem.place)
            known = place in fields
            errors[place if known else ""].append(_sentence(problem.message, problem.hint) if known else str(problem))
        return Form(values=self.values, errors=dict(errors))


def _sentence(message: str, hint: str) -> str:
    return f"{message[:1].upper()}{message[1:]} {hint}".strip()


def text(given: MultiDict[str, str], name: str) -> str:
    """One value with browsers' line ends made plain."""
    return given.get(name, "").replace("\r\n", "\n").strip()


def per_language(given: MultiDict[str, str], name: str, languages: Sequence[str]) -> str | dict[str, str]:
    """`name.en`, `name.fr`, ... as one value where only the original is filled, else one per language."""
    found = {language: text(given, f"{name}.{language}") for language in languages}
    filled = {language: value for language, value in found.items() if value}
    if not filled or (len(languages) > 0 and list(filled) == [languages[0]]):
        return filled.get(languages[0], "") if languages else ""
    return filled
