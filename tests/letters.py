"""Letters for tests: the users' samples and a made-up issue of every kind, as sources ready to compile."""

import itertools
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import lxml.html
import yaml
from PIL import Image

from newsroom.drafting.rich_text import from_markdown
from newsroom.rendering.compiled import CompiledLetter
from newsroom.rendering.source import LetterSource, NumberedSection, PictureSize
from newsroom.sections.base import Section
from newsroom.sections.registry import parse_section, stored
from newsroom.sections.walking import changed, leaves

NONCE = "0badcafe"
LIST: Mapping[str, Any] = {
    "list_slug": "mayors-mechanism",
    "list_title": {"en": "Mayors Mechanism", "ar": "آلية رؤساء البلديات"},
    "from_name": "Mayors Mechanism",
    "postal_address": "Mayors Mechanism\n12 Harbour Street\n08002 Barcelona, Spain",
    "footer": {"en": "A letter of cities for cities.", "fr": "Une lettre des villes pour les villes."},
    "list_languages": ("en", "fr", "es", "ar"),
    "timezone": "Europe/Madrid",
    "public_url": "https://news.example.org",
}


def sample_source(samples: Path, name: str, **changes: Any) -> LetterSource:
    """A sample of the users, read without the importer."""
    document = yaml.safe_load((samples / f"{name}.yaml").read_text(encoding="utf-8"))
    sizes = {f"media/{path.name}": _size(path) for path in (samples / "media").iterdir()}
    return source_of(document, media=sizes, **changes)


def source_of(document: Mapping[str, Any], **changes: Any) -> LetterSource:
    sections = tuple(
        NumberedSection(number=number, uid=f"s{number}", section=section_of(fields))
        for number, fields in enumerate(document["sections"], start=1)
    )
    facts: dict[str, Any] = {
        **LIST,
        "issue_slug": document.get("slug", "issue"),
        "languages": tuple(document.get("languages", ["en"])),
        "subject": document.get("subject", "A subject"),
        "preview_text": document.get("preview_text", ""),
        "sections": sections,
    }
    return LetterSource(**{**facts, **changes})


def section_of(fields: Mapping[str, Any]) -> Section:
    """A section whose rich texts are written in Markdown."""
    section = parse_section(fields["kind"], {name: value for name, value in fields.items() if name != "kind"})
    content = stored(section)
    for leaf in leaves(section):
        if leaf.form == "rich":
            changed(content, leaf, from_markdown)
    return parse_section(section.kind, content)


def _size(path: Path) -> PictureSize:
    with Image.open(path) as picture:
        return PictureSize(width=picture.width, height=picture.height)


def without_marks(text: str, nonce: str = NONCE) -> str:
    """As anybody sees it: spans opened, slots filled with a word of their own."""
    opened = re.sub(rf"(<!--)?NR{nonce}[BD]\d+E(-->|\n)?", "", text)
    return re.sub(rf"NR{nonce}S(\d+)E", r"slot\1", opened)


PICTURES = (("harbour.png", 1200, 675), ("portrait.png", 600, 600), ("cover.png", 420, 600), ("logo.png", 480, 200))


def every_kind(**changes: Any) -> LetterSource:
    """An issue of our own with every kind and nearly every field in it."""
    document = yaml.safe_load((Path(__file__).parent / "every_kind.yaml").read_text(encoding="utf-8"))
    sizes = {name: PictureSize(width=width, height=height) for name, width, height in PICTURES}
    return source_of(document, **{"media": sizes, "logo": "logo.png", "accent": "#7a1f5c", **changes})


WORD = re.compile(r"[^\W_]+")
ADDRESS = re.compile(r"https?://[^\s)]+")


def html_words(html: str) -> set[str]:
    """The words a reader of the HTML part meets, alternative texts included; not what is hidden from them."""
    page = lxml.html.document_fromstring(without_marks(html))
    for hidden in page.xpath('//head | //comment() | //*[@aria-hidden="true"] | //body/div[contains(@style, "display:none")]'):
        hidden.drop_tree()
    words = " ".join([*page.xpath("//text()"), *page.xpath("//img/@alt")])
    return set(WORD.findall(ADDRESS.sub(" ", words))) - {""}


def text_words(text: str) -> set[str]:
    """The words of the text part, without addresses and list numbers."""
    plain = re.sub(r"^\s*\d+\. ", "", ADDRESS.sub(" ", without_marks(text)), flags=re.MULTILINE)
    return {word for word in WORD.findall(plain) if not re.fullmatch(r"slot\d+", word)}


def visible_slots(words: set[str]) -> set[str]:
    return {word for word in words if re.fullmatch(r"slot\d+", word)}


VOID = frozenset({"meta", "br", "img", "hr", "link", "input"})


class _Balance(HTMLParser):
    """Refuses a tag closed out of turn."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"<{tag}> says {names} twice")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> out of turn at {self.getpos()}")


def faults_of(html: str) -> list[str]:
    """What is not well formed."""
    balance = _Balance()
    balance.feed(html)
    balance.close()
    return balance.faults + [f"<{tag}> never closed" for tag in balance.open]


def as_outlook(html: str) -> str:
    """As Word's engine reads it: the conditional comments are content, what is kept from it is not there."""
    without = re.sub(r"<!--\[if !mso\]><!-->.*?<!--<!\[endif\]-->", "", html, flags=re.DOTALL)
    return re.sub(r"<!--\[if (?:mso|lte mso)[^\]]*\]>(.*?)<!\[endif\]-->", r"\1", without, flags=re.DOTALL)


def cuts_of(letter: CompiledLetter) -> Iterator[tuple[set[int], str, str]]:
    """Every way to leave out spans: which ones, and both parts without them."""
    for size in range(len(letter.spans) + 1):
        for chosen in itertools.combinations(range(len(letter.spans)), size):
            html, text = letter.html, letter.text
            for span in chosen:
                html = cut(html, span)
                text = cut(text, span)
            yield set(chosen), html, text


def cut(part: str, span: int) -> str:
    pattern = rf"(?:<!--)?NR{NONCE}B{span}E(?:-->|\n).*?(?:<!--)?NR{NONCE}D{span}E(?:-->|\n)"
    shorter, count = re.subn(pattern, "", part, flags=re.DOTALL)
    if count != 1:
        raise AssertionError(f"span {span} stands {count} times")
    return shorter
