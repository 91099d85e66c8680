"""The readers of the pages' installation, and what became of their letters, in bulk: names and addresses as different as people's are."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from newsroom.db import Database

CHUNK = 200_000
FIRST_NAMES = (  # noqa: SIM905 - a hundred quotes more would hide the names
    "Maria Lucía Amélie Ingrid Yasmin Fatima Chloé Zeynep Noor Beatriz Hanna Oksana Priya Mei Aisha Clara Elena Salma Inés Greta Leila "
    "Rosa Nadia Julia Camille Ahmed Tomás Karim Pierre Jonas Omar Diego Luc Mateus Youssef Henrik Piotr Ravi Kenji Samir Paulo Stefan Ivan "
    "Bruno Rachid Marek Hugo Felix Idris Andrés Nils Tarek Emil Adam Oscar Joris Viktor Walid Rui Sami Elias"
).split()
LAST_NAMES = (  # noqa: SIM905
    "Silva Martin García Nguyen Haddad Kowalski Schmidt Rossi Okafor Larsen Benali Moreau Fernández Ivanova Yilmaz Costa Dubois Mansour "
    "Petrov Janssen Romero Fontaine Khalil Novak Weber Santos Lefèvre Ortega Saleh Popescu Andersen Marino Castillo Girard Nasser Horvat "
    "Brandt Ferreira Roussel Delgado Aziz Kovács Lindqvist Conti Vega Mercier Farah Dvořák Keller Pereira Lambert Navarro Hamdan Ilić "
    "Olsen Greco Molina Fournier Shahin Bakker Virtanen Reyes Chevalier Tazi Moravec Hansen Duarte"
).split()
DOMAINS = 900

_PG_NUMBERS = "SELECT n FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n"
_SQLITE_NUMBERS = "WITH RECURSIVE counted(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM counted WHERE n < :last) SELECT n FROM counted"
_WORDS = "{name}(place, word) AS (VALUES {rows})"
_DOMAIN = f"'town' || (n * 7 % {DOMAINS}) || '.example'"
_LOCAL = "lower(replace(first.word, ' ', '')) || '.' || lower(last.word) || n"
_PEOPLE = f"""
WITH numbers AS ({{numbers}}), {{first}}, {{last}}
INSERT INTO subscribers
(id, address, address_key, address_hash, domain, name, language, deliverability, version, created_at, updated_at)
SELECT n, {_LOCAL} || '@' || {_DOMAIN}, {_LOCAL} || '@' || {_DOMAIN}, {{padded}}, {_DOMAIN}, first.word || ' ' || last.word,
CASE n % 5 WHEN 0 THEN 'fr' WHEN 1 THEN 'es' WHEN 2 THEN 'ar' ELSE 'en' END,
CASE WHEN n % 40 = 1 THEN 'undeliverable' ELSE 'deliverable' END, 1, :now, :now
FROM numbers
JOIN first ON first.place = n * 31 % {len(FIRST_NAMES)}
JOIN last ON last.place = n / 3 % {len(LAST_NAMES)}"""  # noqa: S608 - our own words
#: The first list has nearly everybody, the others share a quarter of them.
_SUBSCRIPTIONS = """
INSERT INTO subscriptions (subscriber_id, list_id, consent, state, topics, created_at, updated_at)
SELECT n, {list_id}, CASE WHEN n % 50 = 3 THEN 'withdrawn' WHEN n % 60 = 7 THEN 'unknown' ELSE 'given' END,
CASE WHEN n % 25 = 4 THEN 'left' WHEN n % 200 = 9 THEN 'paused' ELSE 'active' END,
CASE n % 9 WHEN 0 THEN 'shade' WHEN 1 THEN 'nights,shade' ELSE NULL END, :now, :now
FROM ({numbers}) AS numbers WHERE {condition}"""
_SUPPRESSIONS = "INSERT INTO suppressions (address_hash, reason, at) SELECT {padded}, 'asked', :now FROM ({numbers}) AS n WHERE n % 700 = 5"
_LETTERS = """
INSERT INTO deliveries (kind, issue_id, list_id, subscriber_id, subscriber_version, address, domain, language, state, due_at, created_at,
  attempt, setbacks, relay, enhanced_status, reply, reason, reply_code, first_tried_at, marked_at, closed_at)
SELECT 'issue', :issue, 1, n, 1, 'reader' || n || '@town' || (n % 900) || '.example', 'town' || (n % 900) || '.example', 'en',
  CASE WHEN n % 3400 = 1 THEN 'uncertain' WHEN n % 50 = 7 THEN 'failed' WHEN n % 70 = 9 THEN 'bounced'
    WHEN n < :done THEN 'accepted' WHEN n % 500 = 3 THEN 'deferred' ELSE 'queued' END,
  :now, :now, 1, 0, 'main', '5.1.1', 'no such user <reader' || n || '>', CASE WHEN n % 3400 = 1 THEN 'the line broke' ELSE '' END, 550,
  :now, :now, :now
FROM ({numbers}) AS numbers"""


def add_crowd(database: Database, number: int, lists: int, *, now: datetime) -> None:
    """So many subscribers, on several lists, with every kind of standing."""
    for first in range(1, number + 1, CHUNK):
        with database.transaction() as session:
            _people(session, first, min(number, first + CHUNK - 1), lists, now, sqlite=database.is_sqlite)


def add_crowd_letters(database: Database, issue_id: int, number: int, *, done: int, now: datetime) -> None:
    """A letter of this issue for each of so many people: the first `done` are dealt with, the others wait."""
    for first in range(1, number + 1, CHUNK):
        with database.transaction() as session:
            statement = _LETTERS.format(numbers=_numbers(sqlite=database.is_sqlite))
            span = {"first": first, "last": min(number, first + CHUNK - 1)}
            session.execute(text(statement), {**span, "issue": issue_id, "done": done, "now": _bare(now, sqlite=database.is_sqlite)})


def _people(session: Session, first: int, last: int, lists: int, now: datetime, *, sqlite: bool) -> None:
    numbers, padded = _numbers(sqlite=sqlite), "printf('%064d', n)" if sqlite else "lpad(n::text, 64, '0')"
    values = {"first": first, "last": last, "now": _bare(now, sqlite=sqlite)}
    words = {"first": _words("first", FIRST_NAMES), "last": _words("last", LAST_NAMES)}
    session.execute(text(_PEOPLE.format(numbers=numbers, padded=padded, **words)), values)
    for list_id in range(1, lists + 1):
        condition = "n % 100 <> 11" if list_id == 1 else f"n % {4 * max(1, lists - 1)} = {list_id}"
        session.execute(text(_SUBSCRIPTIONS.format(numbers=numbers, list_id=list_id, condition=condition)), values)
    session.execute(text(_SUPPRESSIONS.format(numbers=numbers, padded=padded)), values)


def _numbers(*, sqlite: bool) -> str:
    return _SQLITE_NUMBERS if sqlite else _PG_NUMBERS


def _bare(now: datetime, *, sqlite: bool) -> datetime:
    return now.replace(tzinfo=None) if sqlite else now


def _words(name: str, words: Sequence[str]) -> str:
    return _WORDS.format(name=name, rows=", ".join(f"({place}, '{word}')" for place, word in enumerate(words)))
