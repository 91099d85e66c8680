"""When something takes place: sessions, a day, days, a month, months, or still to be confirmed."""

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from newsroom.sections.base import Part
from newsroom.sections.moments import LocalDate, LocalDateTime, YearMonth
from newsroom.sections.values import Prose


class Session(Part):
    starts_at: LocalDateTime
    ends_at: LocalDateTime

    @model_validator(mode="after")
    def _in_order(self) -> "Session":
        if self.ends_at <= self.starts_at:
            raise ValueError(f"ends at {self.ends_at:%Y-%m-%d %H:%M}, before it starts at {self.starts_at:%Y-%m-%d %H:%M}")
        return self


class Sessions(Part):
    sessions: tuple[Session, ...] = Field(min_length=1)


class Day(Part):
    day: LocalDate


class Days(Part):
    first: LocalDate = Field(alias="from")
    last: LocalDate = Field(alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> "Days":
        if self.last < self.first:
            raise ValueError(f"ends on {self.last}, before it starts on {self.first}")
        return self


class Month(Part):
    month: YearMonth


class Months(Part):
    from_month: YearMonth
    to_month: YearMonth

    @model_validator(mode="after")
    def _in_order(self) -> "Months":
        if self.to_month < self.from_month:
            raise ValueError(f"ends in {self.to_month}, before it starts in {self.from_month}")
        return self


class ToBeConfirmed(Part):
    to_be_confirmed: Prose


def _form(value: Any) -> str | None:
    fields = set(value) if isinstance(value, dict) else set(type(value).model_fields) if isinstance(value, Part) else set()
    return next((form for form, marks in FORMS.items() if fields & marks), None)


AnyWhen = Sessions | Day | Days | Month | Months | ToBeConfirmed

FORMS = {
    "sessions": {"sessions"},
    "day": {"day"},
    "days": {"from", "to", "first", "last"},
    "month": {"month"},
    "months": {"from_month", "to_month"},
    "to_be_confirmed": {"to_be_confirmed"},
}

When = Annotated[
    Annotated[Sessions, Tag("sessions")]
    | Annotated[Day, Tag("day")]
    | Annotated[Days, Tag("days")]
    | Annotated[Month, Tag("month")]
    | Annotated[Months, Tag("months")]
    | Annotated[ToBeConfirmed, Tag("to_be_confirmed")],
    Discriminator(
        _form,
        custom_error_type="when_form",
        custom_error_message="must hold one of: sessions, day, from and to, month, from_month and to_month, or to_be_confirmed",
    ),
]
