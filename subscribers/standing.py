"""Where one person stands on one list, as the pages behind their links show it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from newsroom.addresses import masked
from newsroom.errors import NotFound
from newsroom.mailing_lists import MailingList
from newsroom.public_links import PersonOnList, PublicLinks
from subscribers.models import Subscriber, Subscription
from subscribers.preferences import subscription_of


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A person (None: erased, or nobody at all in a test letter), their subscription, and the addresses of their pages."""

    is_test: bool
    mailing_list: MailingList
    subscriber: Subscriber | None
    subscription: Subscription | None
    unsubscribe_url: str
    preferences_url: str

    @property
    def is_on_list(self) -> bool:
        subscription = self.subscription
        return subscription is not None and subscription.consent != "withdrawn" and subscription.state != "left"

    @property
    def address(self) -> str:
        """Masked: a letter gets forwarded, and its links with it."""
        return masked(self.subscriber.address) if self.subscriber else ""

    @property
    def contact(self) -> str:
        return self.mailing_list.reply_to or self.mailing_list.from_address

    @property
    def topics(self) -> list[tuple[str, object, bool]]:
        """The list's topics, each with its title and whether the person reads about it."""
        chosen = self.subscription.topics if self.subscription else None
        return [(topic.slug, topic.title, chosen is None or topic.slug in chosen) for topic in self.mailing_list.topics]


def standing_of(session: Session, person: PersonOnList, links: PublicLinks) -> Standing:
    mailing_list = session.get(MailingList, person.list_id)
    if mailing_list is None:
        raise NotFound("This list is no more.")
    subscriber = None if person.is_test else session.get(Subscriber, person.subscriber_id)
    return Standing(
        is_test=person.is_test,
        mailing_list=mailing_list,
        subscriber=subscriber,
        subscription=subscription_of(session, subscriber.id, mailing_list.id) if subscriber else None,
        unsubscribe_url=links.unsubscribe(person.subscriber_id, person.list_id),
        preferences_url=links.preferences(person.subscriber_id, person.list_id),
    )
