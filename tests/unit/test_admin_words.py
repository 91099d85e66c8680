"""The words of the admin: every language says everything, every word asked for is there, and no page types its own."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from markupsafe import Markup

from admin import speaking
from admin.speaking import count, plain, say
from admin.words.catalogue import CATALOGUE, FIRST, INTERFACE, LANGUAGES, areas
from newsroom.sendqueue.refusal_table import EXPLANATIONS

ADMIN = Path(speaking.__file__).parent
TEMPLATES = ADMIN / "templates"
AREAS = areas()
#: What an Arabic reader, guest or translator meets.
IN_ARABIC = {
    "common", "states", "frame", "fields", "composer", "languages", "papers", "comments", "guests", "review", "checks_page",
    "check_names", "letters", "problems",
}  # fmt: skip
#: Shared words that wait for the next page; everywhere else a word that nobody says is dead.
FOR_EVERYBODY = {"common"}
PLURALS = {"en": {"one", "other"}, "fr": {"one", "other"}, "es": {"one", "other"}, "ar": {"zero", "one", "two", "few", "many", "other"}}
PLURAL = re.compile(r"(.+)\.(zero|one|two|few|many|other)")
#: t("a.key"), tn('a.key', say(language, "a.key": what is asked for by its whole name.
ASKED = re.compile(r"\b(?:t|tn|tp)\(\s*[\"']([^\"']+)[\"']\s*[,)]|\b(?:say|count|plain)\(\s*[\w.()]+,\s*[\"']([^\"']+)[\"']\s*[,)]")
NAMES = {"Newsroom"}


def needed(area: str) -> tuple[str, ...]:
    return LANGUAGES if area in IN_ARABIC else INTERFACE


def places(sentence: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", sentence))


def plurals_of(keys: Iterator[str] | set[str]) -> dict[str, set[str]]:
    """Of the counted keys, which forms there are."""
    found: dict[str, set[str]] = {}
    for key in keys:
        if (match := PLURAL.fullmatch(key)) and f"{match.group(1)}.other" in CATALOGUE[FIRST]:
            found.setdefault(match.group(1), set()).add(match.group(2))
    return found


def is_counted(key: str) -> bool:
    match = PLURAL.fullmatch(key)
    return bool(match) and f"{match.group(1)}.other" in CATALOGUE[FIRST]  # type: ignore[union-attr]


@cache
def sources() -> dict[str, str]:
    files = [*ADMIN.rglob("*.py"), *TEMPLATES.rglob("*.html"), *(ADMIN / "frontend" / "src").rglob("*.js")]
    return {path.relative_to(ADMIN).as_posix(): path.read_text("utf-8") for path in files if "node_modules" not in path.parts}


def asked_for() -> Iterator[tuple[str, str]]:
    for name, text in sources().items():
        for match in ASKED.finditer(text):
            yield name, match.group(1) or match.group(2)


@pytest.mark.parametrize("area", AREAS)
def test_every_language_says_everything(area: str) -> None:
    spoken = {language: {key for key in AREAS[area].get(language, {}) if not is_counted(key)} for language in needed(area)}
    for language in needed(area):
        missing, extra = spoken[FIRST] - spoken[language], spoken[language] - spoken[FIRST]
        assert (missing, extra) == (set(), set()), f"{area}.toml [{language}]"


@pytest.mark.parametrize("area", AREAS)
def test_counted_things_have_every_form_their_language_knows(area: str) -> None:
    counted = set(plurals_of(set(AREAS[area][FIRST])))
    for language in needed(area):
        assert plurals_of(set(AREAS[area][language])) == dict.fromkeys(counted, PLURALS[language]), f"{area}.toml [{language}]"


@pytest.mark.parametrize("area", AREAS)
def test_the_places_to_fill_are_the_same_in_every_language(area: str) -> None:
    for language in AREAS[area]:
        for key, sentence in AREAS[area][language].items():
            if match := PLURAL.fullmatch(key) if is_counted(key) else None:
                most = places(AREAS[area][FIRST][f"{match.group(1)}.other"])
                assert set(places(sentence)) <= set(most), (language, key)
                assert set(most) - set(places(sentence)) <= {"n"}, (language, key)
            else:
                assert places(sentence) == places(AREAS[area][FIRST][key]), (language, key)


@pytest.mark.parametrize("area", AREAS)
def test_sentences_are_typeset_and_not_typed(area: str) -> None:
    for language, sentences in AREAS[area].items():
        for key, typed in sentences.items():
            # What stands between ` ` is typed at a machine.
            sentence = re.sub(r"`[^`]*`", "", typed)
            assert not re.search(r"['\"]|\.\.\.|  (?! )| $", sentence) or "`" in typed, (area, language, key)
            if language == "fr":
                assert not re.search(r"[^\u202f][?!;]|[^\u00a0\d]:|[^\u00a0]:(?!\d)", sentence), (area, key)
            if language == "ar":
                assert not re.search(r"[?,;]", sentence), (area, key)


def test_a_key_stands_in_one_file_only() -> None:
    stands = Counter(key for area in AREAS.values() for key in area.get(FIRST, {}))
    assert [key for key, number in stands.items() if number > 1] == []


def test_every_word_that_is_asked_for_is_there() -> None:
    known = set(CATALOGUE[FIRST]) | set(plurals_of(set(CATALOGUE[FIRST])))
    assert sorted({f"{name}: {key}" for name, key in asked_for() if key not in known and not key.endswith(".")}) == []


def test_every_word_is_said_somewhere() -> None:
    text = "\n".join(sources().values())
    whole = set(re.findall(r"[\"']([\w.-]+)[\"']", text))
    # "kind." ~ kind in a template, f"{area}.{value}" and f"kind.{name}" in a module, Named("issue_state", ...) in the wording.
    begun = set(re.findall(r"[\"']([\w.-]+\.)[\"'] ~", text)) | set(re.findall(r"f[\"']([\w.-]+\.)\{", text))
    begun |= {f"{area}." for area in re.findall(r"(?:Named|Words)\(\s*[\"'](\w+)[\"']", text)} | {"rehearsal_state."}
    silent = []
    for area in AREAS.keys() - FOR_EVERYBODY:
        for key in AREAS[area].get(FIRST, {}):
            name = PLURAL.fullmatch(key).group(1) if is_counted(key) else key  # type: ignore[union-attr]
            if name not in whole and not key.startswith(tuple(begun)):
                silent.append(f"{area}.toml: {key}")
    assert sorted(silent) == []


def test_no_page_types_its_own_words() -> None:
    typed = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        name = path.relative_to(TEMPLATES).as_posix()
        if found := _letters_of(path.read_text("utf-8")):
            typed.append(f"{name}: {found}")
    assert typed == []


def _letters_of(template: str) -> list[str]:
    """Words between the tags and in the attributes that are read to somebody."""
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", template, flags=re.DOTALL)
    said = re.findall(r"\b(?:aria-label|title|placeholder|alt)=\"([^\"]*)\"", bare)
    between = re.sub(r"<(style|script)\b.*?</\1>|<[^>]*>|\s[\w-]+=\"[^\"]*\"", " ", bare, flags=re.DOTALL)
    words = " ".join([*said, between])
    return [word for word in re.findall(r"[^\W\d_]{2,}", re.sub(r"&\w+;", " ", words)) if word not in NAMES]


def test_the_words_are_those_of_the_word_list() -> None:
    listed = (ADMIN.parent / "docs" / "words.md").read_text("utf-8").partition("## In letters")[0]
    rows = [[cell.strip().casefold() for cell in line.split("|")[1:5]] for line in listed.splitlines() if line.startswith("| ")]
    by_english = {english: [english, *others] for english, *others in rows}
    for key, sentence in CATALOGUE[FIRST].items():
        if key.startswith("issue_state.") and sentence.casefold() in by_english:
            assert [CATALOGUE[language][key].casefold() for language in LANGUAGES] == by_english[sentence.casefold()], key


def test_a_refusal_is_explained_in_the_english_of_the_command_line() -> None:
    told = {f"refusal.{part}.{key}": getattr(one, part) for key, one in EXPLANATIONS.items() for part in ("title", "meaning", "advice")}
    assert AREAS["refusals"][FIRST] == told


def test_what_fills_a_sentence_is_escaped_and_set_apart() -> None:
    assert say("en", "common.saved_at", hour="<b>") == Markup("Saved <bdi>&lt;b&gt;</bdi>")
    assert say("en", "common.saved_at", hour=Markup("<time>14:02</time>")) == Markup("Saved <time>14:02</time>")
    assert plain("en", "common.saved_at", hour=Markup("<time>14:02</time>")) == "Saved 14:02"
    assert plain("ar", "common.saved_at", hour="14:02") == "حُفظ في \u206814:02\u2069"


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [("en", 1, "1 person"), ("en", 1200, "1,200 people"), ("fr", 0, "0 personne"), ("fr", 1_000_000, "1\u202f000\u202f000 personnes"),
     ("es", 2, "2 personas"), ("ar", 2, "شخصان"), ("ar", 5, "5 أشخاص"), ("ar", 11, "11 شخصاً"), ("ar", 100, "100 شخص")],
)  # fmt: skip
def test_things_are_counted_as_each_language_counts(language: str, number: int, said: str) -> None:
    assert count(language, "common.people", number) == said


def test_a_word_that_arabic_lacks_is_said_in_english_and_an_unknown_one_is_found_by_the_tests() -> None:
    assert say("pt", "common.save") == "Save"
    with pytest.warns(UserWarning, match="there are no words for"):
        assert say("en", "common.no-such-word") == "common.no-such-word"


@pytest.mark.parametrize(
    ("accepted", "cookie", "chosen"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "", "fr"),
        ("de,es;q=0.5", "", "es"),
        ("ar,de", "", "en"),
        ("fr", "es", "es"),
        ("fr", "xx", "fr"),
        ("", "", "en"),
    ],
)
def test_before_the_log_in_a_page_speaks_what_the_browser_asks_for(accepted: str, cookie: str, chosen: str) -> None:
    headers = {"Accept-Language": accepted, "Cookie": f"{speaking.LANGUAGE_COOKIE}={cookie}"}
    with Flask(__name__).test_request_context("/", headers=headers):
        assert speaking.page_language() == chosen


def test_a_guest_reads_the_language_of_the_link_from_right_to_left() -> None:
    with Flask(__name__).test_request_context("/", headers={"Accept-Language": "fr"}):
        speaking.speak("ar")
        assert (speaking.page_language(), speaking.page_direction()) == ("ar", "rtl")
