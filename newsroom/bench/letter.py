"""The letter that is sent in benchmarks: really compiled, 45 KB on the wire, greeting by name, with 25 links that differ per person."""

from dataclasses import replace
from typing import Any

from newsroom.clock import utc_now
from newsroom.headers import letter_head
from newsroom.keys import KeyRing
from newsroom.mailing_lists import MailingList
from newsroom.messages import Recipient, address_letter
from newsroom.preparing import masthead_of
from newsroom.public_links import PublicLinks
from newsroom.rendering.compiled import CompiledLetter, SlotSpec, slot_token
from newsroom.rendering.compiling import compile_letter
from newsroom.rendering.plan import Plan
from newsroom.rendering.planning import build_plan
from newsroom.rendering.source import LetterSource, NumberedSection
from newsroom.sections.base import Section
from newsroom.sections.registry import parse_section

LINKS = 25
PUBLIC_URL = "https://news.example.org"
NONCE = "be7c4a11"
GREETING = "Dear [[ name | colleague ]],"
SENTENCE = "The harbour cities met by the water, compared their trees and their timetables, and agreed on what each of them tries next. "
SENTENCES = 2
PER_UPDATE = 4


def bench_source(mailing_list: MailingList, slug: str) -> LetterSource:
    """The issue as its writers would have left it."""
    return LetterSource(
        list_slug=mailing_list.slug, list_title=mailing_list.title, from_name=mailing_list.from_name,
        postal_address=mailing_list.postal_address, list_languages=tuple(mailing_list.languages), issue_slug=slug,
        languages=("en",), subject="What [[ name | cities ]] did in spring", preview_text="Harbours, trees and timetables.",
        sections=tuple(
            NumberedSection(number=number, uid=f"s{number}", section=section) for number, section in enumerate(_sections(), start=1)
        ),
        public_url=PUBLIC_URL,
    )  # fmt: skip


def _sections() -> list[Section]:
    welcome: dict[str, Any] = {"title": GREETING, "text": f"<p>{SENTENCE}</p>"}
    button: dict[str, Any] = {
        "title": "Tell us about your street",
        "text": "<p>Ten will be shown.</p>",
        "button": {"label": "Write", "url": _url(LINKS)},
    }
    updates = [("update", _update(number)) for number in range(1, LINKS, PER_UPDATE)]
    return [parse_section(kind, content) for kind, content in (("welcome", welcome), *updates, ("call_to_action", button))]


def _update(number: int) -> dict[str, Any]:
    links = [{"label": f"Read part {place}", "url": _url(place)} for place in range(number, number + PER_UPDATE)]
    return {"title": f"Harbour news {number}", "text": f"<p>{SENTENCE * SENTENCES}</p>", "links": links}


def _url(number: int) -> str:
    return f"https://cities.example.org/read/{number:02}/"


def bench_plan(mailing_list: MailingList, keys: KeyRing, slug: str) -> Plan:
    """Compiled and cut; each of the 25 links is a slot of its own, filled anew for every person, in both parts."""
    source = bench_source(mailing_list, slug)
    compiled = _with_personal_links(compile_letter(source, "en", nonce=NONCE))
    masthead = masthead_of(source, mailing_list, keys, "en")
    return build_plan(
        compiled, nonce=NONCE, head=letter_head(masthead), domain=masthead.domain, list_slug=masthead.list_slug, issue_slug=slug
    )  # fmt: skip


def _with_personal_links(compiled: CompiledLetter) -> CompiledLetter:
    slots, html, text = list(compiled.slots), compiled.html, compiled.text
    for number in range(1, LINKS + 1):
        token = slot_token(NONCE, len(slots))
        # Another fallback makes it another slot: each is encoded by itself, as links of one's own will be.
        slots.append(SlotSpec(field="view_url", fallback=_url(number)))
        html, text = html.replace(_url(number), token), text.replace(_url(number), token)
    return replace(compiled, html=html, text=text, slots=tuple(slots))


def bench_letter(plan: Plan, keys: KeyRing) -> bytes:
    """One person's copy."""
    person = Recipient(subscriber_id=1, address="reader1@town1.example", name="Reader Number 1", language="en", list_id=1)
    made = address_letter(plan, person, delivery_id=1, kind="issue", cut=None, links=PublicLinks(keys, PUBLIC_URL), now=utc_now())
    return made.data
