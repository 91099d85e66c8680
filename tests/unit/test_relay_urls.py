"""The addresses of mail servers: what is taken, what is refused in one sentence, and that no sentence holds a password."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsroom.errors import ConfigurationError, InvalidInput
from newsroom.relay_urls import OAuth, Relay, SmtpAddress, Tls, parse_relays, read_smtp_url, write_smtp_url
from newsroom.settings import load_settings

PASSWORD = "hush-hush"


def names(text: str) -> list[tuple[str, str, int]]:
    return [(relay.name, relay.label, relay.weight) for relay in parse_relays(text)]


def test_one_address_is_the_main_one() -> None:
    assert names("smtp://news:secret@mail.example.org:587?tls=starttls") == [("main", "mail.example.org:587", 1)]


def test_several_addresses_have_names_and_weights() -> None:
    text = "smtp://a.example?name=near&weight=3\n  smtp://b.example:2525?weight=2 smtp://b.example:2526"
    assert names(text) == [("near", "a.example:25", 3), ("main", "b.example:2525", 2), ("b-example", "b.example:2526", 1)]


def test_a_name_that_was_given_is_not_taken_away_by_an_address_without_one() -> None:
    found = parse_relays("smtp://a.example smtp://b.example?name=main smtp://a.example:26")
    assert [relay.name for relay in found] == ["a-example", "main", "a-example-2"]


@pytest.mark.parametrize(("text", "name"), [("outbox:", "outbox"), ("memory:", "memory"), ("memory:two", "two"), ("smtp://[::1]", "main")])
def test_every_kind_of_way_out_has_a_name(text: str, name: str) -> None:
    assert [relay.name for relay in parse_relays(text)] == [name]


def test_nothing_is_no_relay() -> None:
    assert parse_relays(" \n") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("smtp://", "the host is missing; for example smtp://"),
        ("smtp://news:hush-hush@[h", "an IPv6 address is written"),
        ("smtp://mail..example.org", "'mail..example.org' is no host name"),
        ("smtp://mail.example:99999", "the port is not a number from 1 to 65535"),
        ("smtp://mail.example:0", "the port is not a number from 1 to 65535"),
        ("smtp://mail.example?tls=maybe", "tls=maybe is not known: it can be none, starttls or implicit"),
        ("smtp://mail.example?connections=0", "connections=0 is out of range: it can be 1 to 500"),
        ("smtp://mail.example?connections=1_6", "connections=1_6 is out of range"),
        ("smtp://mail.example?weight=0", "weight=0 is out of range: it can be 1 to 1000"),
        ("smtp://mail.example?weight=", "weight= is out of range"),
        ("smtp://mail.example?name=Main", "name=Main is not a short name"),
        ("smtp://mail.example?name=", "name= is not a short name"),
        ("smtp://mail.example?speed=9", "the parameter 'speed' is not known; known are name, weight, tls"),
        ("smtp://mail.example?tls=none&tls=starttls", "the parameter 'tls' is given twice"),
        ("smtp://mail.example/inbox", "the address cannot be read"),
        ("smtp:mail.example", "the address cannot be read"),
        ("smtp://:hush-hush@mail.example", "there is a password without a user"),
        ("smtp://mail.example?auth=plain", "auth= is given without a user"),
        ("smtp://u:p@mail.example?auth=ntlm", "auth=ntlm is not known: it can be auto, plain, login or xoauth2"),
        ("smtp://u@mail.example?auth=xoauth2", "auth=xoauth2 needs token_url"),
        ("smtp://u@m.example?auth=xoauth2&token_url=https://t.example", "auth=xoauth2 needs client_id"),
        ("smtp://u@m.example?auth=xoauth2&token_url=https://t.example&client_id=c", "needs a refresh_token, or the client_secret"),
        ("smtp://u@m.example?auth=xoauth2&token_url=http://t.example&client_id=c&refresh_token=r", "token_url is no web address with"),
        ("smtp://u:p@m.example?auth=xoauth2&token_url=https://t.example&client_id=c&refresh_token=r", "auth=xoauth2 takes no password"),
        ("smtp://u:p@mail.example?client_id=c", "belong to auth=xoauth2 alone"),
        ("smtp://u%0d%0aRSET:p@mail.example", "the user holds a character that cannot be typed"),
        ("outbox: smtp://mail.example", "outbox: keeps mail instead of sending it"),
        ("outbox:?weight=2", "the parameter 'weight' is not known beside outbox:"),
        ("smtp://a.example?name=x smtp://b.example?name=x", "in address 2 of 2, name=x is given to two addresses"),
        ("smtp://a.example smtp://b.example:port", "in address 2 of 2, the port is not a number"),
        ("smtp://a.example hush-hush", "in address 2 of 2, the address does not begin as one; known are outbox:, memory:, smtp:"),
    ],
)
def test_a_wrong_address_stops_the_start_in_one_sentence_that_quotes_the_faulty_part(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^NEWSROOM_TRANSPORT_URL is wrong: ") as refused:
        load_settings({"NEWSROOM_TRANSPORT_URL": text})
    assert said in str(refused.value)
    assert "hush" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_of_certificates_that_is_not_there_is_named_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match=r"ca_file=/no/where\.pem names no file on this machine"):
        load_settings({"NEWSROOM_TRANSPORT_URL": "smtp://mail.example?tls=starttls&ca_file=/no/where.pem"})


def test_tokens_may_hold_the_signs_that_they_do_hold() -> None:
    url = "smtp://news%40city.example@smtp.example?auth=xoauth2&token_url=https://t.example/token&client_id=a&refresh_token=1//0x+y/z=="
    (relay,) = parse_relays(url)
    assert relay.smtp is not None
    assert relay.smtp.user == "news@city.example"
    assert relay.smtp.oauth == OAuth(token_url="https://t.example/token", client_id="a", refresh_token="1//0x+y/z==")


@pytest.mark.parametrize("tls", [("none", 25), ("starttls", 587), ("implicit", 465)])
def test_each_kind_of_encryption_has_its_usual_port(tls: tuple[Tls, int]) -> None:
    assert read_smtp_url(f"smtp://mail.example?tls={tls[0]}").port == tls[1]


printable = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), max_size=20).filter(str.isprintable)
hosts = st.sampled_from(["mail.example.org", "localhost", "192.0.2.7", "2001:db8::25", "bücher.example"])
words = printable.filter(bool)
token_uses = st.builds(OAuth, token_url=st.just("https://t.example/x?y=1"), client_id=words, refresh_token=words, scope=printable)
plain_addresses = st.builds(
    SmtpAddress, host=hosts, port=st.integers(1, 65535), user=printable.filter(bool), password=printable,
    tls=st.sampled_from(["none", "starttls", "implicit"]), connections=st.integers(1, 500), ca_file=printable,
)  # fmt: skip
token_addresses = st.builds(
    SmtpAddress, host=hosts, port=st.integers(1, 65535), user=printable.filter(bool), auth=st.just("xoauth2"), oauth=token_uses
)


@given(plain_addresses | token_addresses)
def test_an_address_that_is_written_reads_back_the_same(address: SmtpAddress) -> None:
    assert read_smtp_url(write_smtp_url(address)) == address


@given(plain_addresses | token_addresses, st.integers(1, 1000))
def test_several_that_are_written_one_after_another_read_back_in_their_order(address: SmtpAddress, weight: int) -> None:
    second = Relay(name="second", url=f"{write_smtp_url(address)}&name=second&weight={weight}", weight=weight)
    assert parse_relays(f"smtp://first.example {second.url}")[1] == second


@given(plain_addresses | token_addresses)
def test_without_its_secrets_an_address_shows_none_and_can_still_be_read(address: SmtpAddress) -> None:
    bare = write_smtp_url(address, with_secrets=False)
    read = read_smtp_url(bare, with_secrets=False)
    assert read.password == ""
    assert read.oauth is None or (read.oauth.refresh_token, read.oauth.client_secret) == ("", "")
    assert (read.host, read.port, read.user) == (address.host, address.port, address.user)


wild = st.text(st.characters(codec="utf-8"), max_size=6)
LEAST = "zq9"  # stands for the password: nothing else in an address or a sentence holds it


def refusal(text: str) -> str:
    """The sentence, or nothing where the text is taken."""
    try:
        parse_relays(text)
    except InvalidInput as error:
        return str(error)
    return ""


@settings(max_examples=300)
@given(
    before=wild, after=wild, rest=st.sampled_from(["@mail.example", "@mail.example:587?tls=starttls", "@h:x", "@", "@mail..example?tls=no"])
)  # fmt: skip
def test_whatever_a_password_holds_no_sentence_quotes_it(before: str, after: str, rest: str) -> None:
    """Written as people write it: not encoded, with every sign that parts an address, blanks too."""
    text = f"smtp://news:{before}{LEAST}{after}{rest}"
    sentence = refusal(text)
    assert LEAST not in sentence.lower()
    shown = [] if sentence else [(relay, relay.label, relay.name, relay.smtp) for relay in parse_relays(text)]
    assert LEAST not in repr(shown).lower()


@given(wild)
def test_no_text_at_all_is_more_than_a_refusal(text: str) -> None:
    for beginning in ("", "smtp://", "smtp://h?", "smtp://h?ca_file=", "memory:", "smtp://h smtp://"):
        refusal(f"{beginning}{text}")
