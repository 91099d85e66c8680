"""What goes into the MJML engine, looked over first: it lets unknown tags through, dies of deep nesting and names no place."""

import re

from newsroom.errors import InvalidInput

MJML_TAGS = frozenset(
    {"mjml", "mj-head", "mj-title", "mj-preview", "mj-attributes", "mj-all", "mj-style", "mj-raw", "mj-body"}
) | frozenset({"mj-section", "mj-column", "mj-group", "mj-text", "mj-button", "mj-image", "mj-table", "mj-spacer"})
HTML_TAGS = frozenset(
    {"a", "b", "bdi", "blockquote", "br", "div", "em", "h1", "h2", "h3", "h4", "i", "img", "li", "meta", "ol", "p", "span"}
    | {"strong", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul"}
)
VOID_TAGS = frozenset({"br", "img", "meta"})
KNOWN_TAGS = MJML_TAGS | HTML_TAGS
DEEPEST = 100
TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)[^>]*?(/?)>")


def check_markup(markup: str) -> None:
    """InvalidInput for an unknown tag, one that is never closed, or nesting no letter needs."""
    depth = 0
    for closing, tag, empty in TAG.findall(markup):
        if tag not in KNOWN_TAGS:
            raise InvalidInput.of(f"the tag <{tag}> is none that letters are made of.")
        if not empty and tag not in VOID_TAGS:
            depth += -1 if closing else 1
        if depth > DEEPEST:
            raise InvalidInput.of(f"tags stand more than {DEEPEST} deep in each other.")
    if depth:
        raise InvalidInput.of("a tag is opened and never closed.")
