"""newsroom user: accounts from the command line, on single lists too; and what verbs leave in the audit log."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from admin.accounts import find_user
from admin.audit import AuditEntry
from newsroom.cli.main import commands
from newsroom.errors import NotFound, Refused
from newsroom.house import House
from tests.factories import a_list, a_user, an_issue
from tests.staff import Staff

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_house: House, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("NEWSROOM_DATA_DIR", str(sqlite_house.settings.data_dir))
    monkeypatch.setenv("NEWSROOM_PUBLIC_URL", "https://news.example.org")
    with sqlite_house.database.transaction() as session:
        for slug in ("rivers", "hills"):
            an_issue(session, a_list(session, slug=slug))
        a_user(session, email="ada@example.org")
    return lambda *words: CliRunner().invoke(commands, words, prog_name="newsroom")


def deeds(house: House) -> list[tuple[str, str, int | None, str]]:
    with house.database.reading() as session:
        return [(row.action, row.actor, row.issue_id, row.about) for row in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def test_somebody_added_on_one_list_may_act_there_alone(sqlite_house: House, run: Run) -> None:
    assert "as publisher on rivers" in run("user", "add", "ben@example.org", "--role", "publisher", "--list", "rivers").output
    assert run("issue", "submit", "1", "--as", "ben@example.org").exit_code == 0
    refused = run("issue", "submit", "2", "--as", "ben@example.org").exception
    assert isinstance(refused, Refused)
    assert "bound to single lists, and may not submit here" in str(refused)
    assert "ben@example.org: publisher on rivers" in run("user", "list").output
    assert isinstance(run("user", "add", "cleo@example.org", "--role", "administrator", "--list", "rivers").exception, Refused)
    assert isinstance(run("user", "add", "cleo@example.org", "--role", "author", "--list", "nowhere").exception, NotFound)
    assert deeds(sqlite_house) == [
        ("user add", "operator", None, "ben@example.org"),
        ("issue submit", "ben@example.org", 1, ""),
    ]


def test_a_limit_of_an_issue_is_a_matter_of_its_list(sqlite_house: House, run: Run) -> None:
    run("user", "add", "ben@example.org", "--role", "publisher", "--list", "rivers")
    assert run("limits", "set", "issue", "1", "--rate", "10", "--as", "ben@example.org").exit_code == 0
    for target in (("issue", "2"), ("list", "rivers")):
        assert isinstance(run("limits", "set", *target, "--rate", "10", "--as", "ben@example.org").exception, Refused)
    assert isinstance(run("limits", "remove", "issue", "2", "--as", "ben@example.org").exception, Refused)
    assert run("limits", "remove", "issue", "1", "--as", "ben@example.org").exit_code == 0


def test_an_issue_file_of_a_foreign_list_is_not_taken(sqlite_house: House, run: Run, tmp_path: Path) -> None:
    run("user", "add", "ben@example.org", "--role", "author", "--list", "rivers")
    file = tmp_path / "issue.yaml"
    for slug, taken in (("hills", False), ("rivers", True)):
        file.write_text(f"list: {slug}\nslug: spring\nsubject: Hello\nsections:\n  - kind: welcome\n    title: Hello\n    text: There.\n")
        assert (run("issue", "import", str(file), "--as", "ben@example.org").exit_code == 0) is taken


def test_a_link_from_the_command_line_lets_somebody_choose_a_password(sqlite_house: House, run: Run) -> None:
    told = run("user", "reset", "ada@example.org").output
    found = re.search(r"https://news\.example\.org(/admin/reset/\S+)", told)
    assert found, told
    staff = Staff(sqlite_house)
    assert staff.post(found[1], page=found[1], new="another four plain words", again="another four plain words").status_code == 302
    assert staff.log_in("ada@example.org", "another four plain words").status_code == 302
    assert found[1].rpartition("/")[2] not in str(deeds(sqlite_house))


def test_somebody_is_deactivated_from_the_command_line_but_not_the_last_administrator(sqlite_house: House, run: Run) -> None:
    assert isinstance(run("user", "deactivate", "ada@example.org").exception, Refused)
    run("user", "add", "ben@example.org", "--role", "administrator")
    assert run("user", "deactivate", "ada@example.org").exit_code == 0
    with sqlite_house.database.reading() as session:
        ada = find_user(session, "ada@example.org")
        assert ada is not None
        assert ada.deactivated_at is not None
    assert isinstance(run("user", "reset", "ada@example.org").exception, Refused)
    assert "ada@example.org: administrator (deactivated)" in run("user", "list").output
