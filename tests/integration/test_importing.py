"""People brought in from a file, and people brought out again."""

import csv
import gc
import hashlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from newsroom.deliveries import Delivery
from newsroom.errors import InvalidInput, NotFound
from newsroom.house import House
from newsroom.issues import OPERATOR
from newsroom.mailing_lists import get_list
from subscribers import importing
from subscribers.exporting import HEADER, export_rows, write_csv
from subscribers.importing import ImportReport, import_subscribers
from subscribers.models import ConsentRecord, Subscriber, Subscription
from subscribers.preferences import withdraw
from subscribers.reading import Record
from subscribers.rows import Person, RowReader
from subscribers.storing import Source, changes_of, store
from subscribers.suppression import suppress
from tests.factories import a_delivery, a_subscriber, an_issue, cities

Import = Callable[..., ImportReport]


@pytest.fixture
def bring(house: House, now: datetime) -> Import:
    """Import a text (or bytes) into the list 'cities'."""
    with house.database.transaction() as session:
        cities(session, topics=("climate", "finance"))

    def bring(content: str | bytes, **options: Any) -> ImportReport:
        data = content.encode() if isinstance(content, str) else content
        return import_subscribers(house, io.BytesIO(data), list_slug="cities", by=OPERATOR, now=now, name="people.csv", **options)

    return bring


def people(house: House) -> dict[str, tuple[str, str, str, str, tuple[str, ...] | None]]:
    with house.database.reading() as session:
        rows = session.execute(select(Subscriber, Subscription).join(Subscription).order_by(Subscriber.id)).all()
        return {one.address: (one.name, one.language, sub.consent, sub.state, sub.topics) for one, sub in rows}


def number_of(house: House, model: type) -> int:
    with house.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_people_come_in_with_name_language_and_topics(house: House, bring: Import) -> None:
    report = bring("Courriel;Nom;Langue;Thèmes\nzoe@example.org;Zoë;français;Climate\nbo@example.org;;;\n")
    assert (report.read, report.added, report.rejected) == (2, 2, ())
    assert people(house) == {
        "zoe@example.org": ("Zoë", "fr", "given", "active", ("climate",)),
        "bo@example.org": ("", "en", "given", "active", None),
    }


def test_each_consent_is_recorded_with_its_evidence(house: House, bring: Import, now: datetime) -> None:
    content = "email\nzoe@example.org\n"
    bring(content)
    with house.database.reading() as session:
        (entry,) = session.scalars(select(ConsentRecord)).all()
    assert (entry.action, entry.source, entry.purpose, entry.actor, entry.at) == ("given", "import", "mail", "operator", now)
    digest = hashlib.sha256(content.encode()).hexdigest()
    assert entry.evidence == {"file": "people.csv", "line": 2, "sha256": digest}


def test_the_same_file_again_changes_nothing(house: House, bring: Import) -> None:
    content = "email,name\nzoe@example.org,Zoë\nbo@example.org,Bo\n"
    bring(content)
    report = bring(content)
    assert (report.added, report.updated, report.unchanged) == (0, 0, 2)
    assert number_of(house, ConsentRecord) == 2


def test_a_second_file_corrects_what_it_says_and_leaves_the_rest(house: House, bring: Import) -> None:
    bring("email,name,language,topics\nzoe@example.org,Zoe,fr,climate\n")
    report = bring("email,name\nZOE@example.org,Zoë\n")
    assert (report.added, report.updated) == (0, 1)
    assert people(house) == {"zoe@example.org": ("Zoë", "fr", "given", "active", ("climate",))}


def test_a_person_of_another_list_is_put_on_this_one_without_a_second_record_of_them(house: House, bring: Import, now: datetime) -> None:
    with house.database.transaction() as session:
        a_subscriber(session, house, cities(session, slug="other"), address="zoe@example.org")
    report = bring("email\nzoe@example.org\n")
    assert (report.added, report.updated, number_of(house, Subscriber), number_of(house, Subscription)) == (0, 1, 1, 2)


BAD_ROWS = [
    ("not-an-address,Bo,en,", "line 3: 'not-an-address' is not an e-mail address"),
    (",Bo,en,", "line 3: The row has no e-mail address."),
    ('"bo@example.org\r\nBcc: eve@example.org",Bo,en,', r"line 3: .* holds a line break or control character"),
    ("b\x00o@example.org,Bo,en,", "line 3: .* holds a line break or control character"),
    ("\u202ebo@example.org,Bo,en,", "line 3: .* holds a line break or control character"),
    (f"{'x' * 400}@example.org,Bo,en,", "line 3: The e-mail address has 412 characters; 320 is the most."),
    (f"bo@example.org,{'x' * 201},en,", "line 3: The name has 201 characters; 200 is the most."),
    ("bo@example.org,B\x07o,en,", r"line 3: The name holds a control character \(U\+0007\)."),
    ("bo@example.org,\u202eoB,en,", r"line 3: The name holds a control character \(U\+202E\)."),
    ("bo@example.org,Bo,klingon,", "line 3: 'klingon' is not a language Newsroom writes. Known are en, fr"),
    ("bo@example.org,Bo,en,climat", "line 3: The list has no topic 'climat'. Did you mean climate?"),
    ("bo@example.org,Bo,en,,surplus,cells", "line 3: The row has 6 cells, the first line names 4."),
    ("ANNA@example.org,Anna again,en,", "line 3: The address is the same as in line 2; the first one counts."),
    ('bo@example.org,"Bo,en,', "line 3: A quotation mark is opened here and never closed."),
    ("=HYPERLINK(1),Bo,en,", "line 3: '=HYPERLINK.*' is not an e-mail address"),
]


@pytest.mark.parametrize(("row", "sentence"), BAD_ROWS)
def test_a_bad_row_gets_one_sentence_with_its_line_and_the_good_rows_go_in(house: House, bring: Import, row: str, sentence: str) -> None:
    rejects = io.StringIO(newline="")
    report = bring(f"email,name,language,topics\nanna@example.org,Anna,en,\n{row}\nzoe@example.org,Zoë,fr,\n", rejects=rejects)
    assert (report.read, report.added, report.rejected_count) == (3, 2, 1)
    with pytest.raises(InvalidInput, match=sentence):
        raise InvalidInput(report.rejected)
    assert list(people(house)) == ["anna@example.org", "zoe@example.org"]
    header, rejected = csv.reader(io.StringIO(rejects.getvalue(), newline=""))
    assert header == ["email", "name", "language", "topics", "line", "reason"]
    assert (rejected[4], f"line 3: {rejected[5]}") == ("3", str(report.rejected[0]))


def test_a_short_row_and_an_empty_row_are_no_faults(house: House, bring: Import) -> None:
    report = bring("email,name,language\nanna@example.org\n,,\n\nzoe@example.org,Zoë\n")
    assert (report.read, report.added, report.rejected) == (2, 2, ())


def test_the_rejects_file_corrected_by_hand_can_be_imported(house: House, bring: Import) -> None:
    rejects = io.StringIO(newline="")
    bring("email;name\nzoe@@example.org;=Zoë\n", rejects=rejects)
    bring(rejects.getvalue().replace("@@", "@"))
    assert people(house)["zoe@example.org"][0] == "=Zoë"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"first,last\nA,B\n"])
def test_a_file_that_is_no_table_of_people_stores_nothing(house: House, bring: Import, content: bytes) -> None:
    with pytest.raises(InvalidInput):
        bring(content)
    assert number_of(house, Subscriber) == 0


def test_an_unknown_list_or_way_or_file_is_refused(house: House, bring: Import, now: datetime, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no mailing list 'nowhere'"):
        import_subscribers(house, io.BytesIO(b"email\n"), list_slug="nowhere", by=OPERATOR, now=now)
    with pytest.raises(InvalidInput, match="'maybe' is not a way to import"):
        bring("email\n", mode="maybe")
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        import_subscribers(house, tmp_path / "missing.csv", list_slug="cities", by=OPERATOR, now=now)


def test_a_dry_run_tells_the_same_and_stores_nothing(house: House, bring: Import) -> None:
    content = "email,name\nanna@example.org,Anna\nbad,Bad\n"
    trial = bring(content, dry_run=True)
    assert number_of(house, Subscriber) == number_of(house, ConsentRecord) == 0
    real = bring(content)
    assert (trial.dry_run, trial.read, trial.added, trial.rejected) == (True, real.read, real.added, real.rejected)


def test_a_reimport_cannot_revive_a_person_who_withdrew(house: House, bring: Import, now: datetime) -> None:
    content = "email,name\nanna@example.org,Anna\nzoe@example.org,Zoë\n"
    bring(content)
    with house.database.transaction() as session:
        anna = session.scalars(select(Subscriber).where(Subscriber.address == "anna@example.org")).one()
        withdraw(session, anna, get_list(session, "cities").id, source="one_click", now=now)
    report = bring(content.replace("Anna", "Anna Maria"))
    assert (report.unchanged, report.withdrawn, report.updated) == (1, 1, 0)
    assert people(house)["anna@example.org"] == ("Anna", "en", "withdrawn", "left", None)


def test_a_reimport_cannot_lift_a_suppression_even_of_a_person_who_was_erased(house: House, bring: Import, now: datetime) -> None:
    with house.database.transaction() as session:
        suppress(session, house.keys, "anna@example.org", reason="erased on request", now=now)
    report = bring("email\nAnna@example.org\nzoe@example.org\n")
    assert (report.added, report.suppressed) == (1, 1)
    assert list(people(house)) == ["zoe@example.org"]


def test_people_imported_as_withdrawn_leave_the_letters_under_way(house: House, bring: Import, now: datetime) -> None:
    bring("email\nanna@example.org\nzoe@example.org\n")
    deliveries = _letters_under_way(house, now)
    report = bring("email\nanna@example.org\nnew@example.org\n", mode="withdrawn")
    assert (report.added, report.updated) == (1, 1)
    assert {address: facts[2:4] for address, facts in people(house).items()} == {
        "anna@example.org": ("withdrawn", "left"), "zoe@example.org": ("given", "active"), "new@example.org": ("withdrawn", "left"),
    }  # fmt: skip
    assert _standings(house, deliveries) == {"anna@example.org": ("suppressed", 2), "zoe@example.org": ("queued", 1)}
    assert bring("email\nanna@example.org\n", mode="withdrawn").unchanged == 1


def test_people_imported_as_undeliverable_leave_the_letters_under_way_and_keep_their_consent(
    house: House, bring: Import, now: datetime
) -> None:
    bring("email\nanna@example.org\nzoe@example.org\n")
    deliveries = _letters_under_way(house, now)
    report = bring("email\nanna@example.org\nnew@example.org\n", mode="undeliverable")
    assert (report.added, report.updated) == (1, 1)
    assert people(house)["anna@example.org"][2] == "given"
    assert _standings(house, deliveries) == {"anna@example.org": ("suppressed", 2), "zoe@example.org": ("queued", 1)}
    with house.database.reading() as session:
        flagged = session.scalars(select(Subscriber.address).where(Subscriber.deliverability == "undeliverable")).all()
    assert sorted(flagged) == ["anna@example.org", "new@example.org"]


def _letters_under_way(house: House, now: datetime) -> list[int]:
    with house.database.transaction() as session:
        issue = an_issue(session, get_list(session, "cities"), house=house, state="sending")
        return [a_delivery(session, issue, to=person, state="queued").id for person in session.scalars(select(Subscriber))]


def _standings(house: House, deliveries: list[int]) -> dict[str, tuple[str, int]]:
    with house.database.reading() as session:
        rows = session.execute(
            select(Delivery.address, Delivery.state, Subscriber.version)
            .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
            .where(Delivery.id.in_(deliveries))
        )
        return {address: (state, version) for address, state, version in rows}


def test_an_import_killed_between_two_chunks_is_simply_run_again(house: House, bring: Import) -> None:
    content = "\n".join(["email", *(f"p{number}@example.org" for number in range(importing.CHUNK + 500)), "torn"])
    with pytest.raises(KeyboardInterrupt):
        bring(content, rejects=_Killed())
    assert number_of(house, Subscription) == importing.CHUNK, "the first chunk is in"
    report = bring(content)
    assert (report.added, report.unchanged, report.rejected_count) == (500, importing.CHUNK, 1)
    assert number_of(house, Subscription) == number_of(house, ConsentRecord) == importing.CHUNK + 500


class _Killed(io.StringIO):
    """The process dies when the first reject is written."""

    def write(self, _text: str) -> int:
        raise KeyboardInterrupt


def test_fifty_thousand_rows_are_never_in_memory_together(sqlite_house: House, now: datetime, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    with path.open("w") as file:
        file.write("email,name,language\n")
        for number in range(50_000):
            file.write(f"person{number}@city{number % 97}.example.org,Person {number},fr\n" if number % 9_999 else "bad,,\n")
    with sqlite_house.database.transaction() as session:
        cities(session)
    watch = _Watch()
    report = import_subscribers(sqlite_house, path, list_slug="cities", rejects=watch, by=OPERATOR, now=now)
    assert (report.added, report.rejected_count) == (49_994, 6)
    assert len(watch.people_alive) >= 6
    assert max(watch.people_alive) <= importing.CHUNK


class _Watch(io.StringIO):
    """A rejects file that counts the people in memory whenever a row is written to it."""

    def __init__(self) -> None:
        super().__init__(newline="")
        self.people_alive: list[int] = []

    def write(self, text: str) -> int:
        self.people_alive.append(sum(isinstance(one, Person) for one in gc.get_objects()))
        return super().write(text)


def test_the_same_file_imported_twice_at_once_gives_each_person_one_record(house: House, bring: Import) -> None:
    content = "\n".join(["email", *(f"p{number}@example.org" for number in range(3_000))])
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(bring, [content, content]))
    assert all(report.read == 3_000 for report in reports)
    assert number_of(house, Subscriber) == number_of(house, Subscription) == number_of(house, ConsentRecord) == 3_000


def test_a_withdrawal_during_an_import_stands(house: House, bring: Import, now: datetime) -> None:
    """The import has already looked, and saw somebody without a consent; then they withdraw; then the import writes."""
    bring("email\nanna@example.org\n", mode="undeliverable")
    with house.database.reading() as session:
        cities = get_list(session, "cities")
        anna = session.scalars(select(Subscriber)).one()
    reader = RowReader(keys=house.keys, columns={"email": 0}, width=1, topics={}, mode="active")
    person = reader.read(Record(line=2, cells=["anna@example.org"]))
    assert person is not None
    source = Source(list_id=cities.id, original="en", mode="active", file="f", digest="d", by=OPERATOR, now=now)
    with house.database.reading() as session:
        changes = changes_of(session, [person], source)
    with house.database.transaction() as session:
        withdraw(session, session.get_one(Subscriber, anna.id), cities.id, source="one_click", now=now)
    with house.database.transaction() as session:
        store(session, changes, source)
    assert people(house)["anna@example.org"][2:4] == ("withdrawn", "left")
    assert number_of(house, ConsentRecord) == 1


def exported(house: House) -> str:
    file = io.StringIO(newline="")
    with house.database.reading() as session:
        write_csv(export_rows(session, "cities"), file)
    return file.getvalue()


def test_no_exported_cell_is_a_formula(house: House, bring: Import) -> None:
    bring('email,name\n=cmd@example.org,"=HYPERLINK(""https://example.org"")"\n+a@example.org,@SUM(A1)\n-b@example.org,-1+1\n')
    cells = [cell for row in csv.reader(io.StringIO(exported(house), newline="")) for cell in row]
    assert "'=cmd@example.org" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_an_export_imports_back_to_the_same(house: House, bring: Import, now: datetime) -> None:
    bring('email,name,language,topics\n=a@example.org,"=Zoë, ""Z""",fr,none\nb@example.org,سلمى,ar,"climate,finance"\nc@example.org,,es,\n')
    before = people(house)
    text = exported(house)
    assert text.splitlines()[0] == ",".join(HEADER)
    with house.database.transaction() as session:
        cities(session, slug="copy", topics=("climate", "finance"))
    import_subscribers(house, io.BytesIO(text.encode()), list_slug="copy", by=OPERATOR, now=now)
    assert people(house) == before
    assert number_of(house, Subscription) == 6


def test_an_export_gives_no_consent_to_people_who_withdrew(house: House, bring: Import, now: datetime) -> None:
    bring("email\nanna@example.org\n", mode="withdrawn")
    with house.database.transaction() as session:
        cities(session, slug="copy")
    report = import_subscribers(house, io.BytesIO(exported(house).encode()), list_slug="copy", by=OPERATOR, now=now)
    assert [str(problem) for problem in report.rejected] == [
        "line 2: The file says 'withdrawn' of this person. Such people are imported as withdrawn."
    ]


def test_a_column_nobody_reads_is_named_in_the_report(bring: Import) -> None:
    assert bring("email,City,name\nanna@example.org,Lyon,Anna\n").ignored_columns == ("City",)
