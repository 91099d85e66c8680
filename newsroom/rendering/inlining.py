"""A theme's rules written into style attributes: what premailer does, without a search of the whole page for every selector.

Selectors of a tag, a class, or both, and two such parted by a space, are looked up in lists made once per page; any other is
left to lxml. A test compares letters with premailer's own.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree
from lxml.cssselect import CSSSelector

Declarations = Sequence[tuple[str, str]]
ReadStyle = Callable[[str], Declarations]
Element = Any  # lxml is not typed
_SIMPLE = re.compile(r"(?:([a-z][a-z0-9]*)?(?:\.([\w-]+))? +)?([a-z][a-z0-9]*)?(?:\.([\w-]+))?")
_CLASSED = etree.XPath("//*[@class]")


@dataclass(frozen=True, kw_only=True)
class Compound:
    """A tag, a class, or both; "" for any."""

    tag: str = ""
    css_class: str = ""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What to declare where. `other` finds what is not simple."""

    declarations: Declarations
    inner: Compound = Compound()
    outer: Compound | None = None
    other: Callable[[Element], Iterable[Element]] | None = None


def rule_of(selector: str, declarations: Declarations) -> Rule:
    found = _SIMPLE.fullmatch(selector)
    outer_tag, outer_class, tag, css_class = (part or "" for part in found.groups()) if found else ("", "", "", "")
    if not (tag or css_class):
        return Rule(declarations=declarations, other=CSSSelector(selector))
    outer = Compound(tag=outer_tag, css_class=outer_class) if outer_tag or outer_class else None
    return Rule(declarations=declarations, inner=Compound(tag=tag, css_class=css_class), outer=outer)


def with_styles(html: str, rules: Iterable[Rule], read_style: ReadStyle) -> str:
    """The page with its rules inlined, the strongest last; an element's own declarations count more than any rule's."""
    page = etree.fromstring(html.strip(), etree.HTMLParser())
    finder = _Finder(page)
    declared: dict[Element, dict[str, str]] = defaultdict(dict)
    for rule in rules:
        for element in finder.find(rule):
            declared[element].update(rule.declarations)
    for element, style in declared.items():
        style.update(read_style(element.get("style", "")))
        element.set("style", "; ".join(f"{name}:{value}" for name, value in style.items()))
    return str(etree.tostring(page, method="html", encoding="utf-8").decode())


class _Finder:
    """One page's elements by class."""

    def __init__(self, page: Element) -> None:
        self._page = page
        self._classed: dict[str, dict[Element, None]] = defaultdict(dict)
        for element in _CLASSED(page):
            for name in element.get("class").split():
                self._classed[name][element] = None

    def find(self, rule: Rule) -> Iterable[Element]:
        """Each element once."""
        if rule.other is not None:
            return rule.other(self._page)
        if rule.outer is None:
            return self._all(rule.inner)
        return dict.fromkeys(inner for outer in self._all(rule.outer) for inner in self._within(outer, rule.inner))

    def _all(self, compound: Compound) -> Iterator[Element]:
        if not compound.css_class:
            return iter(self._page.iter(compound.tag))
        return (element for element in self._classed[compound.css_class] if not compound.tag or element.tag == compound.tag)

    def _within(self, outer: Element, compound: Compound) -> Iterator[Element]:
        classed = self._classed[compound.css_class] if compound.css_class else None
        return (element for element in outer.iterdescendants(compound.tag or "*") if classed is None or element in classed)
