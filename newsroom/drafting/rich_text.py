"""Rich text: Markdown in files, cleaned HTML in the database, each readable as the other without loss."""

import re
from collections.abc import Iterable, Iterator
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from newsroom import merge_fields
from newsroom.drafting.rich_markdown import to_markdown as _write_markdown
from newsroom.drafting.rich_reading import HEADINGS, MARKS, PARAGRAPHS, TreeReader, safe_link
from newsroom.drafting.rich_tree import Block, texts, to_html
from newsroom.errors import InvalidInput
from newsroom.sections.values import LINK_SCHEMES, RICH_TAGS, printable

LONGEST = 100_000
#: The address of a link that has none yet.
NOWHERE = "#"
# Escaping makes text longer (& becomes &amp;), tags more so.
LONGEST_HTML = 8 * LONGEST
# Parsers of HTML recurse or slow down to minutes on thousands of open tags; honest text has a handful.
DEEPEST_TAGS = 100
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
# These close themselves or each other, however often they are opened.
NEVER_NESTED = frozenset({"p", "li", "br", "hr", "img", "input", "link", "meta", "wbr", "col", "tr", "td", "th", "dt", "dd", "option"})


def _cleaner(tags: Iterable[str]) -> nh3.Cleaner:
    return nh3.Cleaner(tags=set(tags), attributes=ATTRIBUTES, url_schemes=set(LINK_SCHEMES), link_rel=None)


_safe, _tidy = _cleaner(RICH_TAGS), _cleaner(RICH_TAGS | PARAGRAPHS | HEADINGS.keys() | MARKS.keys())
_markdown = MarkdownIt("commonmark", {"html": False})
# Links are judged in one place, ours; what Markdown itself refuses would stay in the letter as brackets.
_markdown.validateLink = lambda url: True  # type: ignore[method-assign]
_markdown.normalizeLink = lambda url: url  # type: ignore[method-assign]
_markdown.disable("image")
DEEPEST_MARKDOWN = int(_markdown.options["maxNesting"])


def clean_html(html: str) -> str:
    """The HTML in its one normal form on the allow-list. InvalidInput where it is too long or nested too deeply."""
    return to_html(_tree(html))


def safe_html(html: str) -> str:
    """What is stored, without anything a browser could run: for pages that show many texts, where the normal form takes too long."""
    return _safe.clean(html)


def blocks_of(html: str) -> tuple[Block, ...]:
    """The same as a tree, for what is written in another form than HTML."""
    return _tree(html)


def from_markdown(text: str) -> str:
    """Markdown (CommonMark without raw HTML and pictures) as cleaned HTML; links that may not stand in a letter lose their address.

    An address that is still to come, [notes](), becomes a bare #: the editor keeps it, the checks find it, letters leave it out.
    """
    _bound(text, LONGEST)
    tokens = _markdown.parse(printable(text))
    if any(token.level >= DEEPEST_MARKDOWN - 1 for token in tokens):
        raise InvalidInput.of("is nested too deeply: lists and quotes stand inside each other too often.")
    for link in _links(tokens):
        link.attrSet("href", str(link.attrGet("href") or "") or NOWHERE)
    return clean_html(_markdown.renderer.render(tokens, _markdown.options, {}))


def to_markdown(html: str) -> str:
    """Markdown that reads back as clean_html(html), to the byte."""
    return _write_markdown(_tree(html))


def refused_links(markdown: str) -> list[str]:
    """The addresses that from_markdown would drop."""
    _bound(markdown, LONGEST)
    return [href for href in _hrefs(printable(markdown)) if href and not safe_link(href)]


def check_merge_fields(html: str) -> None:
    """InvalidInput unless every merge field stands in one piece of text; a word in bold cannot cut it in two."""
    # Most texts hold none, and are not taken apart to know it.
    for text in texts(_tree(html)) if "[" in unescape(printable(html)) else ():
        merge_fields.split(text)


def _hrefs(markdown: str) -> Iterator[str]:
    for link in _links(_markdown.parse(markdown)):
        yield str(link.attrGet("href") or "")


def _links(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from (child for child in token.children or () if child.type == "link_open")


def _tree(html: str) -> tuple[Block, ...]:
    _bound(html, LONGEST_HTML)
    return TreeReader().read(_tidy.clean(printable(html)))


def _bound(text: str, longest: int) -> None:
    if _deepest(text) > DEEPEST_TAGS:
        raise InvalidInput.of(f"is nested too deeply: more than {DEEPEST_TAGS} tags stand inside each other.")
    if len(text) > longest:
        raise InvalidInput.of(f"is too long: {len(text)} characters, at most {longest} are read.")


def _deepest(text: str) -> int:
    """How many tags stand open at once, at most; counted without a parser, which depth could bring down."""
    depth = deepest = 0
    for closing, name in TAG.findall(text):
        if name.lower() not in NEVER_NESTED:
            depth = max(depth - 1, 0) if closing else depth + 1
            deepest = max(deepest, depth)
    return deepest
