"""Finding one's way in the composer: from a card to what waits there, through lists by mouse and keyboard, with the focus never lost."""

import time

import pytest
from playwright.sync_api import Page, expect

from newsroom.clock import utc_now
from newsroom.comments import Comment, comment, comments_of
from newsroom.house import House
from newsroom.issues import Actor, Issue, IssueSection
from tests.browser.dragging import drag
from tests.browser.writing_desk import Desk, until

pytestmark = pytest.mark.browser
WORKSHOP = {
    "title": "Shade for all", "organisers": ["City", "League", "Fund"], "text": "<p>One two three.</p>",
    "agenda": [{"starts": "09:30", "title": "Welcome"}, {"title": "TK round one"}, {"title": "Walk", "speakers": [{"name": "Noor"}]}],
}  # fmt: skip
GRIP = ":scope > .row-tools [data-row-grip]"
FOCUS = "[document.activeElement.id, document.activeElement.className, document.activeElement.tagName].join(' ')"


@pytest.fixture
def workshop(desk: Desk) -> Desk:
    """The same desk with a workshop in place of the second section, and a word said about it."""
    with desk.house.database.transaction() as session:
        issue = session.get_one(Issue, desk.issue_id)
        row: IssueSection = issue.sections[1]
        row.kind, row.content, issue.updated_at = "workshop", WORKSHOP, utc_now()
        comment(session, issue, text="Could this be shorter?", uid=row.uid, by=Actor(name="Jonas"), now=utc_now())
    desk.reload()
    return desk


def test_a_card_leads_to_what_waits_there_and_comments_are_answered_beside_the_form(workshop: Desk) -> None:
    page = workshop.page
    card = page.locator("[data-section]").nth(2)
    remarks = card.get_by_role("button", name="of the checks")
    expect(remarks).to_be_visible(timeout=15_000)
    ways = [remark.get_attribute("data-way") for remark in card.locator("[data-remark]").all()]
    assert {"title.fr", "title.ar", "agenda.1.title"} <= set(ways)
    for way in ways:
        remarks.click()
        if way == "title.ar":
            expect(card.get_by_label("Title العربية").first).to_be_focused()
            expect(page.get_by_role("button", name="العربية", exact=True)).to_have_attribute("aria-pressed", "true")
        if way == "agenda.1.title":
            expect(card.locator(".rows-of-agenda").get_by_label("Title English").nth(1)).to_be_focused()
            expect(card.locator(".field-remark", has_text="“TK” is left")).to_be_in_viewport()
    card.get_by_role("button", name="1 open comment").click()
    said = card.locator(".comments")
    said.locator("summary").first.click()
    said.get_by_label("Answer").fill("On Monday.")
    page.keyboard.press("Control+Enter")
    expect(said.get_by_text("On Monday.")).to_be_visible()
    expect(said.get_by_label("Your comment")).to_be_focused()
    said.get_by_label("Your comment").fill("And the hour?")
    said.get_by_role("button", name="Comment", exact=True).click()
    expect(card.get_by_role("button", name="2 open comments")).to_be_visible()
    said.get_by_role("button", name="Mark as settled").first.click()
    expect(card.get_by_role("button", name="1 open comment")).to_be_visible()
    assert [thread.is_open for thread in threads(workshop.house, workshop.issue_id)] == [False, True]
    card.locator(".rows-of-agenda").get_by_label("Title English").nth(1).fill("Round one")
    expect(card.locator(".field-remark", has_text="“TK” is left")).to_have_count(0)


def threads(house: House, issue_id: int) -> list[Comment]:
    with house.database.reading() as session:
        return list(comments_of(session, issue_id))  # type: ignore[arg-type]


def test_a_remark_of_another_page_leads_to_the_row_and_language_it_speaks_of(workshop: Desk) -> None:
    page = workshop.page
    uid = page.locator("[data-section]").nth(2).get_attribute("data-section")
    page.goto(f"{workshop.address}/admin/issues/{workshop.issue_id}/write#{uid}.agenda.2.speakers.0.name")
    page.reload()
    card = page.locator("[data-section]").nth(2)
    name = card.locator(".rows-of-agenda .rows-of-speakers").get_by_role("textbox", name="Name", exact=True)
    expect(name).to_be_focused()
    expect(name).to_be_in_viewport()
    page.evaluate("(uid) => (location.hash = `${uid}.text.fr`)", uid)
    expect(card.get_by_role("textbox", name="Text · Français")).to_be_focused()


def test_rows_are_dragged_and_the_focus_is_never_lost(workshop: Desk) -> None:
    page = workshop.page
    page.set_viewport_size({"width": 1280, "height": 1300})
    card = workshop.open(2)
    agenda = card.locator(".rows-of-agenda > [data-row]")
    drag(agenda.nth(2), agenda.nth(2).locator(GRIP), agenda.nth(0))
    until(lambda: [line["title"] for line in workshop.stored(2)["agenda"]] == ["Walk", "Welcome", "TK round one"])
    assert workshop.stored(2)["agenda"][0]["speakers"] == [{"name": "Noor"}]
    expect(page.locator("[data-said]")).to_have_text("Now at place 1 of 3.")
    organisers = card.locator("[data-field=organisers] [data-row]")
    drag(organisers.nth(0), organisers.nth(0).locator(GRIP), organisers.nth(1))
    until(lambda: workshop.stored(2)["organisers"] == ["League", "City", "Fund"])
    organisers.nth(0).locator("input").first.press("Alt+ArrowDown")
    until(lambda: workshop.stored(2)["organisers"] == ["City", "League", "Fund"])
    expect(organisers.nth(1).locator("input").first).to_be_focused()
    expect(page.locator("[data-said]")).to_have_text("Now at place 2 of 3.")
    organisers.nth(1).get_by_role("button", name="Take out").click()
    expect(organisers.nth(1).get_by_role("button", name="Take out")).to_be_focused()
    page.locator("[data-toasts]").get_by_role("button", name="Undo").click()
    expect(organisers.nth(1).get_by_role("button", name="Take out")).to_be_focused()
    until(lambda: workshop.stored(2)["organisers"] == ["City", "League", "Fund"])
    card.get_by_role("button", name="Add a question").click()
    assert "TEXTAREA" in page.evaluate(FOCUS)
    card.get_by_role("button", name="More for this section").click()
    card.get_by_role("button", name="Move up", exact=True).first.click()
    expect(page.locator("[data-section]").nth(1).get_by_role("button", name="More for this section")).to_be_focused()


def test_a_section_goes_further_than_can_be_seen_by_mouse_and_by_keys(desk: Desk) -> None:
    page = desk.page
    with desk.house.database.transaction() as session:
        issue = session.get_one(Issue, desk.issue_id)
        more = [
            IssueSection(uid=f"s{n}", position=n, kind="divider", content={"title": f"Part {n}"}, updated_at=utc_now())
            for n in range(2, 30)
        ]
        issue.sections.extend(more)
    desk.reload()
    cards = page.locator("[data-section]")
    grip = cards.nth(30).locator("[data-grip]")
    # A hand takes what stands still, and trembles while it waits for the page.
    grip.hover(position={"x": 8, "y": 20})
    place = grip.bounding_box()
    assert place
    page.mouse.down()
    page.mouse.move(place["x"] + 8, 90, steps=8)
    until(lambda: pulled_to_the_top(page, place["x"] + 8))
    until(lambda: held_over_the_first(page, place["x"] + 8))
    page.mouse.up()
    until(lambda: desk.stored(1).get("title") == "Part 29")
    grip.page.locator("[data-section=s29] [data-grip]").focus()
    for _ in range(20):
        page.keyboard.press("Alt+ArrowDown")
    until(lambda: desk.stored(21).get("title") == "Part 29")
    expect(page.locator("[data-section=s29] [data-grip]")).to_be_focused()
    expect(page.locator("[data-section=s29]")).to_be_in_viewport(ratio=1)
    page.keyboard.press("/")
    page.get_by_label("Find a kind").fill("part 17")
    page.keyboard.press("Enter")
    expect(page.locator("[data-section=s17] [data-form]")).to_be_visible()
    expect(page.locator("[data-section=s17] [data-open]")).to_be_focused()
    expect(page.locator("[data-section=s17] [data-open]")).to_be_in_viewport(ratio=1)


def pulled_to_the_top(page: Page, x: float) -> bool:
    page.mouse.move(x, 90 + time.monotonic() % 2)
    return bool(page.evaluate("scrollY < 5"))


def held_over_the_first(page: Page, x: float) -> bool:
    """Whether the card has taken that place; a hand waits for it before it lets go."""
    first = page.locator("[data-pieces] > [data-section]").first
    page.mouse.move(x, first.evaluate("(card) => card.getBoundingClientRect().top") + 4 + time.monotonic() % 2)
    return first.get_attribute("data-section") == "s29"


def test_the_keyboard_does_it_all_and_says_what_it_does(workshop: Desk) -> None:
    page = workshop.page
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="What the keyboard does")
    expect(help_.get_by_text("Show this list")).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    card = workshop.open(2)
    text = card.get_by_role("textbox", name="Text · English")
    text.click(position={"x": 45, "y": 22})
    page.keyboard.type("?")
    expect(help_).to_be_hidden()
    until(lambda: "?" in workshop.stored(2)["text"])
    assert not workshop.stored(2)["text"].endswith("?</p>")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-frame]")).to_be_focused()
    expect(page.frame_locator("[data-frame]").get_by_text("Shade for all")).to_be_visible()
    assert "<br>" not in workshop.stored(2)["text"]
    card.get_by_label("Title English").first.press("Escape")
    expect(card.locator("[data-form]")).to_have_count(0)
    expect(card.locator("[data-open]")).to_be_focused()
    page.keyboard.press("Enter")
    card.locator("[data-form]").wait_for()
