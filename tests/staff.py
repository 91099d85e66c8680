"""A member of the staff at the admin, over HTTP: logs in, opens pages, submits forms with the token the page gave."""

import re
from dataclasses import replace
from typing import Any

from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from admin.accounts import User
from admin.app import create_admin_app
from newsroom.house import House
from tests.factories import PASSWORD, a_user

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Staff:
    """One browser. `rung` lists the issues the sender was told of."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.rung: list[int] = []
        self.app = create_admin_app(house, ring=self.rung.append)
        self.client: FlaskClient = self.app.test_client()

    def another_browser(self) -> "Staff":
        other = Staff(self.house)
        other.app, other.client, other.rung = self.app, self.app.test_client(), self.rung
        return other

    def log_in(self, email: str, password: str = PASSWORD, **form: str) -> TestResponse:
        return self.post("/admin/login", email=email, password=password, page="/admin/login", **form)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, *, page: str = "/admin/account", files: dict[str, Any] | None = None, **form: Any) -> TestResponse:
        found = TOKEN.search(self.get(page).text)
        token = found.group(1) if found else ""
        return self.client.post(path, data={"csrf_token": token, **form, **(files or {})})


def somebody(house: House, role: str = "administrator", **facts: Any) -> tuple[Staff, User]:
    """A fresh browser, logged in as a new user with this role."""
    with house.database.transaction() as session:
        user = a_user(session, role=role, **facts)
    staff = Staff(house)
    assert staff.log_in(user.email).status_code == 302
    return staff, user


def with_relay(house: House, url: str = "smtp://127.0.0.1:2525") -> House:
    """The same house with a mail server to hand letters to."""
    return replace(house, settings=house.settings.model_copy(update={"transport_url": SecretStr(url)}))


def above_the_history(page: str) -> str:
    """An issue's page as far as it tells of now; the folded history keeps everything that was ever said."""
    return page.partition('<ol class="history">')[0]
