"""Where a web address leads, read from the address alone: its host, stand-ins for a host, and the form in which it is asked."""

import re
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from newsroom.outbound import is_inside

# Everything RFC 3986 lets stand in a URI, and % because what is encoded already stays as it is.
URI_CHARACTERS = "!#$%&'()*+,/:;=?@[]~-._"
EXAMPLE_HOSTS = re.compile(
    r"(?:^|\.)(?:example\.(?:com|net|org|edu)|(?:example|test|invalid|localhost|local|internal|lan|home|arpa)"
    r"|your-?(?:domain|site|website|company)\.\w+"
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
NOTHING = re.compile(r"(?:https?:/{0,2}|mailto:|tel:)\s*", re.IGNORECASE)


def ascii_form(url: str) -> str:
    """As it stands in a letter and is asked: what a URI may not hold is encoded, a host in its letters for machines. ValueError."""
    parts = urlsplit(url.strip())
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    return quote(urlunsplit(parts._replace(netloc=host)), safe=URI_CHARACTERS)


def askable(url: str) -> str:
    """The address of the page itself, ready to be asked; "" where it is none of the web."""
    try:
        page = ascii_form(url).partition("#")[0]
        parts = urlsplit(page)
    except ValueError:
        return ""
    return page if parts.scheme.casefold() in ("http", "https") and parts.hostname else ""


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
    return not url.strip() or NOTHING.fullmatch(url.strip()) is not None


def stand_in(url: str) -> str:
    """What is wrong with this address ("link.example", "link.staging"), "" where nothing is."""
    host = host_of(url)
    if EXAMPLE_HOSTS.search(host) or (_is_of_the_web(url) and "." not in host.strip("[]") and ":" not in host):
        return "link.example"
    if is_inside_number(host) or TUNNELS.search(host) or BRANCHES.search(host) or DRAFT_PATH.search(url) or _has_staging_label(host):
        return "link.staging"
    return "link.example" if STAND_IN.search(unquote(url)) else ""


def is_worth_asking(url: str, *, own_host: str, inside_hosts: Collection[str]) -> bool:
    """Whether only asking can judge it: not our own pages, not what leads nowhere on the face of it."""
    if not askable(url):
        return False
    return host_of(url) in inside_hosts or (host_of(url) != own_host and not stand_in(url))


def is_inside_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return is_inside(host)


def without_staging(url: str) -> str:
    """The public address that a staging address is probably of; "" where none can be told."""
    host = host_of(url)
    if is_inside_number(host):
        return ""
    labels = [label for label in host.split(".") if not STAGING_LABEL.search(label)]
    return f"https://{'www.' if len(labels) == 2 else ''}{'.'.join(labels)}" if "." in ".".join(labels) else ""


def _is_of_the_web(url: str) -> bool:
    return url.strip().casefold().startswith(("http:", "https:"))


def _has_staging_label(host: str) -> bool:
    labels = host.split(".")
    own = 3 if len(labels) > 3 and labels[-2] in SECOND_LEVEL and len(labels[-1]) == 2 else 2
    return any(STAGING_LABEL.search(label) for label in labels[:-own])
