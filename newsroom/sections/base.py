"""What a section is: a class of typed facts and words, registered by its kind; a template of the same name."""

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from newsroom.sections.values import Slug


def new_uid() -> str:
    """A section's name for life: ten unguessable letters and digits."""
    return secrets.token_hex(5)


class Part(BaseModel):
    """A piece of a section: frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_not_set(cls, given: Any) -> Any:
        """A field without a value is as good as absent; an unknown one stays, to be refused."""
        if not isinstance(given, Mapping):
            return given
        names = {name for known, field in cls.model_fields.items() for name in (known, field.alias)}
        return {name: value for name, value in given.items() if value is not None or name not in names}


class Section(Part):
    """A typed section. A subclass names its `kind`, its fields and nothing else; form, schema, import and tests follow."""

    #: Every kind by name; complete once newsroom.sections.registry is imported.
    kinds: ClassVar[dict[str, type["Section"]]] = {}
    kind: ClassVar[str]
    #: The field whose language decides whether the section exists in that language.
    headline: ClassVar[str] = "title"

    topics: tuple[Slug, ...] = Field(default=(), description="readers who chose topics get this section only for these")

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        if "kind" in cls.__dict__:
            Section.kinds[cls.kind] = cls


def parse_section(kind: str, content: Mapping[str, Any]) -> Section:
    """The section of stored content; KeyError for an unknown kind, pydantic's ValidationError for wrong fields."""
    return Section.kinds[kind].model_validate(dict(content))


def stored(section: Part) -> dict[str, Any]:
    """The section's fields as JSON for the database; what is not set, or set to nothing, is left out."""
    return section.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
