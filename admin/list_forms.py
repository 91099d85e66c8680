"""The forms of a mailing list: from its facts to fields, and back."""

import re
from collections.abc import Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from admin.forms import per_language, text
from newsroom.errors import InvalidInput, Problem
from newsroom.localized import NATIVE_NAMES
from newsroom.mailing_lists import MailingList, Topic, check_list
from newsroom.slugs import is_slug

PLAIN = ("from_name", "from_address", "reply_to", "timezone", "missing_translation", "arabic_months", "accent")
LOCALIZED = ("title", "postal_address", "footer")
NUMBERS = ("hold_seconds",)
FIELDS = (*PLAIN, *NUMBERS, *LOCALIZED, "languages", "original", "logo", "topics")
NEW_FIELDS = ("slug", "title", "from_name", "from_address", "postal_address", "languages", "original", "timezone")
MOST_TOPICS = 200
#: Empty rows for topics: enough to begin with, then always one more.
FIRST_TOPICS, SPARE_TOPICS = 3, 1
COLOUR = re.compile("#[0-9a-fA-F]{6}")


def shown(mailing_list: MailingList) -> dict[str, Any]:
    """The list's facts as the values of its form."""
    values: dict[str, Any] = {name: getattr(mailing_list, name) for name in (*PLAIN, *NUMBERS)}
    values |= {"languages": mailing_list.languages, "original": mailing_list.original}
    for name in LOCALIZED:
        values |= _spread(name, getattr(mailing_list, name), mailing_list.original)
    for number, topic in enumerate(mailing_list.topics):
        values |= {f"topic{number}.slug": topic.slug, **_spread(f"topic{number}.title", topic.title, mailing_list.original)}
    return values | {"topics": max(len(mailing_list.topics) + SPARE_TOPICS, FIRST_TOPICS)}


def apply(mailing_list: MailingList, given: MultiDict[str, str]) -> None:
    """Change the list as the form says; InvalidInput with everything that is wrong."""
    for name in PLAIN:
        setattr(mailing_list, name, text(given, name))
    for name in set(NUMBERS) & set(given):
        # What is no number becomes one that the list's own check refuses, beside its field.
        setattr(mailing_list, name, int(number) if (number := text(given, name)).isdecimal() and len(number) < 10 else -1)
    # The texts are read in the languages the form showed; those chosen just now get their fields on the next page.
    before = mailing_list.languages
    mailing_list.languages = chosen_languages(given)
    for name in LOCALIZED:
        setattr(mailing_list, name, per_language(given, name, before))
    problems = [*_apply_topics(mailing_list, given, before), *_check_accent(mailing_list.accent)]
    try:
        check_list(mailing_list)
    except InvalidInput as error:
        problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)


def chosen_languages(given: MultiDict[str, str]) -> list[str]:
    """The original first, the others in the order they are known by."""
    chosen, first = given.getlist("languages"), given.get("original", "")
    others = [language for language in NATIVE_NAMES if language in chosen and language != first]
    return [first, *others] if first else others


def _spread(name: str, value: Any, original: str) -> dict[str, str]:
    if isinstance(value, str):
        return {f"{name}.{original}": value}
    return {f"{name}.{language}": words for language, words in (value or {}).items()}


def topic_rows(given: MultiDict[str, str]) -> int:
    """How many rows for topics the form had; a number that somebody made up is no page of a million rows."""
    return max(0, min(given.get("topics", 0, int), MOST_TOPICS))


def _apply_topics(mailing_list: MailingList, given: MultiDict[str, str], languages: Sequence[str]) -> list[Problem]:
    problems: list[Problem] = []
    known = {topic.slug: topic for topic in mailing_list.topics}
    kept: dict[str, Topic] = {}
    for number in range(topic_rows(given)):
        slug, title = text(given, f"topic{number}.slug"), per_language(given, f"topic{number}.title", languages)
        if not slug and not title:
            continue
        problems.extend(_check_topic(slug, title, kept))
        topic = known.get(slug) or Topic(slug=slug)
        topic.title, topic.position = title, len(kept)
        kept[slug] = topic
    if not problems:
        mailing_list.topics = list(kept.values())
    return problems


def _check_topic(slug: str, title: object, kept: dict[str, Topic]) -> list[Problem]:
    if not is_slug(slug) or len(slug) > 40:
        hint = "Use small letters, digits and single hyphens, as in climate-action."
        return [Problem(place="topics", message=f"{slug!r} is not a short name for a topic.", hint=hint)]
    if not title:
        return [Problem(place="topics", message=f"The topic {slug!r} needs a title that readers understand.")]
    if slug in kept:
        return [Problem(place="topics", message=f"There are two topics {slug!r}.")]
    return []


def _check_accent(accent: str) -> list[Problem]:
    if accent and not COLOUR.fullmatch(accent):
        return [Problem(place="accent", message=f"{accent!r} is not a colour.", hint="For example #0d5c63.")]
    return []
