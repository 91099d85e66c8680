"""The first minutes of somebody new: `newsroom up --demo` on an empty folder, and again."""

import re
import socket
import sqlite3
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

from tests.processes import Role, answer, newsroom, running
from tests.services import free_port

#: Of the demo's forty readers thirty may be written to; one of these chose no topic, and gets no letter that has topics.
MAILS = 29
#: What colleagues said, and what they plan.
TEAMWORK = ("comments", "milestones")


def _asked(data: Path, query: str) -> int:
    """One number from the database, past the product."""
    connection = sqlite3.connect(data / "newsroom.db")
    try:
        return int(connection.execute(query).fetchone()[0])
    finally:
        connection.close()


def _count(data: Path, table: str) -> int:
    return _asked(data, f"SELECT count(*) FROM {table}")  # noqa: S608 - our own table names


def _started(role: Role) -> str:
    return role.wait_for_words("Ctrl-C stops it.")


def _logged_in(address: str, said: str) -> OpenerDirector:
    """A browser without a face, with the login the start message gave."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{address}/admin/login").read().decode()
    email, password = re.search(r"Log in as\s+(\S+)", said), re.search(r"Password\s+(\S+)", said)
    assert email is not None
    assert password is not None
    form = {"csrf_token": _token(page), "email": email[1], "password": password[1]}
    landed = browser.open(f"{address}/admin/login", urlencode(form).encode())
    assert "/login" not in landed.geturl()
    return browser


@pytest.mark.slow
def test_the_first_start_shows_a_working_newsroom_and_the_second_doubles_nothing(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    address, settings = f"http://127.0.0.1:{port}", {"data_dir": data}
    with running("up", "--demo", "--port", str(port), settings=settings, log=tmp_path / "first.log") as role:
        said = _started(role)
        assert f":{port}/admin/" in said
        assert answer(f"{address}/healthz") == (200, "ok\n")
        assert role.wait_for(lambda: answer(f"{address}/readyz"))[0] == 200
        browser = _logged_in(address, said)
        issues = browser.open(f"{address}/admin/issues").read().decode()
        assert "Summer letter: shade before noon, a bus after midnight" in issues
        assert role.stop() == 0, role.said
    counted = {table: _count(data, table) for table in ("subscribers", "issues", "users", "media", "consent_records", *TEAMWORK)}
    assert (counted["subscribers"], counted["users"]) == (40, 1)
    assert [counted[table] for table in TEAMWORK] == [4, 5]

    with running("up", "--demo", "--port", str(port), settings=settings, log=tmp_path / "second.log") as role:
        assert "Password" not in _started(role)
        assert role.stop() == 0, role.said
    assert {table: _count(data, table) for table in counted} == counted


def _page(browser: OpenerDirector, address: str, **form: str) -> str:
    """A page by GET, or with form fields by POST."""
    return str(browser.open(address, urlencode(form).encode() if form else None).read().decode())


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


@pytest.mark.slow
def test_a_person_rehearses_the_summer_letter_and_reads_the_mails_in_the_outbox(tmp_path: Path) -> None:
    port = free_port()
    admin = f"http://127.0.0.1:{port}/admin"
    with running("up", "--demo", "--port", str(port), settings={"data_dir": tmp_path / "data"}, log=tmp_path / "log") as role:
        browser = _logged_in(admin.removesuffix("/admin"), _started(role))
        number = _asked(tmp_path / "data", "SELECT id FROM issues WHERE slug = 'summer-2027'")
        issue = f"{admin}/issues/{number}"
        assert f"/admin/issues/{number}" in _page(browser, f"{admin}/issues")
        assert 'dir="rtl"' in _page(browser, f"{issue}/preview/ar/letter")

        _page(browser, f"{issue}/rehearse", csrf_token=_token(_page(browser, issue)))

        outbox = tmp_path / "data" / "outbox"
        role.wait_for(lambda: len(list(outbox.rglob("*.eml"))) >= MAILS or None)
        assert len(list(outbox.rglob("*.eml"))) == MAILS
        assert "odile.marchetti@sainte-colombe.example" in _page(browser, f"{admin}/outbox?issue={number}")
        assert "Approved" in _page(browser, issue)


@pytest.mark.slow
def test_the_demo_has_an_issue_in_every_lasting_state(tmp_path: Path) -> None:
    with running("up", "--demo", "--port", str(free_port()), settings={"data_dir": tmp_path / "data"}, log=tmp_path / "log") as role:
        _started(role)
    connection = sqlite3.connect(tmp_path / "data" / "newsroom.db")
    states = {state for (state,) in connection.execute("SELECT state FROM issues")}
    connection.close()
    assert states == {"draft", "in_review", "approved", "scheduled", "paused", "sent", "cancelled", "discarded"}


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = newsroom("up", "--port", str(port), settings={"data_dir": tmp_path / "data"})
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} is taken.")
    assert "Traceback" not in done.stderr


def test_the_demo_does_not_move_in_with_a_real_list(tmp_path: Path) -> None:
    settings = {"data_dir": tmp_path / "data"}
    newsroom("db", "upgrade", settings=settings)
    newsroom("list", "add", "real", "--title", "Real", "--from", "a@example.org", "--postal-address", "1 Street", settings=settings)
    done = newsroom("up", "--demo", "--port", str(free_port()), settings=settings)
    assert done.returncode == 1
    assert "a data folder of its own" in done.stderr


@pytest.mark.parametrize("made_by_hand", [False, True])
def test_other_people_of_the_machine_read_neither_addresses_nor_letters_nor_keys(tmp_path: Path, *, made_by_hand: bool) -> None:
    folder = tmp_path / "data"
    if made_by_hand:
        folder.mkdir()
        folder.chmod(0o755)
    settings = {"data_dir": folder}
    newsroom("db", "upgrade", settings=settings)
    written = [path for path in folder.rglob("*") if path.stat().st_mode & 0o007]
    assert (folder / "newsroom.db").is_file()
    assert written == []
    assert made_by_hand or not folder.stat().st_mode & 0o077
