"""The sign-offs that a list asks for: set in the admin, kept under their keys, given per language."""

from newsroom.house import House
from newsroom.issues import get_issue
from newsroom.mailing_lists import get_list
from newsroom.signoffs import required_of
from tests.factories import a_list, an_issue
from tests.staff import somebody

PATH = "/admin/lists/rivers/signoffs"


def specs(house: House) -> list[dict[str, object]]:
    with house.database.reading() as session:
        return get_list(session, "rivers").signoffs


def test_sign_offs_are_added_renamed_and_taken_away(house: House) -> None:
    staff, user = somebody(house)
    with house.database.transaction() as session:
        rivers = a_list(session, slug="rivers", languages=("en", "fr"))
        issue_id = an_issue(session, rivers).id
    rows = {"0.name": "Legal", "0.people": str(user.id), "1.name": "Language", "1.per_language": "on", "1.people": "999"}
    staff.post(PATH, page=PATH, **rows)
    assert specs(house) == [
        {"key": "signoff-1", "name": "Legal", "per_language": False, "user_ids": [user.id]},
        {"key": "signoff-2", "name": "Language", "per_language": True, "user_ids": []},
    ]
    with house.database.reading() as session:
        found = required_of(get_issue(session, issue_id))
        assert [(one.key, one.language) for one in found] == [("signoff-1", ""), ("signoff-2", "en"), ("signoff-2", "fr")]
    page = staff.get(f"/admin/issues/{issue_id}/review").text
    assert "<bdi>Legal</bdi>" in page
    staff.post(PATH, page=PATH, **{"0.key": "signoff-2", "0.name": "Every language", "1.key": "signoff-2", "1.name": "New one"})
    assert [(spec["key"], spec["name"]) for spec in specs(house)] == [("signoff-2", "Every language"), ("signoff-1", "New one")]
    staff.post(PATH, page=PATH, **{"0.key": "signoff-2", "0.name": " "})
    assert specs(house) == []


def test_two_of_one_name_are_refused_and_nothing_is_lost(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house)
    with sqlite_house.database.transaction() as session:
        a_list(session, slug="rivers")
    page = staff.post(PATH, page=PATH, **{"0.name": "Legal", "1.name": "legal"})
    assert page.status_code == 422
    assert "There are two of this name." in page.text
    assert page.text.count('value="legal"') == 1
    assert specs(sqlite_house) == []
