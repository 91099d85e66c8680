"""The links of a letter: made safe for HTML, numbered in the order they stand in, with the section and the words they hang on."""

from urllib.parse import quote, urlsplit, urlunsplit

from newsroom.rendering.compiled import CollectedLink
from newsroom.sections.values import check_link

# Everything RFC 3986 lets stand in a URI, and % because what is encoded already stays as it is.
URI_CHARACTERS = "!#$%&'()*+,/:;=?@[]~-._"


def usable(url: str) -> str:
    """The link as it may stand in a letter, "" for one that leads nowhere: empty, a bare '#', or of a kind not allowed."""
    url = url.strip()
    try:
        check_link(url)
    except ValueError:
        return ""
    return _encoded(url) if url not in ("", "#") else ""


def _encoded(url: str) -> str:
    # lxml would encode these on its own when it writes the HTML; done here, the link collected is the link written.
    parts = urlsplit(url)
    try:
        host = parts.netloc.encode("ascii").decode()
    except UnicodeEncodeError:
        host = parts.netloc.encode("idna").decode()
    return quote(urlunsplit(parts._replace(netloc=host)), safe=URI_CHARACTERS)


class Links:
    """Collects the links of one letter while it is written."""

    def __init__(self) -> None:
        self._found: list[CollectedLink] = []
        self.section: int | None = None

    def collect(self, url: str, text: str) -> None:
        number = len(self._found) + 1
        self._found.append(CollectedLink(number=number, url=url, section=self.section, text=" ".join(text.split())))

    @property
    def found(self) -> tuple[CollectedLink, ...]:
        return tuple(self._found)
