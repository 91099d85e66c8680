"""One server for both faces: the path decides, proxies count only where they are trusted."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from werkzeug.test import Client, TestResponse

from admin.server import compose, create_server
from newsroom.house import House


@pytest.fixture
def house_behind_a_proxy(sqlite_house: House) -> House:
    return replace(sqlite_house, settings=sqlite_house.settings.model_copy(update={"trusted_proxies": ("10.0.0.0/8",)}))


def ask(house: House, path: str, *, admin: bool = True, public: bool = True, **options: object) -> TestResponse:
    return Client(compose(house, admin=admin, public=public)).open(path, **options)


def test_the_first_word_of_the_path_decides(sqlite_house: House) -> None:
    assert ask(sqlite_house, "/admin/login").status_code == 200
    assert ask(sqlite_house, "/admin").location.endswith("/admin/")
    assert ask(sqlite_house, "/healthz").status_code == 200
    assert "Newsroom" not in ask(sqlite_house, "/administration").headers.get("Set-Cookie", "")


def test_an_admin_alone_leads_to_its_door_and_says_that_it_is_well(sqlite_house: House) -> None:
    assert ask(sqlite_house, "/u/some-token", public=False).location == "/admin/"
    assert ask(sqlite_house, "/healthz", public=False).status_code == 200


def test_public_pages_alone_have_no_admin(sqlite_house: House) -> None:
    assert ask(sqlite_house, "/admin/login", admin=False).status_code == 404


@contextmanager
def listening(house: House) -> Iterator[tuple[str, int]]:
    """The public pages on a real socket."""
    server = create_server(house, host="127.0.0.1", port=0, admin=False, public=True)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        yield "127.0.0.1", server.effective_port
    finally:
        server.close()
        server.task_dispatcher.shutdown()


@pytest.mark.parametrize("path", ["/admin", "/archive"])
def test_a_made_up_host_gets_into_no_redirect(sqlite_house: House, path: str) -> None:
    answer = Client(compose(sqlite_house, admin=True, public=True)).open(path, base_url="http://evil.example")
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{path}/")


def test_a_hundred_idle_connections_keep_nobody_out(sqlite_house: House) -> None:
    with listening(sqlite_house) as address, ExitStack() as idle:
        for _ in range(120):
            idle.enter_context(socket.create_connection(address, timeout=10))
        client = idle.enter_context(socket.create_connection(address, timeout=10))
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in client.recv(200)


def test_a_body_far_above_what_is_taken_is_refused_before_it_fills_the_disk(sqlite_house: House) -> None:
    with listening(sqlite_house) as address, socket.create_connection(address, timeout=10) as client:
        client.sendall(b"POST /u/token HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n" + b"x" * 100)
        assert b" 413 " in client.recv(200)


def failures(house: House, proxy: str, clients: list[str]) -> list[int]:
    client = Client(compose(house, admin=True, public=False))
    page = client.get("/admin/login").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token, "email": "nobody@example.org", "password": "wrong wrong wrong"}
    return [
        client.post("/admin/login", data=form, headers={"X-Forwarded-For": address}, environ_base={"REMOTE_ADDR": proxy}).status_code
        for address in clients
    ]


def test_a_client_cannot_escape_the_brake_by_a_header_of_its_own(house_behind_a_proxy: House) -> None:
    addresses = [f"203.0.113.{number}" for number in range(11)]
    assert failures(house_behind_a_proxy, "198.51.100.7", addresses)[-1] == 429


def test_clients_of_a_proxy_of_both_families_are_told_apart(house_behind_a_proxy: House) -> None:
    addresses = [f"::ffff:203.0.113.{number}" for number in range(11)]
    assert failures(house_behind_a_proxy, "::ffff:10.1.2.3", addresses)[-1] == 401


def test_behind_a_trusted_proxy_each_client_has_a_brake_of_its_own(house_behind_a_proxy: House) -> None:
    addresses = [f"203.0.113.{number}" for number in range(11)]
    assert failures(house_behind_a_proxy, "10.1.2.3", addresses)[-1] == 401
