"""Is this set-up sound? Each check is one small function; what is wrong comes with its cause and the next step."""

import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import redis
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from newsroom import search_index
from newsroom.alert_hook import load_hook
from newsroom.clock import utc_now
from newsroom.data_folder import file_system_of, mounts
from newsroom.db import said_by
from newsroom.errors import ConfigurationError, InvalidInput, Refused
from newsroom.hosts import is_loopback
from newsroom.house import House
from newsroom.outbound import read_target, refuse_leading_inside
from newsroom.relays import Relay, load_relays
from newsroom.sendqueue.database_clock import read_clock
from newsroom.sendqueue.durability import forgetful
from newsroom.sendqueue.status import Finding, Level, disk_findings, identity_findings, schema_finding
from newsroom.sendqueue.transports.probing import probe
from newsroom.sendqueue.way_out import refuse_to_send_by
from newsroom.sendqueue.writability import why_unwritable
from newsroom.settings import PREFIX, unknown_settings

log = logging.getLogger(__name__)
OLDEST_POSTGRESQL = 130_000
APART, FAR_APART = 5.0, 120.0
REDIS_ANSWERS_WITHIN = 2.0
NETWORK_DISKS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs", "9p"})
Check = Callable[[House], Iterator[Finding]]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The database, while it answers."""

    session: Session
    house: House
    here: datetime


def examine(house: House, *, cheap: bool = False) -> list[Finding]:
    """Everything, or only what asks nobody but this machine and its database."""
    checks: tuple[Check, ...] = (_settings, _folder, _database)
    more: tuple[Check, ...] = () if cheap else (_redis, _mail_servers)
    return [finding for check in (*checks, *more) for finding in check(house)]


def warn_at_start(house: House) -> None:
    """The cheap part into the log of a role that starts; in a thread of its own, for the database may be away."""
    threading.Thread(target=_warn, args=(house,), name="doctor", daemon=True).start()


def _warn(house: House) -> None:
    try:
        for finding in examine(house, cheap=True):
            # Settings that are none were told when they were read.
            if finding.level != "good" and finding.check != "settings":
                log.log(logging.ERROR if finding.level == "error" else logging.WARNING, "%s", finding)
    except Exception:
        log.exception("looking at the set-up broke down; nothing else depends on it")


def _good(check: str, message: str) -> Finding:
    return Finding(check=check, level="good", message=message)


def _settings(house: House) -> Iterator[Finding]:
    unknown = unknown_settings()
    for name in unknown:
        yield Finding(
            check="settings", level="warning", message=f"{name} is no setting of Newsroom and is ignored.", hint="Is it misspelt?"
        )
    if not unknown:
        yield _good("settings", "Every setting is one, and readable.")


def _folder(house: House) -> Iterator[Finding]:
    folder = house.settings.data_dir
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
        yield _good("data_folder", f"The data folder {folder.absolute()} can be written.")
    except OSError as error:
        hint = f"Let the user that runs Newsroom write there, or choose another folder with {PREFIX}DATA_DIR."
        message = f"The data folder {folder.absolute()} cannot be written: {error.strerror}."
        yield Finding(check="data_folder", level="error", message=message, hint=hint)
    yield from (finding for finding, _, _ in disk_findings(house))


def _database(house: House) -> Iterator[Finding]:
    try:
        with house.database.reading() as session:
            asked = Asked(session=session, house=house, here=utc_now())
            for look in (_kind, _durability, _clock, _schema):
                yield from look(asked)
    except SQLAlchemyError as error:
        hint = f"Is it running? Does {PREFIX}DATABASE_URL name its host, its user and its database rightly?"
        yield Finding(check="database", level="error", message=f"The database refuses: {said_by(error)}.", hint=hint)


def _kind(asked: Asked) -> Iterator[Finding]:
    if asked.house.database.is_sqlite:
        yield from _kind_of_sqlite(asked.house)
        return
    version = int(asked.session.scalar(text("SELECT current_setting('server_version_num')::int")) or 0)
    name = f"PostgreSQL {version // 10_000}.{version % 10_000}"
    if version < OLDEST_POSTGRESQL:
        message = f"The database is {name}; Newsroom is tested from {OLDEST_POSTGRESQL // 10_000} on."
        yield Finding(check="database", level="error", message=message, hint="Upgrade PostgreSQL.")
    else:
        yield _good("database", f"The database answers: {name}.")


def _kind_of_sqlite(house: House) -> Iterator[Finding]:
    file = Path(make_url(house.settings.database).database or "").resolve()
    kind = file_system_of(file, mounts())
    if kind in NETWORK_DISKS:
        message = f"The database file lies on a network disk ({kind}), where SQLite's locks do not hold."
        yield Finding(check="database", level="error", message=message, hint="Move the data folder to a local disk, or use PostgreSQL.")
    else:
        yield _good("database", "The database answers: SQLite, for one process.")


def _durability(asked: Asked) -> Iterator[Finding]:
    broken = forgetful(asked.session.connection())
    for one in broken:
        yield Finding(check="durability", level="error", message=one.message, hint=one.hint, key=f"durability:{one.setting}")
    if not broken:
        yield _good("durability", "The database keeps what it confirms.")


def _clock(asked: Asked) -> Iterator[Finding]:
    apart = abs((read_clock(asked.session) - asked.here).total_seconds())
    if apart <= APART:
        yield _good("clock", "This machine and the database agree on the time.")
        return
    level: Level = "error" if apart > FAR_APART else "warning"
    message = f"This machine's clock and the database's are {apart:.0f} seconds apart."
    yield Finding(check="clock", level=level, message=message, hint="Let both follow a time server (chrony, systemd-timesyncd).")


def _schema(asked: Asked) -> Iterator[Finding]:
    found = schema_finding(asked.session)
    yield found
    if found.level == "good":
        yield _writing(asked)
        yield from identity_findings(asked.session, asked.house, now=asked.here)
        yield from _search(asked)
        yield from _addresses(asked)


def _writing(asked: Asked) -> Finding:
    if (found := why_unwritable(asked.house.database)) is not None:
        return Finding(check="writing", level="error", message=found.message, hint=found.hint)
    return _good("writing", "The database can be written.")


def _search(asked: Asked) -> Iterator[Finding]:
    if not search_index.is_there(asked.session.connection()):
        message, _, hint = search_index.LACKING.partition(". ")
        yield Finding(check="search", level="warning", message=f"{message}.", hint=hint)


def _addresses(asked: Asked) -> Iterator[Finding]:
    """The public address, seen by those who get letters; and who is told when something is stuck."""
    settings = asked.house.settings
    try:
        relays = load_relays(asked.session, settings, asked.house.keys)
    except ConfigurationError as error:
        yield Finding(check="mail_server", level="error", message=str(error))
        return
    yield _public_address(relays, settings.public_url)
    yield from _alerts(asked, relays)


def _public_address(relays: tuple[Relay, ...], public_url: str) -> Finding:
    sends = any(relay.reaches_people for relay in relays)
    try:
        refuse_to_send_by(relays if sends else (), public_url)
    except Refused as refusal:
        hint = f"Put a proxy with TLS in front, and set {PREFIX}PUBLIC_URL to its https address."
        return Finding(check="public_url", level="error", message=str(refusal), hint=hint)
    if sends and is_loopback(read_target(public_url).host):
        hint = f"Set {PREFIX}PUBLIC_URL to the address under which readers reach the public pages."
        return Finding(
            check="public_url", level="warning", message=f"Readers cannot reach {public_url}: it names this machine itself.", hint=hint
        )
    return _good("public_url", f"Letters link to {public_url}.")


def _alerts(asked: Asked, relays: tuple[Relay, ...]) -> Iterator[Finding]:
    try:
        url = load_hook(asked.session, asked.house.settings, asked.house.keys)
        if url:
            refuse_leading_inside(url, inside_hosts=asked.house.settings.inside_hosts)
            yield _good("alerts", f"Alerts go to {read_target(url).host}.")
        elif any(relay.reaches_people and relay.smtp for relay in relays):
            hint = f"Set {PREFIX}ALERT_URL, or a web hook under Settings in the admin."
            yield Finding(check="alerts", level="warning", message="Nobody is told when something is stuck.", hint=hint)
    except (ConfigurationError, InvalidInput, Refused) as error:
        hint = f"Look at {PREFIX}ALERT_URL, or at the web hook under Settings."
        yield Finding(check="alerts", level="error", message=f"The web hook for alerts cannot be used: {error}", hint=hint)


def _redis(house: House) -> Iterator[Finding]:
    if not house.settings.redis:
        if not house.database.is_sqlite:
            hint = f"Several processes want {PREFIX}REDIS_URL: it rings the workers at once."
            message = "There is no Redis: workers find out about new work within 15 seconds."
            yield Finding(check="redis", level="warning", message=message, hint=hint)
        return
    wait = REDIS_ANSWERS_WITHIN
    try:
        with redis.Redis.from_url(house.settings.redis, socket_connect_timeout=wait, socket_timeout=wait) as client:
            client.ping()
        yield _good("redis", "Redis answers.")
    except (redis.RedisError, OSError, ValueError) as error:
        hint = f"Look at {PREFIX}REDIS_URL. Nothing is lost meanwhile: workers look by themselves every 15 seconds."
        yield Finding(check="redis", level="warning", message=f"Redis does not answer: {_first_line(error)}.", hint=hint)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].removesuffix(".")


def _mail_servers(house: House) -> Iterator[Finding]:
    try:
        with house.database.reading() as session:
            relays = load_relays(session, house.settings, house.keys)
    except (SQLAlchemyError, ConfigurationError):
        return  # said already
    for relay in relays:
        for found in probe(relay):
            name = f"{relay.name}: " if relay.smtp is not None else ""
            yield Finding(
                check="mail_server",
                level=found.severity,
                message=f"{name}{found.message}",
                hint=found.hint,
                key=f"mail_server:{relay.name}",
            )


def summary_of(findings: Sequence[Finding]) -> Mapping[str, int]:
    return {level: sum(finding.level == level for finding in findings) for level in ("error", "warning", "good")}
