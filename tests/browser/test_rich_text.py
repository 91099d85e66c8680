"""The editor and the server speak one language: what one can write the other keeps and shows."""

from typing import Any

import pytest
from playwright.sync_api import Locator

from newsroom.drafting.rich_text import ATTRIBUTES, clean_html
from newsroom.sections.values import RICH_TAGS
from tests.browser.writing_desk import Desk

pytestmark = pytest.mark.browser
#: Every tag and attribute that any node or mark of the schema gives, whatever its own attributes hold.
EMITTED = """(text) => {
    const { schema } = text.editor;
    const found = [];
    const note = (spec) => {
        if (!Array.isArray(spec)) return;
        const [tag, ...rest] = spec;
        const given = rest[0] && typeof rest[0] === 'object' && !Array.isArray(rest[0]) ? rest[0] : {};
        found.push([tag, Object.keys(given).filter((name) => given[name] !== null && given[name] !== undefined)]);
        rest.forEach(note);
    };
    for (const type of [...Object.values(schema.nodes), ...Object.values(schema.marks)]) {
        for (const value of [1, 2, 3, 4, 5, 6]) {
            const names = Object.keys(type.spec.attrs ?? {});
            const attributes = Object.fromEntries(names.map((name) => [name, name === 'href' ? 'https://www.example.org/' : value]));
            if (type.spec.toDOM) note(type.spec.toDOM(type.create(attributes), true));
        }
    }
    return found;
}"""
SHOWN = "(text, html) => (text.editor.commands.setContent(html), text.editor.getHTML())"
SAMPLES = (
    "<h3>Programme</h3><h4>Morning</h4><p>One<br>two <strong>bold</strong>, <em>leaning</em> and <strong><em>both</em></strong>.</p>",
    '<p><a href="https://www.example.org/a?b=1&amp;c=2">A page</a>, <a href="mailto:a@example.org"><strong>a letter</strong></a></p>',
    '<p><a href="tel:+34">a call</a>, <a href="#">later</a></p>',
    "<ul><li>One<ul><li>Under it<ol><li>Deep</li></ol></li></ul></li><li>Two</li></ul>",
    '<ol start="3"><li>Three</li><li>Four</li></ol><p>Between</p><ol><li>One</li></ol>',
    "<blockquote><p>Said once.</p><ul><li>Said twice</li></ul></blockquote><p>After it.</p>",
    "<p>[[ name | friends ]] &lt;b&gt; &amp; “quotes” السلام</p>",
)  # fmt: skip


@pytest.fixture
def text(desk: Desk) -> Locator:
    box = desk.open().get_by_role("textbox", name="Text · English")
    box.focus()
    return box


def test_the_editor_writes_nothing_that_the_server_takes_out(text: Locator) -> None:
    emitted: list[tuple[str, list[str]]] = [(tag, names) for tag, names in text.evaluate(EMITTED)]
    assert {tag for tag, _ in emitted} == RICH_TAGS
    assert {(tag, name) for tag, names in emitted for name in names} == {(tag, name) for tag, names in ATTRIBUTES.items() for name in names}


def test_the_editor_gives_back_every_text_that_the_server_keeps(text: Locator) -> None:
    tags: set[Any] = set()
    for sample in SAMPLES:
        assert clean_html(sample) == sample
        assert clean_html(text.evaluate(SHOWN, sample)) == sample
        tags |= {tag for tag in RICH_TAGS if f"<{tag}" in sample}
    assert tags == RICH_TAGS
