"""Links are tried as a reader would open them: what is gone, what asks for a log-in, and silence where the fault may be ours."""

import json
import socket
import time
from collections.abc import Sequence

import pytest
from click.testing import CliRunner

from newsroom import outbound
from newsroom.cli.main import commands
from newsroom.house import House
from newsroom.link_asking import SECONDS_EACH, LinkAnswer, ask, ask_all
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


def test_a_machine_without_a_network_blames_nobody_though_one_link_needs_none() -> None:
    """An address inside is known to lead there without asking anybody: it does not prove that there is a network."""

    def only_numbers(host: str, port: int) -> Sequence[str]:
        return [host] if host == "127.0.0.1" else _nowhere(host, port)

    found = ask_all(["http://127.0.0.1/a", "https://www.iom.int/b"], resolve=only_numbers)
    assert (found.is_offline, found.trouble) == (True, {})


def test_a_server_that_is_busy_is_an_answer() -> None:
    with web_hook() as hook:
        hook.answer = _answer("429 Too Many Requests")
        urls = [f"http://pages.intranet:{hook.port}/a", "https://nowhere.uclg.org/b"]
        found = ask_all(urls, inside_hosts=HERE, resolve=_some)
        assert (found.is_offline, set(found.trouble)) == (False, {urls[1]})


def test_an_answer_that_never_ends_is_an_answer() -> None:
    with web_hook() as hook:
        hook.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n<p>Begins"
        begun = time.monotonic()
        assert ask(f"http://pages.intranet:{hook.port}/stream", inside_hosts=HERE, resolve=_local).state == "good"
        assert time.monotonic() - begun < SECONDS_EACH + 2


def test_what_came_in_time_of_an_endless_answer_is_enough() -> None:
    with web_hook() as hook:
        hook.answer, hook.dripping = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + b"x" * 999, 0.005
        url = f"http://pages.intranet:{hook.port}/stream"
        answer = outbound.get(url, inside_hosts=HERE, resolve=_local, timeout=0.6, whole=False)
        assert answer.status == 200
        assert 0 < len(answer.body) < 999


@pytest.mark.parametrize("url", ["/تقرير/2027", "/é t é?q=ñ", "/a%20b", "/a[1]"])
def test_an_address_in_any_letters_is_asked_as_a_browser_would(url: str) -> None:
    with web_hook() as hook:
        found = ask_all([f"http://pages.intranet:{hook.port}{url}"], inside_hosts=HERE, resolve=_local)
        assert [answer.state for answer in found.answers.values()] == ["good"]
        assert len(hook.asked) == 1


def test_a_host_in_letters_of_its_own_is_looked_up_by_its_plain_name() -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["10.0.0.1"]

    found = ask_all(["https://münchen.de/a", "https://موقع.وزارة-الاتصالات.مصر/b"], resolve=resolve)
    assert "xn--mnchen-3ya.de" in asked
    assert [host for host in asked if not host.isascii()] == []
    assert {answer.detail for answer in found.answers.values()} == {"leads to an address inside this network"}


@pytest.mark.parametrize(
    "url",
    ["http://[", "https://", "http://:80/a", "https://ü..b.de/", f"https://{'ü' * 80}.de/", "mailto:a@uclg.org", "tel:+34", "", "#"],
)
def test_what_is_no_address_of_the_web_is_left_alone(url: str) -> None:
    assert ask_all([url], resolve=_nowhere).trouble == {}


@pytest.mark.parametrize("location", ["http://[", "//", "https://é..x/", "\x80\xff://"])
def test_a_redirect_to_what_is_no_address_is_told(location: str) -> None:
    answer = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    assert _asked(answer, *[_answer("404 Not Found")] * 9).state == "unreachable"


def test_a_redirect_in_any_letters_is_followed() -> None:
    with web_hook() as hook:
        hook.answers = [redirect_to("/تقرير")]
        assert ask(f"http://pages.intranet:{hook.port}/r", inside_hosts=HERE, resolve=_local).state == "good"
        assert b"/%D8%AA%D9%82%D8%B1%D9%8A%D8%B1" in hook.asked[1]


def test_a_server_that_hangs_does_not_keep_the_others_waiting() -> None:
    """Hosts take turns: 60 links to one that never answers leave room for the rest."""
    with web_hook() as hook, socket.create_server(("127.0.0.1", 0)) as mute:
        stuck = [f"http://mute.intranet:{mute.getsockname()[1]}/{place}" for place in range(60)]
        good = [f"http://pages.intranet:{hook.port}/{place}" for place in range(20)]
        found = ask_all([*stuck, *good], inside_hosts=("mute.intranet", "pages.intranet"), resolve=_local, seconds=1.5)
        assert {found.answers[url].state for url in good} == {"good"}
        assert {found.answers[url].state for url in stuck} == {"unasked"}


def test_five_thousand_links_end_in_time() -> None:
    urls = [f"https://host-{place % 50}.uclg.org/{place}" for place in range(5_000)]

    def slow(host: str, port: int) -> Sequence[str]:
        time.sleep(0.01)
        return ["10.0.0.1"]

    begun = time.monotonic()
    found = ask_all(urls, resolve=slow, seconds=2)
    assert time.monotonic() - begun < 4
    assert len(found.answers) == 5_000
