"""One row of an import as a person, or the one plain sentence that says why not."""

from collections.abc import Mapping
from dataclasses import dataclass

from newsroom.addresses import Address, address_hash, parse_address
from newsroom.errors import InvalidInput, Problem
from newsroom.keys import KeyRing
from newsroom.localized import NATIVE_NAMES
from newsroom.mailing_lists import MailingList
from newsroom.nearest import nearest, one_of
from subscribers.columns import folded, language_of
from subscribers.formulas import restored
from subscribers.names import checked_name
from subscribers.reading import Record

EVERYTHING = "all"
NOTHING = "none"
LONGEST_ADDRESS = 320


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """What a row says; an empty name or language and `says_topics` False mean that it says nothing about it."""

    line: int
    address: Address
    hash: str
    name: str
    language: str
    says_topics: bool
    topics: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class RowReader:
    """Checks rows against a list: its columns in this file, and its topics by every name they have."""

    keys: KeyRing
    columns: Mapping[str, int]
    width: int
    topics: Mapping[str, str]
    mode: str

    def read(self, record: Record) -> Person | None:
        """The person; None for an empty row; InvalidInput for a row that cannot be taken."""
        place = f"line {record.line}"
        if record.cells is None:
            raise InvalidInput.of("A quotation mark is opened here and never closed.", place=place)
        cells = [restored(cell.strip(" ")) for cell in record.cells]
        if not any(cell.strip() for cell in cells):
            return None
        if any(cells[self.width :]):
            raise InvalidInput.of(f"The row has {len(cells)} cells, the first line names {self.width}.", place=place)
        values = self._values(cells)
        if self.mode == "active":
            _refuse_unwilling(values, place)
        return self._person(record.line, values, place)

    def _values(self, cells: list[str]) -> dict[str, str]:
        return {column: cells[position] if position < len(cells) else "" for column, position in self.columns.items()}

    def _person(self, line: int, values: Mapping[str, str], place: str) -> Person:
        address = _address(values["email"], place)
        topics = values.get("topics", "").strip() if self.topics else ""
        return Person(
            line=line,
            address=address,
            hash=address_hash(self.keys, address.key),
            name=checked_name(values.get("name", ""), place=place),
            language=_language(values.get("language", ""), place),
            says_topics=bool(topics),
            topics=self._chosen_topics(topics, place) if topics else None,
        )

    def _chosen_topics(self, text: str, place: str) -> tuple[str, ...] | None:
        words = [folded(word) for word in text.replace(";", ",").replace("|", ",").split(",") if word.strip()]
        if words == [EVERYTHING]:
            return None
        if words == [NOTHING]:
            return ()
        for word in words:
            if word not in self.topics:
                raise InvalidInput([Problem(place=place, message=f"The list has no topic {word!r}.", hint=_topic_meant(word, self.topics))])
        return tuple(sorted({self.topics[word] for word in words}))


def topic_words(mailing_list: MailingList) -> dict[str, str]:
    """Every way to write a topic of this list: its slug, and its title in each language."""
    words: dict[str, str] = {}
    for topic in mailing_list.topics:
        titles = topic.title.values() if isinstance(topic.title, Mapping) else [topic.title]
        words.update({folded(word): topic.slug for word in (topic.slug, *titles)})
    return words


def _refuse_unwilling(values: Mapping[str, str], place: str) -> None:
    """A file that itself says that somebody did not consent, such as our own export, gives no consent."""
    for column, mode, standings in _UNWILLING:
        if (standing := folded(values.get(column, ""))) in standings:
            raise InvalidInput.of(f"The file says {standing!r} of this person.", place=place, hint=f"Such people are imported as {mode}.")


_UNWILLING = (
    ("consent", "withdrawn", frozenset({"withdrawn", "unknown", "no"})),
    ("deliverability", "undeliverable", frozenset({"undeliverable"})),
)


def _address(text: str, place: str) -> Address:
    if not text.strip():
        raise InvalidInput.of("The row has no e-mail address.", place=place)
    if len(text) > LONGEST_ADDRESS:
        raise InvalidInput.of(f"The e-mail address has {len(text)} characters; {LONGEST_ADDRESS} is the most.", place=place)
    return parse_address(text, place=place)


def _language(text: str, place: str) -> str:
    if not text.strip():
        return ""
    if code := language_of(text):
        return code
    raise InvalidInput.of(
        f"{text.strip()[:40]!r} is not a language Newsroom writes.", place=place, hint=f"Known are {', '.join(NATIVE_NAMES)}."
    )


def _topic_meant(word: str, topics: Mapping[str, str]) -> str:
    meant = nearest(word, topics)
    return f"Did you mean {topics[meant]}?" if meant else one_of(set(topics.values()))
