"""The plan of bytes: whatever stands in a letter, every reader gets exactly that, in lines that no server touches."""

import itertools
import re
from email import message_from_bytes, policy

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsroom.errors import CompileError
from newsroom.header_text import cleaned
from newsroom.rendering.compiled import CompiledLetter, SlotSpec, SpanSpec, slot_token, span_end, span_start
from newsroom.rendering.plan import dump, has_content, load, splice
from newsroom.rendering.quoted_printable import encode_text, encode_value
from tests import rfc5322
from tests.plans import EMAIL, NAME, NONCE, UNSUBSCRIBE, expected_part, html_span, letter, plan_of, text_span

HEAD = {"to": "ada@example.com", "date": "Mon, 02 Mar 2026 12:00:00 +0000", "message_id": "<x@example.org>", "kind": "issue"} | {
    "nature": "Precedence: list", "unsubscribe_url": "https://news.example.org/u/abc", "preferences_url": "https://news.example.org/p/abc",
}  # fmt: skip
# People's names: whole alphabets at once would hide the rare, so the rare is asked for by name.
SCRIPTS = [
    "Ada Lovelace",
    "Zoë Ångström",
    "محمّد بن سلمى",
    "王小明",
    "Δημήτρης",
    "Владимир",
    "👩‍👩‍👧‍👦 family",
    "e\u0301\u0323",
    "שָׁלוֹם",
    "ກຣິ",
]
NAMES = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=120),
    st.sampled_from(SCRIPTS).flatmap(lambda name: st.integers(1, 12).map(lambda times: name * times)),
    st.text(".= \t-F&<>\"'", max_size=200),
    st.text("From .", max_size=30),
)
PROSE = st.one_of(NAMES, st.text(".=\n\r \tab", max_size=300), st.integers(60, 90).map("x".__mul__), st.just("."), st.just("\n."))


def plain(text: str) -> str:
    return re.sub("NR[0-9a-f]{8}", "", text)


@given(before=PROSE, name=NAMES, after=PROSE)
@example(before="", name=".", after="")
@example(before="x" * 75, name="...", after=".")
@example(before="\n", name="From me", after="\n")
@example(before="a=", name="=3D", after=" ")
@example(before="x" * 76, name="\N{GRINNING FACE}" * 40, after="\n.\n")
def test_any_name_at_any_place_comes_back_as_it_was(before: str, name: str, after: str) -> None:
    compiled = letter(html=f"{plain(before)}{NAME}{plain(after)}", text=f"{plain(before)}{NAME}{plain(after)}", subject="News")
    message = rfc5322.parse(splice(plan_of(compiled), HEAD | {"name": name}, None))
    values = {"name": shown(name)}
    assert lines(message.part("text/plain").text) == expected_part(compiled, "plain", values, None)
    assert lines(message.part("text/html").text) == expected_part(compiled, "html", values, None)


def shown(name: str) -> str:
    return cleaned(name) if cleaned(name).strip() else ""


def lines(text: str) -> str:
    assert not re.search(r"\r(?!\n)|(?<!\r)\n", text)
    return text.replace("\r\n", "\n")


@given(subject=NAMES, name=NAMES, mark=st.sampled_from(["", "[Test] "]), after=NAMES)
@example(subject="Dear", name="Amélie", mark="", after=", news")
@example(subject="", name="محمد", mark="[Test] ", after="")
@example(subject="x" * 100, name="y" * 100, mark="", after="")
@example(subject="=?utf-8?q?a?=", name="=?", mark="", after="?=")
@example(subject="a  b " * 40, name="  ", mark="", after="  z")
def test_any_name_in_a_subject_comes_back_as_it_was(subject: str, name: str, mark: str, after: str) -> None:
    text = f"{cleaned(plain(subject))}{NAME}{cleaned(plain(after))}"
    data = splice(plan_of(letter(subject=text)), HEAD | {"name": name, "mark": mark}, None)
    message = rfc5322.parse(data)
    expected = mark + text.strip().replace(NAME, shown(name) or "colleague")
    assert message.decoded("Subject").strip() == expected.strip()
    (raw,) = [field for field in message.raw_fields if field.startswith(b"Subject:")]
    assert max(map(len, raw.split(b"\r\n"))) <= 78


@given(name=NAMES, subject=st.sampled_from(["News", "Nouvelles d’été", "مستجدات"]))
def test_the_standard_library_reads_the_same_letter(name: str, subject: str) -> None:
    compiled = letter(html=f"<p>. {NAME}</p>\n..", text=f"{NAME}.\n.\n{EMAIL}", subject=subject)
    data = splice(plan_of(compiled), HEAD | {"name": name, "email": "ada@example.com"}, None)
    message = message_from_bytes(data, policy=policy.default)
    values = {"name": shown(name), "email": "ada@example.com"}
    for subtype in ("plain", "html"):
        (part,) = [part for part in message.walk() if part.get_content_subtype() == subtype]
        assert part.get_payload(decode=True).decode().replace("\r\n", "\n") == expected_part(compiled, subtype, values, None)
    assert not message.defects
    assert message["subject"] == subject


TOPICS = ("climate", "finance", "housing")


@st.composite
def letters_with_spans(draw: st.DrawFn) -> CompiledLetter:
    """Up to five sections, some for topics, some personal, with anything between them."""
    spans = draw(
        st.lists(st.builds(SpanSpec, topics=st.sampled_from([(), *[(t,) for t in TOPICS], TOPICS]), personal=st.booleans()), max_size=5)
    )
    between = st.lists(PROSE.map(plain), min_size=len(spans) + 1, max_size=len(spans) + 1)
    inside = [f"{plain(draw(PROSE))}{draw(st.sampled_from(['', NAME, UNSUBSCRIBE, EMAIL + NAME]))}" for _ in spans]
    html_gaps, text_gaps = draw(between), [text.replace("\r", "\n") + "\n" for text in draw(between)]
    html = html_gaps[0] + "".join(html_span(k, inside[k]) + html_gaps[k + 1] for k in range(len(spans)))
    text = text_gaps[0] + "".join(text_span(k, inside[k].replace("\r", "\n")) + text_gaps[k + 1] for k in range(len(spans)))
    return letter(html=html, text=text, spans=tuple(spans))


@settings(max_examples=150)
@given(
    compiled=letters_with_spans(), cut=st.one_of(st.none(), st.sets(st.sampled_from(TOPICS)).map(tuple)), personal=st.booleans(), name=NAMES
)
def test_every_cut_says_what_plain_replacement_says(
    compiled: CompiledLetter, cut: tuple[str, ...] | None, personal: bool, name: str
) -> None:
    plan = plan_of(compiled)
    values = {"name": shown(name), "email": "ada@example.com", "unsubscribe_url": HEAD["unsubscribe_url"]}
    data = splice(plan, HEAD | values, cut, personal=personal)
    message = rfc5322.parse(data)
    for subtype in ("plain", "html"):
        assert lines(message.part(f"text/{subtype}").text) == expected_part(compiled, subtype, values, cut, personal=personal)
    assert splice(load(dump(plan)), HEAD | values, cut, personal=personal) == data
    assert dump(load(dump(plan))) == dump(plan)


END_OF_DATA = [
    "".join(parts) for parts in itertools.product(("\r\n", "\n", "\r", "\r\r\n", "\n\r"), (".", ".\0", " ."), ("\r\n", "\n", "\r"))
][:40]  # fmt: skip


@pytest.mark.parametrize("ending", END_OF_DATA, ids=repr)
def test_what_looks_like_the_end_of_data_stays_in_the_body(ending: str) -> None:
    poison = f"before{ending}MAIL FROM:<evil@example.org>"
    data = splice(plan_of(letter(html=f"{poison}{NAME}", text=f"{poison}{NAME}")), HEAD | {"name": poison}, None)
    message = rfc5322.parse(data)  # refuses lines that begin with a dot, bare CR, bare LF and NUL
    assert "MAIL FROM" in message.part("text/plain").text
    assert re.search(rb"[\r\n]\.", data) is None


@given(PROSE)
def test_lines_that_begin_with_a_dot_are_escaped_wherever_they_come_from(text: str) -> None:
    for encoded in (encode_text(text), encode_value(cleaned(text))):
        assert not any(line.startswith((b".", b"From ")) for line in encoded.split(b"\r\n"))
        assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=30, max_size=200))
def test_no_soft_break_tears_a_character(text: str) -> None:
    for line in encode_value(cleaned(text)).split(b"=\r\n"):
        rfc5322.decode_quoted(line + b"=\r\n").decode("utf-8")


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert dump(plan_of(letter())) == dump(plan_of(letter()))


def test_a_damaged_plan_is_refused_and_not_sent() -> None:
    stored = dump(plan_of(letter()))
    for damaged in (b"", stored[:-1], stored[:20], b"X" + stored[1:], stored[:60] + b"!" + stored[61:], stored[:7] + b"\x09" + stored[8:]):
        with pytest.raises(CompileError, match="damaged or of another version"):
            load(damaged)


def test_a_reader_whose_topics_are_not_in_the_letter_gets_none() -> None:
    topical = plan_of(
        letter(html=html_span(0, "a") + html_span(1, "b"), spans=(SpanSpec(topics=("climate",)), SpanSpec(topics=("finance",))))
    )
    assert has_content(topical, None)
    assert has_content(topical, ("finance", "housing"))
    assert not has_content(topical, ("housing",))
    assert not has_content(topical, ())


def test_a_letter_without_topics_is_for_everybody() -> None:
    general = plan_of(letter(html=html_span(0, "a"), spans=(SpanSpec(personal=True),)))
    assert has_content(general, ())


def test_a_missing_value_is_its_fallback_and_so_is_one_of_nothing_but_controls() -> None:
    plan = plan_of(letter(text=f"Dear {NAME},", html="-", slots=(SlotSpec(field="name", fallback="cher·e collègue"),)))
    for name in ("", "  ", "\u202e\x00"):
        assert rfc5322.parse(splice(plan, HEAD | {"name": name}, None)).part("text/plain").text == "Dear cher·e collègue,\r\n"


def test_a_value_cannot_leave_its_place_in_the_html() -> None:
    plan = plan_of(letter(html=f'<b title="{NAME}">{NAME}</b>'))
    html = rfc5322.parse(splice(plan, HEAD | {"name": "\"><script>&'"}, None)).part("text/html").text
    assert html == '<b title="&quot;&gt;&lt;script&gt;&amp;&#x27;">&quot;&gt;&lt;script&gt;&amp;&#x27;</b>\r\n'


@pytest.mark.parametrize("value", ["a\r\nBcc: x@example.org", "a\nb", "a\rb", "a\0b", "a\r\n\r\nbody"])
def test_a_ready_header_value_with_a_line_break_is_refused(value: str) -> None:
    with pytest.raises(CompileError, match="the value of to holds a line break"):
        splice(plan_of(letter()), HEAD | {"to": value}, None)


@pytest.mark.parametrize("html", [
    f"<!--{span_start(NONCE, 0)}-->a", f"a<!--{span_end(NONCE, 0)}-->", slot_token(NONCE, 9), span_start(NONCE, 0),
    f"<!--{span_start(NONCE, 0)}--><!--{span_start(NONCE, 0)}-->a<!--{span_end(NONCE, 0)}-->", f"<!--{span_start(NONCE, 5)}-->",
])  # fmt: skip
def test_tokens_that_do_not_belong_are_refused(html: str) -> None:
    with pytest.raises(CompileError):
        plan_of(letter(html=html, spans=(SpanSpec(),)))


def test_the_memory_of_cuts_is_bounded() -> None:
    plan = plan_of(letter())
    for number in range(1000):
        splice(plan, HEAD, (f"topic-{number}",))
    assert len(plan.layouts) <= 256
