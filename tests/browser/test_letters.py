"""Letters in a real browser: every version of every issue on a desk and on a phone, by day and by night."""

import io
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, Route

from newsroom.localized import direction_of
from newsroom.rendering.compiling import compile_letter
from newsroom.rendering.source import LetterSource
from tests.letters import NONCE, every_kind, sample_source, without_marks

pytestmark = pytest.mark.browser

DESK, PHONE = 700, 390
WIDTHS = {"desk": DESK, "phone": PHONE}
VIEWS = [(where, scheme) for where in WIDTHS for scheme in ("light", "dark")]
#: axe takes its time; by day on a phone and by night on a desk it sees every rule of ours.
LOOKED_OVER = {("phone", "light"), ("desk", "dark")}
VERSIONS = [("every-kind", "en"), ("every-kind", "fr"), ("every-kind", "ar"), ("summer-2023", "en")]
VERSIONS += [("autumn-2023", language) for language in ("en", "fr", "es", "ar")]
RULES = [
    "color-contrast",
    "image-alt",
    "heading-order",
    "link-name",
    "html-has-lang",
    "html-lang-valid",
    "valid-lang",
    "list",
    "listitem",
    "td-headers-attr",
]


def source_called(name: str, request: pytest.FixtureRequest) -> LetterSource:
    return every_kind() if name == "every-kind" else sample_source(request.getfixturevalue("samples"), name)


def shown(browser: Browser, source: LetterSource, language: str, *, width: int = DESK, scheme: str = "light") -> Page:
    """The letter as a page; its pictures are served, anything else it asks for is a fault."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page.route("**/*", lambda route: _serve(route, source))
    html = without_marks(compile_letter(source, language, nonce=NONCE).html)
    page.set_content(html)
    page.wait_for_function("[...document.images].every(image => image.complete)")
    return page


def _serve(route: Route, source: LetterSource) -> None:
    name = route.request.url.removeprefix("https://news.example.org/media/")
    size = source.media[name]
    picture = io.BytesIO()
    Image.new("RGB", (size.width, size.height), "#8aa0b4").save(picture, "PNG")
    route.fulfill(body=picture.getvalue(), content_type="image/png")


@pytest.mark.parametrize(("name", "language"), VERSIONS)
def test_a_letter_fits_and_can_be_read(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest, name: str, language: str) -> None:
    page = shown(browser, source_called(name, request), language)
    for where, scheme in VIEWS:
        page.set_viewport_size({"width": WIDTHS[where], "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=tmp_path / f"{name}-{language}-{where}-{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") == WIDTHS[where]
        if (where, scheme) in LOOKED_OVER:
            found = Axe().run(page, options={"runOnly": {"type": "rule", "values": RULES}})
            assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("getComputedStyle(document.querySelector('[role=article]')).direction") == direction_of(language)
    page.close()


def test_a_programme_is_a_table_on_a_desk_and_rows_on_a_phone(browser: Browser) -> None:
    sides = {}
    for width in (DESK, PHONE):
        page = shown(browser, every_kind(), "en", width=width, scheme="light")
        boxes = [page.locator(selector).first.bounding_box() for selector in (".ag th", ".ag td")]
        sides[width] = [(round(box["x"]), round(box["y"])) for box in boxes if box]
        page.close()
    assert sides[DESK][0][1] == sides[DESK][1][1]
    assert sides[DESK][0][0] < sides[DESK][1][0]
    assert sides[PHONE][0][0] == sides[PHONE][1][0]
    assert sides[PHONE][0][1] < sides[PHONE][1][1]


def test_an_arabic_letter_begins_on_the_right(browser: Browser) -> None:
    page = shown(browser, every_kind(), "ar", width=DESK, scheme="light")
    leaf, title = page.locator(".lf").first.bounding_box(), page.locator(".lf ~ td h2").first.bounding_box()
    assert leaf is not None
    assert title is not None
    assert leaf["x"] > title["x"]
    assert page.evaluate("getComputedStyle(document.querySelector('.hero div[style*=text-align]')).textAlign") == "right"
    page.close()


def test_a_dark_page_is_dark(browser: Browser) -> None:
    page = shown(browser, every_kind(), "en", width=DESK, scheme="dark")
    assert page.evaluate("getComputedStyle(document.querySelector('.body')).backgroundColor") == "rgb(27, 31, 38)"
    page.close()
