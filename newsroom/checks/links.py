"""Links that lead nowhere, to an example, to where readers cannot go; and words of links that do not say where they lead."""

# ruff: noqa: E501 - tables of words and patterns are read along the line

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from newsroom.checks.base import Block, Finding, Material, Passage, check
from newsroom.checks.sentences import sentences
from newsroom.outbound import is_inside
from newsroom.rendering.source import NumberedSection
from newsroom.sections.walking import Path

EXAMPLE_HOSTS = re.compile(
    r"(?:^|\.)(?:example\.(?:com|net|org|edu)|(?:example|test|invalid|localhost|local|internal|lan|home|arpa)|your-?(?:domain|site|website|company)\.\w+"
    r"|(?:domain|website|mysite|mywebsite|company|example|exemple|ejemplo)\.(?:com|org|net|eu|fr|es|de|uk|co\.uk|int))$"
)
STAGING_LABEL = re.compile(
    r"(?:^|-)(?:staging|stage|stg|preprod|pre-prod|preview|dev|test|testing|uat|qa|sandbox|demo|recette|preproduccion)\d*(?:-|$)"
)
TUNNELS = re.compile(r"(?:^|\.)(?:ngrok\.io|ngrok-free\.app|ngrok\.app|localtunnel\.me|loca\.lt|trycloudflare\.com)$")
BRANCHES = re.compile(r"(?:--|-git-).*\.(?:vercel|netlify)\.app$")
DRAFT_PATH = re.compile(r"[?&](?:preview=true|preview_id=)|/wp-admin/")
STAND_IN = re.compile(r"TODO|XXX|TBD|PLACEHOLDER|LOREM|INSERT|\[|\{\{|<")
#: One label more than the registrable name: enough for a host's own labels, without a list of public suffixes.
SECOND_LEVEL = frozenset({"co", "com", "org", "net", "gov", "gob", "gouv", "ac", "edu", "or", "go", "asso"})

HERE = {
    "en": "here|click here|click|this|this link|link|this page|page|just here|right here|press here|tap here|over here",
    "fr": "ici|cliquez ici|cliquer ici|clique ici|lien|le lien|ce lien|cette page|par ici|juste ici|cliquez|cliquez là|là",
    "es": "aquí|aqui|haga clic aquí|haz clic aquí|clic aquí|haga clic aqui|haz clic aqui|pulse aquí|pinche aquí|enlace|este enlace|el enlace|esta página"
    "|click aquí|dé clic aquí|haga clic|haz clic",
    "ar": "هنا|اضغط هنا|اضغطوا هنا|انقر هنا|انقروا هنا|الرابط|هذا الرابط|رابط|من هنا|عبر الرابط|على الرابط|هذه الصفحة|اضغطوا|انقروا",
}
VAGUE = {
    "en": "more|read more|learn more|find out more|more info|more information|further information|info|website|see more|read here|register here"
    "|read more here|more here|find out more here|more information here|download|download here|go|details|see here|see this|read this|continue"
    "|continue reading|view|view more|sign up here|apply here|watch here",
    "fr": "en savoir plus|lire la suite|lire plus|plus|plus d’infos|plus d’informations|plus d’info|suite|la suite|site|site web|télécharger|lire ici"
    "|voir plus|voir ici|savoir plus|lire|voir|inscrivez-vous ici|s’inscrire ici|téléchargez ici|plus d’informations ici|en savoir plus ici",
    "es": "más|leer más|saber más|ver más|más información|más info|mas informacion|descargar|leer aquí|sitio web|web|ver|leer|siga leyendo|seguir leyendo"
    "|inscríbase aquí|regístrese aquí|descargar aquí|más información aquí|ver aquí|más aquí|lea más|conozca más",
    "ar": "المزيد|اقرأ المزيد|اقرؤوا المزيد|اقرأوا المزيد|للمزيد|لمزيد من المعلومات|للمزيد من المعلومات|تحميل|مزيد من المعلومات|التفاصيل|الموقع|سجلوا هنا"
    "|سجل هنا|للتسجيل هنا|تنزيل|المزيد هنا|اقرأ هنا|معلومات إضافية|تفاصيل",
}
EDGES = " \t\n.,:;!?…\"'“”‘’«»()[]→›>»←‹<-–—،؛؟\u200e\u200f"
ANNOUNCED = {
    "en": r"(?:more info(?:rmation)?|read|register|registration(?: link)?|sign up|stay tuned|find|available|livestreamed|streamed|download|details|click"
    r"|apply|watch|interview|notes|report|agenda|programme|program|form|dates|see|follow|learn more)\b.{0,60}?\bhere\s*[.!:)]*$",
    "fr": r"(?:plus d['’]infos?|plus d['’]informations?|en savoir plus|inscri\w+|lire|lisez|disponibles?|cliquez|télécharge\w*|programme|rapport|notes"
    r"|formulaire|inscription|regardez|détails)\b.{0,60}?(?<!\w)ici\s*[.!:)]*$",
    "es": r"(?:más información|inscr\w+|regístr\w+|lea|leer|disponibles?|haga clic|clic|descarg\w+|programa|informe|notas|formulario|vea|detalles"
    r"|consulte)\b.{0,60}?(?<!\w)aquí\s*[.!:)]*$",
    "ar": r"(?:للمزيد|لمزيد|سجلوا|سجل|للتسجيل|التسجيل|اقرا\w*|اقرؤوا|متاح\w*|اضغطوا?|انقروا?|التفاصيل|حملوا|تحميل|البرنامج|التقرير)(?!\w).{0,60}?(?<!\w)هنا\s*[.!:)]*$",
}
BARE = re.compile(r"(?:https?://|www\.)\S{23,}$")
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
        return self.passage.finding(check_name, says, advice, quote=self.words or _readable(self.passage.path), **facts)


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


def host_of(url: str) -> str:
    """The host of a web address, or of a mail address; "" where there is none."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme.casefold() == "mailto":
        return unquote(parts.path).partition("@")[2].partition(",")[0].casefold()
    return (parts.hostname or "").casefold().rstrip(".")


def is_empty(url: str) -> bool:
    return not url.strip() or re.fullmatch(r"(?:https?:/{0,2}|mailto:|tel:)\s*", url.strip(), re.IGNORECASE) is not None


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
                facts={"quote": words or _readable(path)},
            )  # fmt: skip
    for passage in material.passages:
        if passage.is_words and passage.path[-1:] != ("title",):
            yield from _promised(material, passage)


def _readable(path: Path) -> str:
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
    pattern = re.compile(ANNOUNCED[language], re.IGNORECASE)
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
            probable = _probable(link.url) if says == "link.staging" else ""
            advice = ("link.probably",) if probable else ()
            yield link.finding("link_placeholder", says, advice, host=host_of(link.url) or link.url[:60], probable=probable)


def stand_in(url: str) -> str:
    """What is wrong with this address ("link.example", "link.staging"), "" where nothing is."""
    host = host_of(url)
    if EXAMPLE_HOSTS.search(host) or (urlsplit(url).scheme in ("http", "https") and "." not in host.strip("[]") and ":" not in host):
        return "link.example"
    if _is_inside_number(host) or TUNNELS.search(host) or BRANCHES.search(host) or DRAFT_PATH.search(url) or _has_staging_label(host):
        return "link.staging"
    return "link.example" if STAND_IN.search(unquote(url)) else ""


def _is_inside_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return is_inside(host)


def _has_staging_label(host: str) -> bool:
    labels = host.split(".")
    own = 3 if len(labels) > 3 and labels[-2] in SECOND_LEVEL and len(labels[-1]) == 2 else 2
    return any(STAGING_LABEL.search(label) for label in labels[:-own])


def _probable(url: str) -> str:
    host = host_of(url)
    if _is_inside_number(host):
        return ""
    labels = [label for label in host.split(".") if not STAGING_LABEL.search(label)]
    return f"https://{'www.' if len(labels) == 2 else ''}{'.'.join(labels)}" if "." in ".".join(labels) else ""


def to_ask(material: Material) -> tuple[str, ...]:
    """The web addresses that only asking can judge."""
    inside, own = material.inside_hosts, host_of(material.source.public_url)
    urls = dict.fromkeys(link.url for link in all_links(material) if link.url.casefold().startswith(("http://", "https://")))
    return tuple(url for url in urls if host_of(url) in inside or (host_of(url) != own and not is_empty(url) and not stand_in(url)))


@check("link_unreachable")
def link_unreachable(material: Material) -> Iterator[Finding]:
    """What readers are sent to answers them."""
    for link in all_links(material):
        if why := material.links.get(link.url):
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


def says_nothing(words: str, language: str, *, button: bool = False) -> bool:
    language = language if language in HERE else "en"
    told = _plain(words)
    known = {_plain(one) for one in (HERE[language] if button else f"{HERE[language]}|{VAGUE[language]}").split("|")}
    return told in known


def _plain(words: str) -> str:
    return " ".join(re.sub("[\u064b-\u0652\u0640]", "", words).replace("'", "’").strip(EDGES).casefold().split())


def _before(link: Link) -> str:
    """Up to six words that stand before the link in its block: what it could hang on instead."""
    if link.block is None:
        return ""
    words = re.split(r"[.!?:;]\s", link.block.shown[: link.start])[-1].split()
    while words and words[-1].casefold().strip(EDGES) in ("and", "or", "et", "ou", "y", "o", "e", "و", "–", "-", ""):
        words.pop()
    return " ".join(words[-6:]).strip(EDGES) if len(words) > 1 else ""
