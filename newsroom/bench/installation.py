"""The people and the issue of a scratch installation, as an operator and writers would have made them."""

import hashlib

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.orm import Session

from newsroom import dkim_keys
from newsroom.bench.letter import PUBLIC_URL, bench_letter, bench_plan
from newsroom.bench.scratch import Scratch
from newsroom.clock import utc_now
from newsroom.db import Database
from newsroom.house import House, open_house
from newsroom.issues import Issue
from newsroom.mailing_lists import MailingList, add_list
from newsroom.rendering.plan import dump
from newsroom.renditions import Rendition
from newsroom.settings import Settings

DOMAIN = "bench.example.org"
FACTS = {"title": "Harbour Letter", "from_name": "Harbour Network", "from_address": f"news@{DOMAIN}", "postal_address": "1 Quay Street"}
DOMAINS = 50
NOWHERE = "smtp://127.0.0.1:9"
CHUNK = 200_000


def open_scratch(made: Scratch) -> House:
    """With a mail server that nobody asks for anything: what is due may leave."""
    return open_house(
        Settings(
            data_dir=made.data_dir, database_url=SecretStr(made.database_url), transport_url=SecretStr(NOWHERE), public_url=PUBLIC_URL
        )
    )  # fmt: skip


def add_readers(house: House, number: int) -> int:
    """A list with so many consenting people of fifty towns; the list's id."""
    with house.database.transaction() as session:
        list_id = add_list(session, slug="harbours", **FACTS, now=utc_now()).id
    for first in range(1, number + 1, CHUNK):
        with house.database.transaction() as session:
            _add_people(session, list_id, first, min(number, first + CHUNK - 1), sqlite=house.database.is_sqlite)
    settle_down(house.database)
    return list_id


def _add_people(session: Session, list_id: int, first: int, last: int, *, sqlite: bool) -> None:
    numbers = _SQLITE_NUMBERS if sqlite else _NUMBERS
    values = {"first": first, "last": last, "list": list_id, "now": utc_now(), "domains": DOMAINS}
    if sqlite:
        values["now"] = utc_now().replace(tzinfo=None)
    session.execute(text(_PEOPLE.format(numbers=numbers, padded="printf('%064d', n)" if sqlite else "lpad(n::text, 64, '0')")), values)
    session.execute(text(_SUBSCRIPTIONS.format(numbers=numbers)), values)


_NUMBERS = "(SELECT n FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n) AS numbers"
_SQLITE_NUMBERS = "(WITH RECURSIVE numbers(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last) SELECT n FROM numbers)"
_ADDRESS = "'reader' || n || '@town' || (n % :domains) || '.example'"
_PEOPLE = f"""
    INSERT INTO subscribers
    (id, address, address_key, address_hash, domain, name, language, deliverability, version, created_at, updated_at)
    SELECT n, {_ADDRESS}, {_ADDRESS}, {{padded}}, 'town' || (n % :domains) || '.example', 'Reader Number ' || n, 'en', 'deliverable', 1,
    :now, :now FROM {{numbers}}"""  # noqa: S608 - our own words
_SUBSCRIPTIONS = """
    INSERT INTO subscriptions (subscriber_id, list_id, consent, state, created_at, updated_at)
    SELECT n, :list, 'given', 'active', :now, :now FROM {numbers}"""


def settle_down(database: Database) -> None:
    """What PostgreSQL would do by itself a minute later, so that it does not do it while we measure."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.is_sqlite:
            connection.execute(text("ANALYZE"))
        else:
            connection.execute(text("VACUUM ANALYZE"))
            connection.execute(text("CHECKPOINT"))


def approved_issue(house: House, list_id: int, slug: str) -> int:
    """An issue with its compiled bytes, due now; its id."""
    now = utc_now()
    with house.database.transaction() as session:
        mailing_list = session.get_one(MailingList, list_id)
        plan = dump(bench_plan(mailing_list, house.keys, slug))
        issue = Issue(
            list_id=list_id, slug=slug, state="scheduled", languages=["en"], subject="Spring", created_at=now, updated_at=now,
            approved_at=now, scheduled_at=now,
        )  # fmt: skip
        session.add(issue)
        session.flush()
        rendition = Rendition(
            issue_id=issue.id, language="en", fingerprint=hashlib.sha256(plan).hexdigest(), subject="Spring", plan=plan, size=len(plan),
            compiled_at=now,
        )  # fmt: skip
        session.add(rendition)
        session.flush()
        issue.renditions = {"en": rendition.id}
        return issue.id


def sign_letters(house: House) -> None:
    """From now on the list's letters are signed."""
    with house.database.transaction() as session:
        dkim_keys.add_key(session, house.keys, DOMAIN, now=utc_now())
        dkim_keys.activate(session, DOMAIN, now=utc_now())


def letter_size(house: House, list_id: int) -> int:
    """What one person's letter weighs on the wire."""
    with house.database.reading() as session:
        return len(bench_letter(bench_plan(session.get_one(MailingList, list_id), house.keys, "spring"), house.keys))
