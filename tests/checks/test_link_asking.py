"""Links are tried as a reader would open them: what is gone, what asks for a log-in, and silence where the fault may be ours."""

import json
import socket
from collections.abc import Sequence

import pytest
from click.testing import CliRunner

from newsroom.cli.main import commands
from newsroom.house import House
from newsroom.link_asking import LinkAnswer, ask, ask_all
from tests.factories import a_list, an_issue
from tests.web_hook import redirect_to, web_hook

HERE = ("pages.intranet",)


def _local(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def _nowhere(host: str, port: int) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _some(host: str, port: int) -> Sequence[str]:
    return _local(host, port) if host == "pages.intranet" else _nowhere(host, port)


def _answer(status: str, body: bytes = b"", *fields: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}"])
    return f"{head}\r\n\r\n".encode() + body


def _asked(*answers: bytes) -> LinkAnswer:
    with web_hook() as hook:
        hook.answers = list(answers)
        return ask(f"http://pages.intranet:{hook.port}/notes", inside_hosts=HERE, resolve=_local)


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ([_answer("200 OK", b"<p>Notes</p>")], "good"),
        ([_answer("200 OK", b'<form><input type="password"></form>')], "good"),  # a small log-in form beside the page
        ([_answer("404 Not Found")], "unreachable"),
        ([_answer("410 Gone")], "unreachable"),
        ([_answer("401 Unauthorized")], "login"),
        ([_answer("403 Forbidden")], "login"),
        ([_answer("429 Too Many Requests")], "unknown"),
        ([redirect_to("/en/notes"), _answer("200 OK", b"<p>Notes</p>")], "good"),
        ([redirect_to("/login?next=/notes")], "login"),
        ([redirect_to("https://login.microsoftonline.com/x")], "login"),
        ([redirect_to("/welcome"), _answer("200 OK", b"<input name=p type='password'>")], "login"),
        ([redirect_to("/news/login-free-voting"), _answer("200 OK")], "good"),
        ([redirect_to("/notes")] * 9, "unreachable"),
        ([redirect_to("http://10.0.0.7/")], "unreachable"),
    ],
)
def test_an_answer_is_judged_as_a_reader_would(answers: list[bytes], state: str) -> None:
    assert _asked(*answers).state == state


def test_a_long_answer_is_not_read_to_its_end() -> None:
    assert _asked(_answer("200 OK", b"x" * 200_000)).state == "good"


def test_a_server_that_stumbles_once_is_asked_again() -> None:
    with web_hook() as hook:
        hook.answers = [_answer("503 Busy")]
        url = f"http://pages.intranet:{hook.port}/a"
        assert ask_all([url], inside_hosts=HERE, resolve=_local).trouble == {}


def test_one_page_is_asked_once_whatever_part_of_it_is_meant() -> None:
    with web_hook() as hook:
        page = f"http://pages.intranet:{hook.port}/a"
        hook.answer = _answer("404 Not Found")
        found = ask_all([f"{page}#one", f"{page}#two"], inside_hosts=HERE, resolve=_local)
        assert len(hook.asked) == 1
        assert set(found.trouble) == {f"{page}#one", f"{page}#two"}


def test_a_machine_without_a_network_blames_nobody() -> None:
    found = ask_all(["https://www.uclg.org/a", "https://www.iom.int/b"], resolve=_nowhere)
    assert found.is_offline
    assert found.trouble == {}


def test_a_name_that_nobody_knows_is_told_where_others_answer() -> None:
    with web_hook() as hook:
        found = ask_all([f"http://pages.intranet:{hook.port}/a", "https://nowhere.uclg.org/b"], inside_hosts=HERE, resolve=_some)
        assert found.trouble == {"https://nowhere.uclg.org/b": ("unreachable", "cannot be asked: its name is not known")}


def test_an_address_inside_this_network_is_never_asked() -> None:
    with web_hook() as hook:
        assert ask(f"http://pages.intranet:{hook.port}/a", resolve=_local).state == "unreachable"
        assert hook.asked == []


def test_the_command_tries_the_links(sqlite_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSROOM_DATA_DIR", str(sqlite_house.settings.data_dir))
    monkeypatch.setenv("NEWSROOM_INSIDE_HOSTS", "127.0.0.1")
    with web_hook() as hook:
        hook.answer = _answer("404 Not Found")
        with sqlite_house.database.transaction() as session:
            text = f'<p>Read the <a href="http://127.0.0.1:{hook.port}/report">annual report</a>.</p>'
            number = an_issue(session, a_list(session), sections=[("text", {"title": "Report", "text": text})]).id
        found = json.loads(CliRunner().invoke(commands, ["issue", "check", str(number), "--json"]).stdout)
        assert [(one["check"], one["message"]) for one in found] == [
            ("link_unreachable", "“annual report” cannot be reached: 127.0.0.1 answers 404 (not found).")
        ]
        assert json.loads(CliRunner().invoke(commands, ["issue", "check", str(number), "--json", "--no-links"]).stdout) == []
