"""Every page of the admin as an address with something real behind it, made from the routes themselves: a new one is not forgotten."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from flask import Flask
from werkzeug.routing import AnyConverter, Rule

#: Files to take along and what scripts ask for: no page, and nothing that a page waits for.
NO_PAGES = frozenset(
    {"audit_pages.as_csv", "deliveries.as_csv", "papers.out", "reviews.mail", "frames.media", "frames.captured_source", "static"}
    | {"guest_translating.paper", "guest_translating.states", "guests.facts"}
)
#: What a page loads after itself, or shows in a frame: it has its own place on the page and may take longer than the page.
PARTS = frozenset(
    {
        "composer.letter", "frames.letter", "frames.text", "frames.source", "frames.captured_letter", "frames.captured_text",
        "guests.letter", "reviews.people", "reviews.changes",
    }
)  # fmt: skip
#: Pages of which something comes after them: they ask for themselves once more, and take what was missing.
ASKED_AGAIN = frozenset({"aftermath.ask_extend", "checks.panel", "issues.show", "lists.index", "scheduling.ask"})
#: Pages that exist for a moment only, with what it takes to open them: before the first account, and between password and code.
MOMENTARY = frozenset({"wizard.ask_account", "login.code"})
#: What may be asked of a page: a filter, a search, another view.
QUESTIONS: Mapping[str, Sequence[str]] = {
    "subscribers.index": (
        "list={slug}", "q=maria", "q=nobody-at-all", "q=ri", "q=%40town7.example", "q=maria&list={slug}&consent=given",
        "subscription=left", "consent=withdrawn", "deliverability=undeliverable",
    ),
    "issues.index": ("group=sent", "list={slug}&group=writing"),
    "issues.show": ("view=phone&language=ar", "view=source"),
    "deliveries.index": ("state=accepted", "state=queued", "state=failed", "state=uncertain", "kind=rehearsal"),
    "outbox.index": ("issue={issue_id}", "view=source"),
    "audit_pages.index": ("person=1", "action=sections.change", "issue={issue_id}", "since=2020-01-01"),
    "languages.show": ("show=open",),
    "history.index": ("before=5",),
    "library.index": ("q=river",),
    "limits.index": ("change=domain:*",),
    "new_issue.ask": ("list={slug}",),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Places:
    """What stands in the paths, by the name of the path's part: a new part needs a line here. `special` is for single endpoints."""

    issue_id: object = 1
    slug: object = "rivers"
    delivery_id: object = 1
    relay_id: object = 1
    user_id: object = 1
    session_id: object = 1
    comment_id: object = 1
    media_id: object = 1
    proposal_id: object = 1
    guest_id: object = 1
    milestone_id: object = 1
    notice_id: object = 1
    version: object = 1
    signoff_id: object = 1
    uid: object = "x"
    path: object = "x"
    name: object = "x"
    filename: object = "x"
    token: object = "x"  # noqa: S105 - what stands for one
    digest: object = "x"
    language: object = "en"
    special: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)

    def of(self, rule: Rule, name: str) -> object:
        choices = _offered(rule).get(name)
        return sorted(choices)[0] if choices else _known(self, rule, name)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One page to be opened; `state` is that of the issue it is about, if it is about one. `again`: for what comes after it."""

    endpoint: str
    path: str
    state: str = ""
    again: bool = False

    @property
    def is_part(self) -> bool:
        return self.again or self.endpoint in PARTS

    @property
    def headers(self) -> dict[str, str]:
        """As htmx asks for a part."""
        return {"HX-Request": "true"} if self.is_part else {}


def path_of(rule: Rule, places: Places, **chosen: object) -> str:
    """The address of this route; `chosen` names parts that shall be something else."""
    values: dict[str, Any] = {name: chosen.get(name, places.of(rule, name)) for name in rule.arguments}
    built = rule.build(values)
    if built is None:
        raise AssertionError(f"no address comes of {rule} with {values}")
    return built[1]


def page_rules(app: Flask) -> list[Rule]:
    """Everything that answers to a look, but for files."""
    found = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint not in NO_PAGES]
    return sorted(found, key=lambda rule: rule.rule)


def visits(app: Flask, places: Places, issues: Mapping[str, int]) -> Iterator[Visit]:
    """Every page, and every one about an issue with one in each of these states; each choice that a path offers; each question."""
    for rule in page_rules(app):
        if rule.endpoint in MOMENTARY:
            continue
        about_one = "issue_id" in rule.arguments
        for state, issue_id in issues.items() if about_one else (("", places.issue_id),):
            here = replace(places, issue_id=issue_id) if about_one else places
            for path in _choices(rule, here):
                yield Visit(endpoint=rule.endpoint, path=path, state=state)
                if rule.endpoint in ASKED_AGAIN:
                    yield Visit(endpoint=rule.endpoint, path=path, state=state, again=True)
                for question in QUESTIONS.get(rule.endpoint, ()):
                    asked = question.format(slug=places.slug, issue_id=places.issue_id)
                    yield Visit(endpoint=rule.endpoint, path=f"{path}?{asked}", state=state)


def _choices(rule: Rule, places: Places) -> list[str]:
    for name, choices in _offered(rule).items():
        return [path_of(rule, places, **{name: choice}) for choice in sorted(choices)]
    return [path_of(rule, places, **chosen) for chosen in places.special.get(rule.endpoint, ({},))]


def _offered(rule: Rule) -> Mapping[str, Collection[str]]:
    """What may stand in the parts that offer a choice."""
    return {name: found.items for name, found in rule._converters.items() if isinstance(found, AnyConverter)}  # noqa: SLF001


def _known(places: Places, rule: Rule, name: str) -> object:
    if name not in {each.name for each in fields(places)}:
        raise AssertionError(f"{rule} has a part {name!r} that Places does not know: say there what stands for it")
    return getattr(places, name)
