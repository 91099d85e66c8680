"""The one outbound HTTP client: no spelling, no resolver and no server leads it inside, keeps it waiting or fills its memory."""

import datetime
import json
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from newsroom import outbound
from newsroom.errors import InvalidInput, Refused, Unreachable
from tests.services import free_port
from tests.web_hook import redirect_to, web_hook

HERE = ("127.0.0.1",)


def answering(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    """A resolver that says so, whatever the name."""
    return lambda _host, _port: addresses


# Spelt so that a filter of names and texts would let them pass; the machine's own resolver understands each of them.
SPELLINGS = [
    "http://127.0.0.1/", "http://127.0.0.1:80/", "http://127.1/", "http://127.0.1/", "http://2130706433/", "http://0x7f000001/",
    "http://0x7f.1/", "http://0x7f.0x0.0x0.0x1/", "http://017700000001/", "http://0177.0.0.1/", "http://0177.1/", "http://0/",
    "http://0.0.0.0/", "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://[::1]/", "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::a00:1]/", "http://[2002:7f00:1::]/", "http://[fe80::1]/", "http://[fc00::1]/",
    "http://[fd00:ec2::254]/", "http://169.254.169.254/latest/meta-data/", "http://0xa9fea9fe/", "http://2852039166/",
    "http://[::ffff:a9fe:a9fe]/", "http://10.0.0.1/", "http://192.168.1.1/", "http://172.16.0.1/", "http://100.64.0.1/",
    "http://168.63.129.16/", "http://224.0.0.1/", "http://[ff02::1]/", "http://255.255.255.255/",
]  # fmt: skip


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_of_an_inside_address_is_asked(url: str) -> None:
    with pytest.raises(Refused, match="inside"):
        outbound.post(url, json={})


@pytest.mark.parametrize(
    "url",
    ["http://user@127.0.0.1/", "http://hooks.example.org@127.0.0.1/", "http://hooks.example.org:pw@127.0.0.1/", "http://[::1%25lo]/",
     "http://[::1]hooks.example.org/", "http://hooks.example.org\\@127.0.0.1/", "http://127.0.0.1%2f@hooks.example.org/",
     "http://127.0.0.1\t/", "http://hooks.example.org\r\nHost: x/", "http://", "http:///x", "http://.example.org/", "http://a..b/",
     "http://hooks.example.org:0/", "http://hooks.example.org:99999/", "http://hooks.example.org:x/", "//hooks.example.org/",
     "file:///etc/passwd", "ftp://hooks.example.org/", "gopher://127.0.0.1:25/_", "hooks.example.org", "", "http://①②⑦.⓪.⓪.①/",
     "http://127。0。0。1/", "http://[::1/", "http://hooks example.org/"],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_refused_before_anything_is_looked_up(url: str) -> None:
    def never(host: str, _: int) -> Sequence[str]:
        raise AssertionError(f"{host} was looked up")

    with pytest.raises(InvalidInput, match="web address"):
        outbound.get(url, resolve=never)


@pytest.mark.parametrize(
    "addresses",
    [("10.1.2.3",), ("93.184.216.34", "10.1.2.3"), ("127.0.0.1", "93.184.216.34"), ("2606:2800:220:1::1", "::1"), ("::ffff:10.0.0.1",),
     ("64:ff9b:1::1",), ("2001::1",), ("2001:db8::1",), ("3fff::1",),
     ("198.18.0.1",), ("192.0.2.1",), ("240.0.0.1",),
     ("fe80::1%1",), ("nonsense",)],
)  # fmt: skip
def test_a_public_name_that_leads_inside_is_refused_even_among_public_answers(addresses: tuple[str, ...]) -> None:
    with pytest.raises(Refused, match=r"hooks\.example\.org leads to an address inside"):
        outbound.post("https://hooks.example.org/", json={}, resolve=answering(*addresses))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"]
)
def test_a_public_address_is_not_inside(address: str) -> None:
    assert not outbound.is_inside(address)


def test_a_name_is_looked_up_once_and_what_was_checked_is_what_is_asked() -> None:
    """A second look-up is where a rebinding name would change its mind."""
    looked_up: list[str] = []

    def once(host: str, _: int) -> Sequence[str]:
        looked_up.append(host)
        return HERE if len(looked_up) == 1 else ("10.0.0.1",)

    with web_hook() as hook:
        answer = outbound.post(f"http://hooks.intranet:{hook.port}/x?y=1", json={"a": "é"}, inside_hosts=("hooks.intranet",), resolve=once)
    assert answer.is_good
    assert looked_up == ["hooks.intranet"]
    head = hook.asked[0].partition(b"\r\n\r\n")[0].decode()
    assert head.startswith("POST /x?y=1 HTTP/1.1\r\n")
    assert f"Host: hooks.intranet:{hook.port}" in head
    assert json.loads(hook.bodies[0]) == {"a": "é"}


@pytest.mark.parametrize("named", ["hooks.intranet", "HOOKS.intranet."])
def test_only_the_named_host_may_lie_inside(named: str) -> None:
    with web_hook() as hook:
        assert outbound.get(f"http://hooks.intranet:{hook.port}/", inside_hosts=(named,), resolve=answering(*HERE)).is_good
        for other in ("other.intranet", "hooks.intranet.example.org", "xhooks.intranet"):
            with pytest.raises(Refused):
                outbound.get(f"http://{other}:{hook.port}/", inside_hosts=(named,), resolve=answering(*HERE))
    assert len(hook.asked) == 1


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with web_hook() as inner, web_hook() as hook:
        hook.answer = redirect_to(inner.url)
        answer = outbound.post(hook.url, json={}, allow_inside=True)
    assert (answer.status, answer.is_good, inner.asked) == (302, False, [])


def test_a_form_is_sent_as_one_and_headers_go_with_it() -> None:
    with web_hook() as hook:
        outbound.post(
            hook.url, form={"grant_type": "refresh_token", "x": "a&b"}, headers={"Authorization": "Basic eA=="}, allow_inside=True
        )
    assert hook.bodies == [b"grant_type=refresh_token&x=a%26b"]
    assert b"application/x-www-form-urlencoded" in hook.asked[0]
    assert b"Authorization: Basic eA==" in hook.asked[0]


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with web_hook() as proxy, web_hook() as hook:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        outbound.get(hook.url, allow_inside=True)
    assert (len(hook.asked), proxy.asked) == (1, [])


def test_a_header_cannot_carry_another_one() -> None:
    with web_hook() as hook, pytest.raises(InvalidInput, match="header"):
        outbound.get(hook.url, headers={"X": "a\r\nY: b"}, allow_inside=True)


def test_an_answer_without_end_is_cut_off() -> None:
    with web_hook() as hook:
        hook.answer = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000
        with pytest.raises(Unreachable, match="more than 1000 bytes"):
            outbound.get(hook.url, allow_inside=True, largest=1_000)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n" + b"x" * 200, b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 60]
)
def test_the_deadline_is_for_everything_together_and_no_dripping_server_stretches_it(answer: bytes) -> None:
    """Each single byte comes in time; the whole would take a minute and more."""
    with web_hook() as hook:
        hook.answer, hook.dripping = answer, 0.25
        begun = time.monotonic()
        with pytest.raises(Unreachable, match=r"does not answer within 0\.5 seconds"):
            outbound.get(hook.url, allow_inside=True, timeout=0.5)
    assert time.monotonic() - begun < 30


def test_a_resolver_that_hangs_is_not_waited_for_beyond_the_deadline() -> None:
    over = threading.Event()

    def hanging(_host: str, _port: int) -> Sequence[str]:
        over.wait(60)
        return HERE

    begun = time.monotonic()
    with pytest.raises(Unreachable, match=r"within 0\.2 seconds"):
        outbound.get("https://hooks.example.org/", resolve=hanging, timeout=0.2)
    over.set()
    assert time.monotonic() - begun < 30


def test_a_name_that_is_not_known_and_a_port_without_listener_are_told_by_the_host_alone() -> None:
    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise outbound.socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Unreachable, match="its name is not known") as error:
        outbound.get("https://hooks.example.org/services/T0/SECRET", resolve=unknown)
    assert "SECRET" not in str(error.value)
    with pytest.raises(Unreachable, match="refused"):
        outbound.get(f"http://127.0.0.1:{free_port()}/SECRET", allow_inside=True)


def test_of_several_addresses_the_next_is_tried_when_one_refuses() -> None:
    with web_hook() as hook:
        resolve = answering("127.0.0.2", "127.0.0.1")
        assert outbound.get(f"http://hooks.intranet:{hook.port}/", resolve=resolve, allow_inside=True).is_good


@pytest.mark.parametrize("answer", [b"220 mail.example.org ESMTP\r\n", b"", b"HTTP/1.1 abc\r\n\r\n"])
def test_what_is_no_http_answer_is_told_so(answer: bytes) -> None:
    with web_hook() as hook:
        hook.answer = answer
        with pytest.raises(Unreachable, match=r"no HTTP answer|closed"):
            outbound.get(hook.url, allow_inside=True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for hooks.intranet; key and certificate in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.intranet")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(today - datetime.timedelta(days=1)).not_valid_after(today + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.intranet")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "hooks.pem"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificate: Path) -> None:
    with web_hook(_context(certificate)) as hook, pytest.raises(Unreachable, match="cannot be trusted"):
        outbound.post(f"https://hooks.intranet:{hook.port}/", json={}, allow_inside=True, resolve=answering(*HERE))
    assert hook.asked == []


def test_tls_is_verified_against_the_name_that_was_asked_for(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with web_hook(_context(certificate)) as hook:
        assert outbound.post(f"https://hooks.intranet:{hook.port}/", json={}, allow_inside=True, resolve=answering(*HERE)).is_good
        with pytest.raises(Unreachable, match=r"other\.intranet cannot be trusted"):
            outbound.post(f"https://other.intranet:{hook.port}/", json={}, allow_inside=True, resolve=answering(*HERE))
    assert len(hook.asked) == 1
