"""The form of a section, read from its class alone: a new kind of section needs no line here."""

from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from newsroom.sections.base import Part, Section
from newsroom.sections.moments import ClockTime, Deadline, LocalDate, LocalDateTime, YearMonth
from newsroom.sections.values import Country, FileName, Language, Line, Link, Name, Prose, RichText, Slug, Zone
from newsroom.sections.when import FORMS, AnyWhen, When

#: The widget of each type a field may have, and the form of its words where it is localized.
SIMPLE: tuple[tuple[Any, str, str], ...] = (
    (Prose, "line", "prose"),
    (RichText, "rich", "rich"),
    (Name, "line", "name"),
    (Link, "line", "link"),
    (Line, "plain", ""),
    (Slug, "event", ""),
    (Zone, "zone", ""),
    (Country, "country", ""),
    (Language, "language", ""),
    (FileName, "file", ""),
    (LocalDate, "date", ""),
    (LocalDateTime, "date_time", ""),
    (Deadline, "deadline", ""),
    (ClockTime, "time", ""),
    (YearMonth, "month", ""),
)
#: Lists of these have a widget of their own; lists of any other words are lines.
SIMPLE_LISTS = {"language": "languages", "event": "topics"}
LAST = ("event", "topics")
USUAL = ("welcome", "update", "workshop", "call_to_action", "other_news", "text", "interview", "publication", "quote", "image", "partners")


@dataclass(frozen=True, kw_only=True)
class FieldPlan:
    """One field: `name` as stored, `form` of its words ("" for a fact), `parts` of what stands inside it."""

    name: str
    widget: str
    required: bool = False
    form: str = ""
    choices: tuple[str, ...] = ()
    parts: tuple["FieldPlan", ...] = ()


@cache
def plan_of(model: type[Part]) -> tuple[FieldPlan, ...]:
    """The fields of this class in its order; those about its event and about who gets it come last."""
    hints = get_type_hints(model, include_extras=True)
    plans = [_plan(field.alias or name, hints[name], required=field.is_required()) for name, field in model.model_fields.items()]
    return tuple(sorted(plans, key=lambda plan: plan.widget in LAST and LAST.index(plan.widget) + 1))


def kinds() -> list[str]:
    """Every kind, those first that a letter mostly begins with; a new kind stands at the end."""
    return sorted(Section.kinds, key=lambda kind: USUAL.index(kind) if kind in USUAL else len(USUAL))


def _plan(name: str, annotation: Any, *, required: bool) -> FieldPlan:
    wanted = _without_none(annotation)
    if wanted == When:
        return FieldPlan(name=name, widget="when", required=required, parts=_forms_of_when())
    for known, widget, form in SIMPLE:
        if wanted == known:
            return FieldPlan(name=name, widget=widget, form=form, required=required)
    if get_origin(wanted) is Literal:
        return FieldPlan(name=name, widget="choice", required=required, choices=get_args(wanted))
    if get_origin(wanted) is tuple:
        return _list_plan(name, get_args(wanted)[0], required=required)
    if isinstance(wanted, type) and issubclass(wanted, Part):
        return FieldPlan(name=name, widget=_group_widget(wanted), required=required, parts=plan_of(wanted))
    raise TypeError(f"{name}: no form field is known for {annotation!r}")


def _list_plan(name: str, element: Any, *, required: bool) -> FieldPlan:
    inner = _plan(name, element, required=required)
    if not inner.parts:
        return FieldPlan(name=name, widget=SIMPLE_LISTS.get(inner.widget, "lines"), form=inner.form, required=required)
    widget = "table" if any(part.widget == "time" for part in inner.parts) else "rows"
    return FieldPlan(name=name, widget=widget, required=required, parts=inner.parts)


def _group_widget(model: type[Part]) -> str:
    return "picture" if any(part.widget == "file" for part in plan_of(model)) else "group"


def _forms_of_when() -> tuple[FieldPlan, ...]:
    """Each of the forms that a time may have, with its own fields."""
    return tuple(FieldPlan(name=form, widget="form", parts=plan_of(model)) for form, model in zip(FORMS, get_args(AnyWhen), strict=True))


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    members = tuple(member for member in get_args(annotation) if member is not NoneType)
    return members[0] if len(members) == 1 else Union[members]  # noqa: UP007 - made of members found at run time
