"""Rich text events as the HTML of a letter: escaped, its links collected; a link that leads nowhere is plain text."""

from collections.abc import Callable, Iterable

from markupsafe import Markup, escape

from newsroom.rendering.links import usable
from newsroom.rendering.rich import Close, Event, Open


def write_html(events: Iterable[Event], run: Callable[[str], Markup], collect: Callable[[str, str], None]) -> Markup:
    """`run` writes a stretch of text, `collect` is told each link's address and words."""
    writer = _Writer(run, collect)
    for event in events:
        writer.write(event)
    return Markup("").join(writer.pieces)


class _Writer:
    def __init__(self, run: Callable[[str], Markup], collect: Callable[[str, str], None]) -> None:
        self._run, self._collect = run, collect
        self.pieces: list[Markup] = []
        self._links: list[tuple[str, list[str]]] = []

    def write(self, event: Event) -> None:
        match event:
            case str():
                self.pieces.append(self._run(event))
                if self._links:
                    self._links[-1][1].append(event)
            case Open(tag="a"):
                self._open_link(usable(event.href))
            case Close(tag="a"):
                self._close_link()
            case Open(tag="br"):
                self.pieces.append(Markup("<br />"))
            case Open(tag="ol", start=start) if start != 1:
                self.pieces.append(Markup('<ol start="{}">').format(start))
            case Open():
                self.pieces.append(Markup(f"<{event.tag}>"))  # noqa: S704 - the tag is one of the allow-list
            case Close():
                self.pieces.append(Markup(f"</{event.tag}>"))  # noqa: S704

    def _open_link(self, url: str) -> None:
        # No link inside a link: the outer one wins.
        url = "" if any(outer for outer, _ in self._links) else url
        self._links.append((url, []))
        if url:
            self.pieces.append(Markup('<a href="{}">').format(escape(url)))

    def _close_link(self) -> None:
        url, words = self._links.pop()
        if url:
            self._collect(url, "".join(words))
            self.pieces.append(Markup("</a>"))
