"""What the README and docs say is so: lifecycles, settings, commands, links."""

import re
import tomllib
from pathlib import Path

import click
import pytest

import newsroom.cli.main
from newsroom.deliveries import DELIVERY_LIFECYCLE
from newsroom.issues import ISSUE_LIFECYCLE
from newsroom.lifecycle import Lifecycle
from newsroom.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = newsroom.cli.main.commands


def _written(thing: str) -> dict[tuple[str, str], str]:
    """The table as the README writes it: a state, then `action -> state` as often as needed."""
    block = README.split(f"{thing.upper()}\n", 1)[1].split("\n\n")[0].split("```")[0]
    table = {}
    for line in block.strip().splitlines():
        state, _, actions = line.partition(" ")
        table.update({(state, action): after for action, after in re.findall(r"(\w+) -> (\w+)", actions)})
    return table


@pytest.mark.parametrize("lifecycle", [ISSUE_LIFECYCLE, DELIVERY_LIFECYCLE], ids=lambda lifecycle: lifecycle.thing)
def test_the_readme_prints_the_lifecycle_that_the_code_obeys(lifecycle: Lifecycle) -> None:
    assert _written(lifecycle.thing) == dict(lifecycle.table)


def test_the_readme_lists_every_setting_in_its_own_words() -> None:
    rows = dict(re.findall(rf"^\| `{PREFIX}(\w+)` \| (.*) \|$", README, flags=re.MULTILINE))
    assert rows == {name.upper(): field.description for name, field in Settings.model_fields.items()}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_operations_explains_every_setting(name: str) -> None:
    assert f"| `{PREFIX}{name.upper()}` |" in (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def _named_commands(page: Path) -> set[str]:
    """Every `newsroom ...` in code marks or at the start of a line of a code block."""
    text = page.read_text(encoding="utf-8")
    return {words.strip() for words in re.findall(r"(?:`|^|run --rm \w+ )newsroom ((?:[a-z]+ ?)+)", text, flags=re.MULTILINE)}


def _verbs(group: click.Group, before: str = "") -> set[str]:
    context = click.Context(group)
    found = set()
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found |= _verbs(command, f"{before}{name} ") if isinstance(command, click.Group) else {f"{before}{name}"}
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_a_page_names_exists(page: Path) -> None:
    verbs = _verbs(COMMANDS)
    unknown = {words for words in _named_commands(page) if not any(f"{words} ".startswith(f"{verb} ") for verb in verbs)}
    assert unknown == set()


def test_the_readme_names_every_command() -> None:
    assert _verbs(COMMANDS) - _named_commands(ROOT / "README.md") == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_local_link_of_a_page_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize(
    ("heading", "catalogue"), [("In letters", "newsroom/templates/words.toml"), ("On public pages", "subscribers/words.toml")]
)
def test_the_words_page_shows_what_readers_read(heading: str, catalogue: str) -> None:
    words = tomllib.loads((ROOT / catalogue).read_text(encoding="utf-8"))
    section = (ROOT / "docs" / "words.md").read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    shown = {key: cells.split(" | ") for key, cells in re.findall(r"^\| `(\w+)` \| (.*) \|$", section, flags=re.MULTILINE)}
    assert len(shown) > 10
    assert shown == {key: [words[language][key] for language in ("en", "fr", "es", "ar")] for key in shown}


def test_the_changelog_tells_of_this_version() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), flags=re.MULTILINE)
    assert version is not None
    assert f"\n## {version[1]}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_licence_is_the_whole_licence() -> None:
    text = (ROOT / "LICENSE").read_text()
    parts = [
        "GNU AFFERO GENERAL PUBLIC LICENSE",
        "13. Remote Network Interaction",
        "END OF TERMS AND CONDITIONS",
        "How to Apply These Terms",
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_registry(name: str) -> None:
    assert "://" not in (ROOT / name).read_text()
