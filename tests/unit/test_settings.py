"""Settings: a wrong one stops the start with a sentence that quotes it; a secret is never shown."""

from pathlib import Path

import pytest

from newsroom.db import Database
from newsroom.errors import ConfigurationError
from newsroom.settings import load_settings, locked_settings, unknown_settings

SECRET = "postgresql://newsroom:hush-hush@db/newsroom"


def test_without_any_setting_everything_runs_in_the_data_folder() -> None:
    settings = load_settings({})
    assert settings.database == f"sqlite:///{Path('data').absolute() / 'newsroom.db'}"
    assert (settings.relays, settings.redis, settings.public_url) == ((), "", "http://localhost:8000")
    assert settings.admin == settings.public_url


@pytest.mark.parametrize(("name", "value", "sentence"), [
    ("PUBLIC_URL", "news.example.org", r"NEWSROOM_PUBLIC_URL is not a web address; .* \(it is 'news\.example\.org'\)"),
    ("PUBLIC_URL", "https://exa mple.org", r"is not a web address"),
    ("PUBLIC_URL", "https://news.example.org\n/x", r"is not a web address"),
    ("PUBLIC_URL", "ftp://news.example.org", r"is not a web address"),
    ("PUBLIC_URL", "https://news.example.org/?a=1", r"is not a web address"),
    ("PUBLIC_URL", "https://news.example.org:port", r"is not a web address"),
    ("PUBLIC_URL", "https://[news", r"NEWSROOM_PUBLIC_URL is not a web address"),
    ("ADMIN_URL", "https://", r"NEWSROOM_ADMIN_URL is not a web address"),
    ("TRUSTED_PROXIES", "10.0.0.0/8, nonsense", r"NEWSROOM_TRUSTED_PROXIES .*'nonsense'.*\(it is '10\.0\.0\.0/8, nonsense'\)"),
])  # fmt: skip
def test_a_wrong_setting_is_named_and_quoted(name: str, value: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        load_settings({f"NEWSROOM_{name}": value})


def test_a_wrong_transport_is_refused_without_its_password() -> None:
    with pytest.raises(
        ConfigurationError, match=r"NEWSROOM_TRANSPORT_URL is wrong: the address starts with 'smpt'; known are outbox:, memory:, smtp:"
    ) as refusal:
        load_settings({"NEWSROOM_TRANSPORT_URL": "smpt://user:hush-hush@host"})
    assert "hush" not in str(refusal.value)


def test_a_password_put_where_the_transport_belongs_is_not_quoted() -> None:
    with pytest.raises(ConfigurationError, match="NEWSROOM_TRANSPORT_URL is wrong: the address does not begin as one") as refusal:
        load_settings({"NEWSROOM_TRANSPORT_URL": "hush-hush"})
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize("url", ["hush-hush", "http://:hush-hush@h", "redis://:hush-hush@h:port/0", "redis://"])
def test_a_wrong_redis_address_is_refused_at_the_start_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="NEWSROOM_REDIS_URL is not the address of a Redis server") as refusal:
        load_settings({"NEWSROOM_REDIS_URL": url})
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["hush-hush", "postgresql://u:hush-hush@h:port/x", "postgresql+asyncpg://u:hush-hush@h/x", "mysql://u:hush-hush@h/x"]
)
def test_a_wrong_database_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="NEWSROOM_DATABASE_URL") as refusal:
        Database(url)
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_variable_is_one_that_is_not_set(empty: str) -> None:
    names = ("DATA_DIR", "PUBLIC_URL", "TRANSPORT_URL", "DATABASE_URL")
    environment = {f"NEWSROOM_{name}": empty for name in names}
    assert load_settings(environment) == load_settings({})
    assert locked_settings(environment) == frozenset()


def test_a_misspelt_variable_is_noticed() -> None:
    environment = {"NEWSROOM_DATABSE_URL": "x", "NEWSROOM_SECRET_KEY_FILE": "x", "NEWSROOM_DATA_DIR": "x", "HOME": "/"}
    assert unknown_settings(environment) == ("NEWSROOM_DATABSE_URL",)


def test_secrets_are_hidden_in_every_picture_of_the_settings() -> None:
    settings = load_settings({
        "NEWSROOM_DATABASE_URL": SECRET, "NEWSROOM_SECRET_KEY": "hush" * 10, "NEWSROOM_TRANSPORT_URL": "smtp://u:hush-hush@h",
        "NEWSROOM_REDIS_URL": "redis://:hush-hush@h", "NEWSROOM_MAILBOX_URL": "imap://u:hush-hush@h",
    })  # fmt: skip
    assert "hush" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert settings.database == SECRET


@pytest.mark.parametrize("name", ["DATABASE_URL", "SECRET_KEY", "TRANSPORT_URL", "REDIS_URL", "MAILBOX_URL"])
def test_a_secret_may_stand_in_a_file_which_wins(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    scheme = "redis" if name == "REDIS_URL" else "smtp"
    file.write_text(f"{scheme}://u:p@host\n")
    settings = load_settings({f"NEWSROOM_{name}_FILE": str(file), f"NEWSROOM_{name}": f"{scheme}://other"})
    assert getattr(settings, name.lower()).get_secret_value() == f"{scheme}://u:p@host"


def test_a_file_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ConfigurationError, match="NEWSROOM_SECRET_KEY_FILE names '/no/such', which cannot be read: No such file"):
        load_settings({"NEWSROOM_SECRET_KEY_FILE": "/no/such"})


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="NEWSROOM_SECRET_KEY_FILE"):
        load_settings({"NEWSROOM_SECRET_KEY_FILE": str(tmp_path / "key")})


def test_what_the_environment_sets_is_locked(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("x" * 32)
    environment = {"NEWSROOM_PUBLIC_URL": "https://a.example", "NEWSROOM_SECRET_KEY_FILE": str(tmp_path / "key"), "OTHER": "1"}
    assert locked_settings(environment) == {"public_url", "secret_key"}


def test_options_of_a_command_win_over_the_environment() -> None:
    assert load_settings({"NEWSROOM_PUBLIC_URL": "https://a.example"}, public_url="https://b.example").public_url == "https://b.example"


def test_addresses_lose_their_last_slash_and_proxies_are_split() -> None:
    settings = load_settings({"NEWSROOM_PUBLIC_URL": "https://a.example/", "NEWSROOM_TRUSTED_PROXIES": "10.0.0.1, 192.168.0.0/16 ,"})
    assert settings.public_url == "https://a.example"
    assert settings.trusted_proxies == ("10.0.0.1", "192.168.0.0/16")
