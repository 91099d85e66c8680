"""Every setting, read once from the environment, typed, with its secrets hidden; the only reader of os.environ."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from newsroom.errors import ConfigurationError, InvalidInput
from newsroom.relay_urls import Relay, check_file, checked_host, parse_relays

PREFIX = "NEWSROOM_"


class Settings(BaseModel):
    """What the environment decides; docs/operations.md explains each one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(default=Path("data"), description="folder for the SQLite file, keys, pictures and captured mail")
    database_url: SecretStr = Field(
        default=SecretStr(""), description="PostgreSQL or SQLite address; default: newsroom.db in the data folder"
    )
    redis_url: SecretStr = Field(default=SecretStr(""), description="Redis that rings the workers; unset: the queue lives in the process")
    transport_url: SecretStr = Field(
        default=SecretStr(""),
        description="where mail goes: outbox: (kept, shown, never sent) or smtp://user:password@host:587?tls=starttls, "
        "several parted by blanks; unset: the mail servers kept in the admin, else outbox:",
    )
    mailbox_url: SecretStr = Field(default=SecretStr(""), description="mailbox that receives bounces and unsubscribe mails")
    public_url: str = Field(default="http://localhost:8000", description="address of the public pages, as readers see it")
    admin_url: str = Field(default="", description="address of the admin; default: the public address")
    secret_key: SecretStr = Field(
        default=SecretStr(""), description="key ring, newest secret first; default: made and kept in the data folder"
    )
    trusted_proxies: tuple[str, ...] = Field(default=(), description="addresses or networks whose X-Forwarded-For counts, parted by commas")

    inside_hosts: tuple[str, ...] = Field(
        default=(), description="hosts inside this network that Newsroom may ask over HTTP, parted by commas; all others must be public"
    )
    alert_url: SecretStr = Field(
        default=SecretStr(""),
        description="web hook that is told when something is stuck; it takes JSON with a text, as Slack and Mattermost do",
    )

    @field_validator("trusted_proxies", "inside_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for word in value:
            try:
                ipaddress.ip_network(word, strict=False)
            except ValueError:
                raise ValueError(f"holds {word!r}, which is neither an address nor a network such as 10.0.0.0/8") from None
        return value

    @field_validator("public_url", "admin_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not _is_web_address(value):
            raise ValueError("is not a web address; for example https://news.example.org")
        return value.rstrip("/")

    @field_validator("redis_url")
    @classmethod
    def _redis_address(cls, value: SecretStr) -> SecretStr:
        if not _is_redis_address(value.get_secret_value()):
            raise ValueError("is not the address of a Redis server; for example redis://host:6379/0")
        return value

    @field_validator("transport_url")
    @classmethod
    def _mail_servers(cls, value: SecretStr) -> SecretStr:
        try:
            for relay in parse_relays(value.get_secret_value()):
                if relay.smtp:
                    check_file(relay.smtp)
        except InvalidInput as error:
            raise ValueError(f"is wrong: {error.problems[0].message}") from None
        return value

    @field_validator("alert_url")
    @classmethod
    def _hook_address(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not value.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("is not a web address; for example https://hooks.example.org/newsroom")
        return value

    @property
    def database(self) -> str:
        return self.database_url.get_secret_value() or f"sqlite:///{self.data_dir.absolute() / 'newsroom.db'}"

    @property
    def relays(self) -> tuple[Relay, ...]:
        """The mail servers that the environment names; none: those kept in the admin count, see newsroom.relays."""
        return tuple(replace(relay, inside_hosts=self.inside_hosts) for relay in parse_relays(self.transport_url.get_secret_value()))

    @property
    def redis(self) -> str:
        return self.redis_url.get_secret_value()

    @property
    def alerts(self) -> str:
        return self.alert_url.get_secret_value()

    @property
    def admin(self) -> str:
        return self.admin_url or self.public_url


def load_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings of this process. ConfigurationError quotes the first wrong one; overrides are a command's own options."""
    given = _from_environment(os.environ if environment is None else environment)
    try:
        return Settings(**{**given, **overrides})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        shown = "" if name in _SECRETS else f" (it is {given.get(name, overrides.get(name))!r})"
        raise ConfigurationError(f"{PREFIX}{name.upper()} {first['msg'].removeprefix('Value error, ')}{shown}") from None


_SECRETS = frozenset(name for name, field in Settings.model_fields.items() if field.annotation is SecretStr)


def locked_settings(environment: Mapping[str, str] | None = None) -> frozenset[str]:
    """The names the environment decides; the admin shows them as locked."""
    return frozenset(_from_environment(os.environ if environment is None else environment))


def child_environment(**settings: object) -> dict[str, str]:
    """This process's environment for a child, with exactly these settings and no other of ours."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**bare, **{f"{PREFIX}{name.upper()}": str(value) for name, value in settings.items()}}


def unknown_settings(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Variables that look like settings and are none: most often a slip of the pen that would go unnoticed."""
    known = {f"{PREFIX}{name.upper()}{twin}" for name in Settings.model_fields for twin in ("", "_FILE")}
    found = os.environ if environment is None else environment
    return tuple(sorted(name for name in found if name.startswith(PREFIX) and name not in known))


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        checked_host(parts.hostname or "")
        # urlsplit leaves out line ends and tabs in silence.
        blank = any(letter.isspace() for letter in text)
        return parts.scheme in ("http", "https") and parts.port != 0 and not (blank or parts.query or parts.fragment)
    except (ValueError, InvalidInput):
        return False


def _is_redis_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return not text or parts.scheme == "unix" or (parts.scheme in ("redis", "rediss") and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        return False


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """An empty variable is one that is not set: so do Compose files and shells leave them."""
    given: dict[str, str] = {}
    for name in Settings.model_fields:
        variable = f"{PREFIX}{name.upper()}"
        if path := environment.get(f"{variable}_FILE"):
            given[name] = _secret_file(variable, path)
        elif value := environment.get(variable, "").strip():
            given[name] = value
    return given


def _secret_file(variable: str, path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise ConfigurationError(f"{variable}_FILE names {path!r}, which cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{variable}_FILE names {path!r}, which is not a text file") from None
