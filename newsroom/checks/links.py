"""Links that lead nowhere, to an example, to where readers cannot go; and words of links that do not say where they lead."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsroom.checks.base import Block, Finding, Material, Passage, check
from newsroom.checks.link_words import ANNOUNCED, BARE, EDGES, says_nothing
from newsroom.checks.sentences import sentences
from newsroom.link_hosts import askable, host_of, is_empty, is_worth_asking, stand_in, without_staging
from newsroom.rendering.source import NumberedSection
from newsroom.sections.walking import Path

LINKING_FIELDS = ("button", "registration_url", "documents", "links", "url", "stream_url")


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link of the issue: its words and where it leads. `language` None where it is the same in every language."""

    passage: Passage
    words: str
    url: str
    block: Block | None = None
    start: int = 0
    is_button: bool = False

    def finding(self, check_name: str, says: str, advice: tuple[str, ...] = (), /, **facts: str) -> Finding:
        return self.passage.finding(check_name, says, advice, quote=self.words or readable(self.passage.path), **facts)


def all_links(material: Material) -> Iterator[Link]:
    """Every link that is given, in texts and in fields."""
    for passage in material.passages:
        if passage.form == "rich":
            for block in passage.blocks:
                for link in block.links:
                    yield Link(passage=passage, words=link.text, url=link.url, block=block, start=link.start)
        elif passage.form == "link":
            url = passage.shown.strip()
            yield Link(passage=passage, words=label_of(material, passage.number, passage.path, passage.language), url=url,
                       is_button=passage.path[:1] == ("button",))  # fmt: skip


def label_of(material: Material, number: int | None, path: Path, language: str) -> str:
    """The words that a link's field hangs on: the label or title beside it, or the alternative text of its picture."""
    beside = [
        passage for passage in material.passages_of(number) if passage.path[:-1] == path[:-1] and passage.form in ("prose", "name", "rich")
    ]
    for name in ("label", "title", "alt", "name", "text"):
        found = [passage for passage in beside if passage.path[-1] == name and len(path) > 1]
        own = [passage for passage in found if passage.language == language] or found
        if own:
            return shortened(own[0].shown)
    return ""


def shortened(words: str) -> str:
    told = " ".join(words.split())
    return told if len(told) <= 60 else f"{told[:59].rstrip()}…"


@check("link_empty")
def link_empty(material: Material) -> Iterator[Finding]:
    """A link that is promised has an address."""
    for link in all_links(material):
        if is_empty(link.url):
            yield link.finding("link_empty", "link.empty")
    for numbered in material.source.sections:
        for path, language in _blank_links(numbered, material.source.languages):
            words = label_of(material, numbered.number, path, language)
            yield Finding(
                check="link_empty", number=numbered.number, uid=numbered.uid, language=language or None, path=path, says="link.empty",
                facts={"quote": words or readable(path)},
            )  # fmt: skip
    for passage in material.passages:
        if passage.is_words and passage.path[-1:] != ("title",):
            yield from _promised(material, passage)


def readable(path: Path) -> str:
    return str(next((step for step in reversed(path) if isinstance(step, str) and step != "url"), "link")).replace("_", " ")


def _blank_links(numbered: NumberedSection, languages: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """Required addresses that are blank, and those that are blank in one language while another has one."""
    section = numbered.section
    button = getattr(section, "button", None)
    fields: list[tuple[Path, str | dict[str, str]]] = [(("button", "url"), button.url)] if button else []
    for name in ("links", "documents"):
        fields += [((name, place, "url"), one.url) for place, one in enumerate(getattr(section, name, ()))]
    for path, value in fields:
        if isinstance(value, str):
            if not value.strip():
                yield path, ""
            continue
        yield from ((path, language) for language in languages if language in value and not value[language].strip())
    for name in ("registration_url", "stream_url", "url"):
        value = getattr(section, name, "")
        if isinstance(value, dict) and any(text.strip() for text in value.values()):
            yield from (((name,), language) for language in languages if language in value and not value[language].strip())


def _promised(material: Material, passage: Passage) -> Iterator[Finding]:
    """ "More info here." without a link anywhere near."""
    language = passage.language if passage.language in ANNOUNCED else "en"
    if any(other.form == "link" and other.path[0] in LINKING_FIELDS for other in material.passages_of(passage.number)):
        return
    if passage.path[:1] == ("items",) and any(other.path == (*passage.path[:-1], "url") for other in material.passages_of(passage.number)):
        return
    pattern = ANNOUNCED[language]
    for block in passage.blocks:
        for begin, end in sentences(block.text) if not block.links else ():
            if pattern.search(block.text[begin:end].strip()) and not re.search("\ufffc", block.text[begin:end]):
                yield passage.finding("link_empty", "link.promised", quote=block.quote(begin, end))


@check("link_placeholder")
def link_placeholder(material: Material) -> Iterator[Finding]:
    """No link leads to an example, to nothing, or to a place that only writers can see."""
    for link in all_links(material):
        if is_empty(link.url) or host_of(link.url) in material.inside_hosts:
            continue
        if link.url.startswith("#"):
            yield link.finding("link_placeholder", "link.nowhere", url=link.url)
        elif (says := stand_in(link.url)) and host_of(link.url) != host_of(material.source.public_url):
            probable = without_staging(link.url) if says == "link.staging" else ""
            advice = ("link.probably",) if probable else ()
            yield link.finding("link_placeholder", says, advice, host=host_of(link.url) or link.url[:60], probable=probable)


def to_ask(material: Material) -> tuple[str, ...]:
    """The pages that only asking can judge, each once."""
    inside, own = material.inside_hosts, host_of(material.source.public_url)
    urls = dict.fromkeys(link.url for link in all_links(material))
    return tuple(dict.fromkeys(askable(url) for url in urls if is_worth_asking(url, own_host=own, inside_hosts=inside)))


@check("link_unreachable")
def link_unreachable(material: Material) -> Iterator[Finding]:
    """What readers are sent to answers them."""
    for link in all_links(material):
        if why := material.links.get(askable(link.url)):
            state, detail = why
            yield link.finding("link_unreachable", f"link.{state}", host=host_of(link.url), detail=detail)


@check("link_text")
def link_text(material: Material) -> Iterator[Finding]:
    """The words of a link say where it leads, also to someone who hears only the links."""
    for link in all_links(material):
        if link.block and says_nothing(link.words, link.passage.language):
            yield link.finding("link_text", "link.text", ("link.text_instead",) if _before(link) else (), instead=_before(link))
        elif link.block and BARE.match(link.words):
            yield link.finding("link_text", "link.bare")
    linked = {(passage.number, passage.path[:-1]) for passage in material.passages if passage.form == "link" and len(passage.path) > 1}
    for passage in material.passages:
        is_label = passage.path[-1:] in (("label",), ("title",)) and (passage.number, passage.path[:-1]) in linked
        if is_label and says_nothing(passage.shown, passage.language, button=passage.path[0] == "button"):
            yield passage.finding("link_text", "link.text", quote=passage.shown)


def _before(link: Link) -> str:
    """Up to six words that stand before the link in its block: what it could hang on instead."""
    if link.block is None:
        return ""
    words = re.split(r"[.!?:;]\s", link.block.shown[: link.start])[-1].split()
    while words and words[-1].casefold().strip(EDGES) in ("and", "or", "et", "ou", "y", "o", "e", "و", "–", "-", ""):
        words.pop()
    return " ".join(words[-6:]).strip(EDGES) if len(words) > 1 else ""
