"""Rich text, typed as people type it: words, and what the toolbar does to them."""

from dataclasses import dataclass, replace

from markdown_it import MarkdownIt
from markdown_it.token import Token
from playwright.sync_api import Locator, Page


@dataclass(frozen=True)
class Words:
    """A run of text with its marks."""

    text: str
    bold: bool = False
    italic: bool = False
    link: str = ""


def type_rich(page: Page, box: Locator, markdown: str) -> None:
    """Into an empty box: paragraphs and flat lists, with bold, italics and links."""
    box.click()
    go_on_typing(page, markdown, in_new_paragraph=False)


def go_on_typing(page: Page, markdown: str, *, in_new_paragraph: bool = True) -> None:
    """Where the caret stands."""
    tools = page.locator("[data-rich]:focus-within").get_by_role("toolbar")
    tools.wait_for()
    is_first, in_list = not in_new_paragraph, False
    for block, runs in blocks_of(markdown):
        if not is_first:
            page.keyboard.press("Enter")
        if in_list and block != "item":
            page.keyboard.press("Enter")  # an empty item ends the list
        if block == "item" and not in_list:
            tools.get_by_role("button", name="List", exact=True).click()
        is_first, in_list = False, block == "item"
        for run in runs:
            _type(page, tools, run)


def _type(page: Page, tools: Locator, run: Words) -> None:
    marks = [name for name, is_on in (("Bold", run.bold), ("Italic", run.italic)) if is_on]
    for name in marks:
        tools.get_by_role("button", name=name, exact=True).click()
    page.keyboard.insert_text(run.text)
    for name in marks:
        tools.get_by_role("button", name=name, exact=True).click()
    if run.link:
        _link(page, tools, run)


def _link(page: Page, tools: Locator, run: Words) -> None:
    """The words just typed become a link."""
    is_rtl = page.evaluate("getComputedStyle(document.activeElement).direction") == "rtl"
    back = "ArrowRight" if is_rtl else "ArrowLeft"
    for _ in run.text:
        page.keyboard.press(f"Shift+{back}")
    tools.get_by_role("button", name="Link", exact=True).click()
    page.get_by_label("Address of the link").fill(run.link)
    page.keyboard.press("Enter")


def blocks_of(markdown: str) -> list[tuple[str, list[Words]]]:
    tokens = MarkdownIt().parse(markdown)
    found, depth = [], 0
    for token in tokens:
        depth += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if token.type == "inline":
            found.append(("item" if depth else "paragraph", _runs(token.children or [])))
    return found


def _runs(tokens: list[Token]) -> list[Words]:
    marks, runs = Words(""), list[Words]()
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                marks = replace(marks, bold=token.type == "strong_open")
            case "em_open" | "em_close":
                marks = replace(marks, italic=token.type == "em_open")
            case "link_open":
                marks = replace(marks, link=str(token.attrs["href"]))
            case "link_close":
                marks = replace(marks, link="")
            case "softbreak":
                runs.append(replace(marks, text=" "))
            case _:
                runs.append(replace(marks, text=token.content))
    return [run for run in runs if run.text]
