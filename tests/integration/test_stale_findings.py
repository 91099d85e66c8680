"""A translation that is older than its original is told, once per section and language, until it is written anew or confirmed."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from newsroom.checks.base import Finding
from newsroom.checks.gathering import findings_of
from newsroom.checks.saying import as_json, hint, message
from newsroom.house import House
from newsroom.issues import OPERATOR, Issue, get_issue
from newsroom.section_writing import FieldChange, change_front, change_section
from tests.conftest import NOON
from tests.factories import a_list, an_issue

TITLE, TEXT = {"en": "The harbour", "fr": "Le port"}, {"en": "<p>Boats met.</p>", "fr": "<p>Des bateaux.</p>"}
SUBJECT = {"en": "Boats", "fr": "Bateaux"}


def _issue(session: Session) -> Issue:
    sections = [("text", {"title": TITLE, "text": TEXT}), ("text", {"title": TITLE, "text": TEXT})]
    return an_issue(session, a_list(session, languages=("en", "fr")), sections=sections, subject=SUBJECT)


def _changed(session: Session, issue: Issue, path: tuple[str, str], was: Any, now: str) -> None:
    row = issue.sections[1]
    change = FieldChange(path=path, was=was, now=now)
    change_section(session, issue, row.uid, [change], base=row.version, by=OPERATOR, now=NOON + timedelta(minutes=row.version))


def _stale(house: House, issue_id: int) -> list[Finding]:
    with house.database.reading() as session:
        issue = get_issue(session, issue_id)
        found = findings_of(session, issue, keys=house.keys, public_url=house.settings.public_url, now=NOON)
        return [one for one in found if one.says.startswith("missing.stale")]


def test_a_translation_of_an_earlier_text_is_told(house: House) -> None:
    with house.database.transaction() as session:
        number = (issue := _issue(session)).id
        _changed(session, issue, ("text", "en"), TEXT["en"], "<p>Ships met.</p>")
        _changed(session, issue, ("title", "en"), TITLE["en"], "The old harbour")
    (found,) = _stale(house, number)
    told = as_json(found)
    assert (told["check"], told["severity"], told["section"], told["language"]) == ("missing_translation", "warning", 2, "fr")
    assert message(found) == "The French text of section 2 was written for an earlier English text: title, text (“Le port”)."
    for language in ("en", "fr", "es", "ar"):
        assert "{" not in message(found, language) + hint(found, language)
    accepted = found.id
    with house.database.transaction() as session:
        _changed(session, get_issue(session, number), ("text", "en"), "<p>Ships met.</p>", "<p>Ferries met.</p>")
    assert [one.id for one in _stale(house, number)] != [accepted], "what was let pass asks again once the original has changed again"


def test_written_anew_it_is_no_longer_told(house: House) -> None:
    with house.database.transaction() as session:
        number = (issue := _issue(session)).id
        _changed(session, issue, ("text", "en"), TEXT["en"], "<p>Ships met.</p>")
        _changed(session, issue, ("text", "fr"), TEXT["fr"], "<p>Des navires.</p>")
    assert _stale(house, number) == []


def test_the_subject_is_told_too(house: House) -> None:
    with house.database.transaction() as session:
        number = (issue := _issue(session)).id
        change = FieldChange(path=("subject", "en"), was="Boats", now="Ships")
        change_front(session, issue, [change], base=issue.front_version, by=OPERATOR, now=NOON)
    (found,) = _stale(house, number)
    assert (found.number, found.path) == (None, ("subject",))
    assert message(found) == "The French subject was written for an earlier English one: “Bateaux”."


def test_what_nobody_changed_is_not_told(house: House) -> None:
    with house.database.transaction() as session:
        number = _issue(session).id
    assert _stale(house, number) == []
