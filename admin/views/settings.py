"""How this Newsroom is set up: what the environment decides, shown as locked; secrets are never shown."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from pydantic import SecretStr

from admin.context import desk
from admin.permissions import permission
from newsroom.settings import PREFIX, Settings, locked_settings

routes = Blueprint("settings", __name__)

NAMES = {
    "data_dir": "Data folder",
    "database_url": "Database",
    "redis_url": "Redis",
    "transport_url": "Way out for mail",
    "mailbox_url": "Mailbox for what comes back",
    "public_url": "Public address",
    "admin_url": "Address of the admin",
    "secret_key": "Keys",
    "trusted_proxies": "Trusted proxies",
    "inside_hosts": "Hosts inside this network",
    "alert_url": "Alerts go to",
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    name: str
    variable: str
    value: str
    locked: bool
    secret: bool
    description: str


@routes.get("/settings")
@permission("see_settings", of="everywhere")
def index() -> str:
    return render_template("settings.html", settings=_shown(desk().house.settings))


def _shown(settings: Settings) -> list[Shown]:
    locked = locked_settings()
    return [
        Shown(
            name=NAMES[name],
            variable=f"{PREFIX}{name.upper()}",
            value=_value(name, getattr(settings, name)),
            locked=name in locked,
            secret=isinstance(getattr(settings, name), SecretStr),
            description=_sentence(field.description or ""),
        )
        for name, field in Settings.model_fields.items()
    ]


def _sentence(description: str) -> str:
    return f"{description[:1].upper()}{description[1:]}."


def _value(name: str, value: object) -> str:
    """A secret is only said to be there; of an address that holds a password, the scheme says enough."""
    if isinstance(value, SecretStr):
        scheme, colon, _ = value.get_secret_value().partition(":")
        return scheme if colon and name.endswith("_url") else "set" if scheme else ""
    return ", ".join(value) if isinstance(value, tuple) else str(value)
