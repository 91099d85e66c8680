"""Warnings let pass, with their reason; and the commands that ask for it."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from newsroom.checks.accepting import accept, open_warnings
from newsroom.checks.gathering import findings_of
from newsroom.cli.main import commands
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput
from newsroom.house import House
from newsroom.issues import OPERATOR, get_issue
from newsroom.link_asking import LinkAnswer
from newsroom.link_states import keep_round
from tests.factories import a_list, a_user, an_issue

SECTIONS = (
    ("text", {"title": "Meeting", "text": "<p>See you on Friday 22 January 2027, TODO the place.</p>"}),
    ("text", {"title": "More", "text": '<p>Read <a href="https://www.uclg.org/report">here</a>.</p>'}),
)


@pytest.fixture
def issue_id(sqlite_house: House, monkeypatch: pytest.MonkeyPatch) -> int:
    """An issue in review with two warnings, in the house that the commands open."""
    monkeypatch.setenv("NEWSROOM_DATA_DIR", str(sqlite_house.settings.data_dir))
    with sqlite_house.database.transaction() as session:
        made = an_issue(session, a_list(session), sections=SECTIONS, state="in_review", house=sqlite_house).id
        a_user(session, role="publisher", email="pia@example.org")
    return made


def _run(*words: object) -> Result:
    return CliRunner().invoke(commands, [str(word) for word in words])


def _checks(result: Result) -> list[str]:
    return [found["check"] for found in json.loads(result.stdout)]


def test_the_command_lists_what_it_finds(issue_id: int) -> None:
    result = _run("issue", "check", issue_id, "--json", "--no-links", "--send-at", "2026-12-01T09:00")
    assert result.exit_code == 0
    assert _checks(result) == ["unfinished", "link_text"]
    assert set(json.loads(result.stdout)[0]) >= {"check", "severity", "section", "language", "message", "hint"}


def test_what_stops_the_issue_sets_the_exit_code(issue_id: int, sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        get_issue(session, issue_id).mailing_list.postal_address = " "
    result = _run("issue", "check", issue_id, "--json", "--no-links")
    assert result.exit_code == 1
    assert "unlawful" in _checks(result)


def test_somebody_who_has_not_accepted_the_warnings_cannot_approve(issue_id: int, sqlite_house: House) -> None:
    result = _run("issue", "approve", issue_id, "--as", "pia@example.org")
    assert result.exit_code != 0
    assert "--accept-warnings" in str(result.exception)
    assert "TODO" in str(result.exception)
    with sqlite_house.database.reading() as session:
        assert get_issue(session, issue_id).state == "in_review"


def test_accepted_warnings_are_kept_with_who_and_why(issue_id: int, sqlite_house: House) -> None:
    result = _run("issue", "approve", issue_id, "--as", "pia@example.org", "--accept-warnings", "--reason", "Agreed with the mayor")
    assert result.exit_code == 0, result.output
    with sqlite_house.database.reading() as session:
        issue = get_issue(session, issue_id)
        assert issue.state == "approved"
        assert {(entry["check"], entry["reason"]) for entry in issue.accepted_warnings} == {
            ("unfinished", "Agreed with the mayor"), ("link_text", "Agreed with the mayor"),
        }  # fmt: skip
        assert issue.accepted_warnings[0]["user_id"] is not None


def test_the_operator_is_told_and_it_is_written_down(issue_id: int, sqlite_house: House) -> None:
    result = _run("issue", "approve", issue_id)
    assert result.exit_code == 0
    assert "“TODO” is left in the text." in result.stderr
    with sqlite_house.database.reading() as session:
        assert {entry["reason"] for entry in get_issue(session, issue_id).accepted_warnings} == {"approved at the command line"}


def test_what_was_accepted_is_asked_again_when_its_text_changes(house: House, now: datetime) -> None:
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session), sections=SECTIONS)
        found = findings_of(session, issue, keys=house.keys, public_url="https://news.example.org", now=now)
        accept(issue, found, reason="It is a joke", by=OPERATOR, now=now)
        assert open_warnings(issue, found) == ()
        issue.sections[0].content = {"title": "Meeting", "text": "<p>FIXME</p>"}
        again = findings_of(session, issue, keys=house.keys, public_url="https://news.example.org", now=now)
        assert [one.facts["quote"] for one in open_warnings(issue, again)] == ["FIXME"]


def test_no_warning_passes_without_a_reason(sqlite_house: House, now: datetime) -> None:
    with sqlite_house.database.transaction() as session:
        issue = an_issue(session, a_list(session), sections=SECTIONS)
        with pytest.raises(InvalidInput, match="why"):
            accept(issue, (), reason="  ", by=OPERATOR, now=now)


def test_a_draft_that_is_not_finished_is_checked_all_the_same(sqlite_house: House, now: datetime) -> None:
    with sqlite_house.database.transaction() as session:
        sections = (("text", {"title": "No text yet"}), ("workshop", {"title": "Talk", "when": {"from": "2027-03-05", "to": "2027-03-03"}}))
        issue = an_issue(session, a_list(session), sections=(*sections, *SECTIONS))
        found = findings_of(session, issue, keys=sqlite_house.keys, public_url="https://news.example.org", now=now)
        stops = [(one.number, one.check) for one in found if one.severity == "error"]
        assert stops == [(1, "unfinished"), (2, "end_before_start")]
        assert {(one.number, one.check) for one in found if one.severity == "warning"} == {(3, "unfinished"), (4, "link_text")}


def test_an_issue_file_with_everything_wrong_never_breaks_the_checks(sqlite_house: House, now: datetime, tmp_path: Path) -> None:
    with sqlite_house.database.transaction() as session:
        content = {"title": {"en": "<<", "xx": 3}, "text": ["no", {"en": None}], "when": {"sessions": "never"}, "agenda": [None, 4]}
        issue = an_issue(session, a_list(session), sections=(("workshop", content), ("quote", {}), ("image", {"image": {"file": ""}})))
        assert findings_of(session, issue, keys=sqlite_house.keys, public_url="https://news.example.org", now=now)


def test_a_link_that_a_round_found_broken_asks_before_approval(sqlite_house: House, issue_id: int) -> None:
    gone = LinkAnswer(state="unreachable", detail="answers 404 (not found)")
    with sqlite_house.database.transaction() as session:
        keep_round(session, issue_id, {"https://www.uclg.org/report": gone}, is_offline=False, now=utc_now())
    refused = _run("issue", "approve", issue_id, "--as", "pia@example.org")
    assert refused.exit_code == 1
    assert "“here” cannot be reached: www.uclg.org answers 404 (not found)." in str(refused.exception)
    assert (
        _run("issue", "approve", issue_id, "--as", "pia@example.org", "--accept-warnings", "--reason", "It is moved on Monday").exit_code
        == 0
    )
