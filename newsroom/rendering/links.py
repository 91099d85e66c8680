"""The links of a letter: made safe for HTML, numbered in the order they stand in, with the section and the words they hang on."""

from newsroom.link_hosts import ascii_form
from newsroom.rendering.compiled import CollectedLink
from newsroom.sections.values import check_link


def usable(url: str) -> str:
    """The link as it may stand in a letter, "" for one that leads nowhere: empty, a bare '#', or of a kind not allowed."""
    url = url.strip()
    try:
        check_link(url)
        # lxml would encode it on its own when it writes the HTML; done here, the link collected is the link written.
        return ascii_form(url) if url not in ("", "#") else ""
    except ValueError:
        return ""


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
