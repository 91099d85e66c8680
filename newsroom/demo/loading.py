"""The demo: a fictional network with its list, its readers and an issue in each state, made by the functions that staff and readers use.

The states starting and sending last for moments only and are not shown.
"""

import tempfile
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from newsroom.demo.lives import LIVES, Demo, bring_to_its_state
from newsroom.demo.network import ACCENT, FACTS, FOOTER, LIST, REPLY_TO, TOPICS
from newsroom.demo.people import as_csv, readers_who_are
from newsroom.demo.pictures import draw_pictures
from newsroom.demo.teamwork import work_together
from newsroom.drafting.importing import import_issue
from newsroom.errors import Refused
from newsroom.house import House
from newsroom.issues import OPERATOR, Issue, get_issue
from newsroom.mailing_lists import MailingList, Topic, add_list, get_list
from newsroom.media import MediaStore, store_picture
from subscribers.importing import import_subscribers
from subscribers.models import Subscriber, Subscription
from subscribers.suppression import suppress

#: Made last: where it is, the demo is complete.
LAST = "summer-2027"


def load_demo(house: House, *, now: datetime) -> bool:
    """Bring the demo in, once; False when it is there. A first start that was cut off is carried on by the next one."""
    with house.database.reading() as session:
        if session.scalar(_find_issue(LAST)) is not None:
            return False
        _refuse_beside_others(session)
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(house=house, folder=Path(folder), now=now)
        draw_pictures(demo.folder)
        _add_list(demo)
        _add_readers(demo)
        for slug in LIVES:
            _add_issue(demo, slug)
    return True


def _refuse_beside_others(session: Session) -> None:
    """The demo's sending forgets every mail: it must not meet anybody else's."""
    if other := session.scalar(select(MailingList.slug).where(MailingList.slug != LIST)):
        raise Refused(f"The demo wants a data folder of its own; this one has the list {other!r}. Start without --demo.")


def _find_issue(slug: str) -> Select[int]:
    return select(Issue.id).join(Issue.mailing_list).where(MailingList.slug == LIST, Issue.slug == slug)


def _add_list(demo: Demo) -> None:
    with demo.house.database.transaction() as session:
        if session.scalar(select(MailingList.id).where(MailingList.slug == LIST)) is not None:
            return
        added = add_list(session, slug=LIST, now=demo.now, **FACTS)
        added.footer, added.accent, added.reply_to = FOOTER, ACCENT, REPLY_TO
        added.topics = [Topic(slug=slug, title=title, position=place) for place, (slug, title) in enumerate(TOPICS.items())]
        data = (demo.folder / "pictures" / "logo.png").read_bytes()
        added.logo = store_picture(session, MediaStore(demo.house.media_dir), data, original_name="logo.png", now=demo.now).name


def _add_readers(demo: Demo) -> None:
    """By import, as staff do it; then what readers and mail servers would do."""
    modes = {"active": ("given", "paused", "suppressed", "unknown"), "withdrawn": ("withdrawn",), "undeliverable": ("undeliverable",)}
    for mode, standings in modes.items():
        file = as_csv(readers_who_are(*standings))
        import_subscribers(demo.house, file, list_slug=LIST, mode=mode, name="demo.csv", by=OPERATOR, now=demo.now)
    with demo.house.database.transaction() as session:
        for reader in readers_who_are("suppressed"):
            suppress(session, demo.house.keys, reader.address, reason="asked by letter never to be written to", now=demo.now)
        for standing in ("paused", "unknown"):
            _set_standing(session, standing)


def _set_standing(session: Session, standing: str) -> None:
    """The two standings that no page of this version leads to."""
    addresses = [reader.address for reader in readers_who_are(standing)]
    chosen = (
        select(Subscription).join(Subscriber).where(Subscriber.address.in_(addresses), Subscription.list_id == get_list(session, LIST).id)
    )
    for subscription in session.scalars(chosen):
        if standing == "paused":
            subscription.state = "paused"
        else:
            subscription.consent = "unknown"


def _add_issue(demo: Demo, slug: str) -> None:
    with demo.house.database.transaction() as session:
        issue_id = session.scalar(_find_issue(slug))
        if issue_id is None:
            text = files("newsroom.demo").joinpath("issues", f"{slug}.yaml").read_text(encoding="utf-8")
            store = MediaStore(demo.house.media_dir)
            issue_id = import_issue(session, text, folder=demo.folder, store=store, by=OPERATOR, now=demo.now).id
    bring_to_its_state(demo, slug, issue_id)
    with demo.house.database.transaction() as session:
        work_together(session, slug, get_issue(session, issue_id), now=demo.now)
