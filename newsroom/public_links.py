"""The addresses that letters and pages carry, and the readers of their tokens."""

from dataclasses import dataclass

from newsroom import tokens
from newsroom.errors import TokenRefused
from newsroom.keys import KeyRing

#: The reader of a test letter: nobody. Links with this number lead to a page that does nothing.
NOBODY = 0


@dataclass(frozen=True, kw_only=True)
class PersonOnList:
    """Whom a personal link is about, and in which letter it stood (0: in none, or in one of before links said so).

    subscriber_id 0 is nobody: the link of a test letter.
    """

    subscriber_id: int
    list_id: int
    delivery_id: int = 0

    @property
    def is_test(self) -> bool:
        return self.subscriber_id == NOBODY


@dataclass(frozen=True)
class PublicLinks:
    """Links under one public address. The same numbers give the same link for as long as the newest key stays."""

    keys: KeyRing
    public_url: str

    def unsubscribe(self, subscriber_id: int, list_id: int, delivery_id: int = 0) -> str:
        """GET shows a page, POST withdraws (RFC 8058); never expires. Within a letter it names its delivery: its use is evidence."""
        return f"{self.public_url}/u/{self._signed('unsubscribe', subscriber_id, list_id, delivery_id)}"

    def preferences(self, subscriber_id: int, list_id: int, delivery_id: int = 0) -> str:
        return f"{self.public_url}/p/{self._signed('preferences', subscriber_id, list_id, delivery_id)}"

    def view(self, delivery_id: int) -> str:
        """The letter of this delivery, in a browser."""
        return f"{self.public_url}/v/{tokens.sign(self.keys, 'view', delivery_id)}"

    def archive(self, list_slug: str, issue_slug: str | None = None, language: str | None = None) -> str:
        """The public page of a list, of one issue, or of one language of it."""
        return "/".join([self.public_url, "archive", *filter(None, (list_slug, issue_slug, language))]) + ("" if language else "/")

    def media(self, name: str) -> str:
        return f"{self.public_url}/media/{name}"

    def read_unsubscribe(self, token: str) -> PersonOnList:
        return self._person("unsubscribe", token)

    def read_preferences(self, token: str) -> PersonOnList:
        return self._person("preferences", token)

    def read_view(self, token: str) -> int:
        (delivery_id,) = self._numbers("view", token, 1)
        return delivery_id

    def _signed(self, purpose: str, subscriber_id: int, list_id: int, delivery_id: int) -> str:
        numbers = (subscriber_id, list_id, delivery_id) if delivery_id else (subscriber_id, list_id)
        return tokens.sign(self.keys, purpose, *numbers)

    def _person(self, purpose: str, token: str) -> PersonOnList:
        subscriber_id, list_id, *letter = self._numbers(purpose, token, 2, 3)
        return PersonOnList(subscriber_id=subscriber_id, list_id=list_id, delivery_id=letter[0] if letter else 0)

    def _numbers(self, purpose: str, token: str, *counts: int) -> tuple[int, ...]:
        numbers = tokens.read(self.keys, purpose, token)
        if len(numbers) not in counts:
            raise TokenRefused("this link is not complete or not ours")
        return numbers
