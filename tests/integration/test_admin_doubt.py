"""A restored or copied installation says so above every page of the admin, with the next step."""

import pytest

from newsroom.house import House
from newsroom.installation import Installation
from newsroom.sendqueue.belonging import doubt_about
from tests.staff import somebody


@pytest.mark.parametrize("path", ["/admin/issues", "/admin/lists", "/admin/settings", "/admin/account"])
def test_every_page_says_that_nothing_is_sent_and_what_to_do(path: str, house: House) -> None:
    staff, _ = somebody(house)
    for _ in range(2):
        assert doubt_about(house) is None
    assert "Nothing is sent" not in staff.get(path).text
    with house.database.transaction() as session:
        session.get_one(Installation, 1).doubt = "This installation was restored from a backup."
    page = staff.get(path)
    assert page.status_code == 200
    assert "This installation was restored from a backup." in page.text
    assert "newsroom adopt" in page.text
