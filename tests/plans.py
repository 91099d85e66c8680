"""Letters compiled by hand, without theme or database, and the reference that a plan of bytes must agree with."""

import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape

from newsroom.headers import Masthead, letter_head
from newsroom.keys import KeyRing, Secret
from newsroom.messages import Recipient
from newsroom.public_links import PublicLinks
from newsroom.rendering.compiled import CompiledLetter, SlotSpec, SpanSpec, slot_token, span_end, span_start
from newsroom.rendering.plan import Plan
from newsroom.rendering.planning import build_plan

NONCE = "0f1e2d3c"
KEYS = KeyRing((Secret(7, b"7" * 32),))
LINKS = PublicLinks(KEYS, "https://news.example.org")
SLOTS = (
    SlotSpec(field="name", fallback="colleague"),
    SlotSpec(field="email"),
    SlotSpec(field="unsubscribe_url"),
    SlotSpec(field="preferences_url"),
    SlotSpec(field="view_url"),
)
NAME, EMAIL, UNSUBSCRIBE, PREFERENCES, VIEW = (slot_token(NONCE, number) for number in range(5))

MASTHEAD = Masthead(
    list_slug="city-letter", list_title="City Letter", from_name="City Network", from_address="news@cities.example.org",
    reply_to="", issue_slug="spring-2026", language="en", public_url="https://news.example.org",
    archive_url="https://news.example.org/archive/city-letter/",
)  # fmt: skip
RECIPIENT = Recipient(subscriber_id=41, address="ada@example.com", name="Ada", language="en", list_id=3)


def masthead(**facts: str) -> Masthead:
    return replace(MASTHEAD, **facts)  # type: ignore[arg-type]


def recipient(**facts: str) -> Recipient:
    return RECIPIENT._replace(**facts)  # type: ignore[arg-type]


def html_span(number: int, content: str) -> str:
    return f"<!--{span_start(NONCE, number)}-->{content}<!--{span_end(NONCE, number)}-->"


def text_span(number: int, content: str) -> str:
    return f"{span_start(NONCE, number)}\n{content}\n{span_end(NONCE, number)}\n"


def letter(
    *, html: str = f'<p>Dear {NAME},</p><a href="{UNSUBSCRIBE}">leave</a>', text: str = f"Dear {NAME},\n{UNSUBSCRIBE}\n",
    subject: str = "Spring news", slots: tuple[SlotSpec, ...] = SLOTS, spans: tuple[SpanSpec, ...] = (), language: str = "en",
) -> CompiledLetter:  # fmt: skip
    return CompiledLetter(
        language=language, subject=subject, preview_text="", html=html, text=text, slots=slots, spans=spans, links=()
    )  # fmt: skip


def plan_of(compiled: CompiledLetter, written_by: Masthead = MASTHEAD) -> Plan:
    return build_plan(
        compiled, nonce=NONCE, head=letter_head(written_by), domain=written_by.domain,
        list_slug=written_by.list_slug, issue_slug=written_by.issue_slug,
    )  # fmt: skip


def expected_part(
    compiled: CompiledLetter, subtype: str, values: Mapping[str, str], cut: tuple[str, ...] | None, *, personal: bool = True
) -> str:  # fmt: skip
    """What a part must say, by plain replacement: the reference that knows nothing of pieces, encodings and lines."""
    text = (compiled.html if subtype == "html" else compiled.text).replace("\r\n", "\n").replace("\r", "\n")
    text = text if text.endswith("\n") else text + "\n"
    for number, span in enumerate(compiled.spans):
        begin, end = span_start(NONCE, number), span_end(NONCE, number)
        begin, end = (f"<!--{begin}-->", f"<!--{end}-->") if subtype == "html" else (f"{begin}\n", f"{end}\n")
        kept = (cut is None or not span.topics or bool(set(span.topics) & set(cut))) and (personal or not span.personal)
        text = re.sub(f"{begin}(.*?){end}", lambda found, kept=kept: found.group(1) if kept else "", text, flags=re.DOTALL)  # type: ignore[misc]
    for number, slot in enumerate(compiled.slots):
        value = values.get(slot.field, "") or slot.fallback
        text = text.replace(slot_token(NONCE, number), escape(value) if subtype == "html" else value)
    return text
