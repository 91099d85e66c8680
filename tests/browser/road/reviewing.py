"""Checks, review, comments, changes, sign-offs: what stands between a written issue and an approved one."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.road.people import Walker
from tests.browser.road.rich_typing import go_on_typing
from tests.browser.road.sample import FROM_SUMMER, Newsletter
from tests.browser.road.writing import saved

#: Faults of the users' own papers, as the checks tell them.
FAULTS = (
    "“background note” leads nowhere: its address is “#”.",
    "various sessions across the programme, emphasising:” ends in a colon, and nothing follows.",
    "“Submit your action” leads to localaction.example.org, which is an example and no page.",
    "The deadline, 1 October 2023, is before the send time",
    "Registration is open for a workshop that began on 8 November 2023",
    "“LRGs” is never introduced",
    "is missing in Arabic.",
)
EMPHASISED = "- that **cities** are partners from the start\n- that displacement needs local answers"
PAGE = "https://www.uclg.org/background-note"
REASON = "It stays in English: the summer letter was never translated."
LAST_REASON = "A letter of 2023, rebuilt to try the road."
COMMENT = "Say what the report is for."
ANSWER = "It now says who reads it."
WISH = "The call to action should say who reads the report."
MENDED = " They read it before the forum."


def open_review(walker: Walker) -> Locator:
    """The review page with its checks, which come after the page."""
    walker.follow("Review")
    found = walker.page.locator(".checks-found").first
    found.wait_for()
    return found


def read_the_faults(writer: Walker) -> None:
    found = open_review(writer)
    for fault in FAULTS:
        expect(found).to_contain_text(fault)
    writer.album.on_phone_too(writer.page, "checks")


def mend_the_worst(writer: Walker) -> None:
    """The link that leads nowhere, and the sentence that promises a list; each by the way to its field."""
    page = writer.page
    go_to_the_field(writer, "“background note” leads nowhere")
    field = page.locator("input:focus")
    expect(field).to_have_value("#")
    expect(field).to_be_in_viewport()
    writer.take("checks-way-to-the-field", whole=False)
    field.fill(PAGE)
    saved(writer)
    open_review(writer)
    go_to_the_field(writer, "emphasising:” ends in a colon")
    page.locator("[data-rich]:focus-within").wait_for()
    go_on_typing(page, EMPHASISED)
    saved(writer)
    writer.take("composer-rich-list", whole=False)
    found = open_review(writer)
    expect(found).not_to_contain_text("leads nowhere")
    expect(found).not_to_contain_text("emphasising:")


def go_to_the_field(writer: Walker, fault: str) -> None:
    unfolded(writer, fault).get_by_role("link", name="Go to the field").click()
    writer.page.wait_for_url("**/write#*")
    writer.page.locator(".piece.is-open [data-form]").wait_for()


def unfolded(writer: Walker, words: str) -> Locator:
    """The finding that says this, in its section, which is unfolded for it."""
    section = writer.page.locator(".found-place", has_text=words).first
    if section.get_attribute("open") is None:
        section.locator("summary").click()
    return section.locator("li", has_text=words).first


def let_pass(writer: Walker, sample: Newsletter) -> None:
    """What stays in English passes with a reason; the rest is asked about at the sign-off."""
    found = open_review(writer)
    for section in sample.sections:
        if isinstance(section.get("title"), str):
            place = found.locator(".found-place", has_text=section["title"]).first
            place.locator("summary").click()
            place.get_by_label("Let all of these pass").check()
    writer.take("checks-ticked")
    writer.page.get_by_label("Why may these pass?").fill(REASON)
    writer.press("Let the ticked ones pass")
    expect(found.locator("summary", has_text="let pass")).to_have_count(len(FROM_SUMMER))
    expect(writer.page.locator(".checks-found li.settled").first).to_contain_text(REASON)
    writer.take("checks-accepted")


def submit(writer: Walker) -> None:
    open_review(writer)
    writer.press("Submit for review")
    expect(life(writer)).to_contain_text("Waiting for Jonas")
    expect(writer.page.locator("#signoffs")).to_be_visible()  # who submits here stays here


def life(walker: Walker) -> Locator:
    """The line of states: who, when, and whom it waits for."""
    return walker.page.locator("ol.life")


def comment_and_send_back(reviewer: Walker, sample: Newsletter) -> None:
    page = reviewer.page
    open_review(reviewer)
    reviewer.album.key_page(page, "review")
    number = sample.number_of("call_to_action")
    comments = page.locator("#comments")
    about = comments.get_by_label("About")
    about.select_option(index=number)
    comments.get_by_label("Your comment").fill(COMMENT)
    comments.get_by_role("button", name="Comment", exact=True).click()
    expect(comments.locator(".said-text")).to_contain_text(COMMENT)
    page.locator(".review-more summary", has_text="Request changes").click()
    page.get_by_label("What should change?").fill(WISH)
    reviewer.take("review-request-changes", whole=False)
    reviewer.press("Send back")
    reviewer.shows(WISH)
    reviewer.take("review-sent-back")


def answer_and_mend(writer: Walker, sample: Newsletter) -> None:
    page = writer.page
    writer.menu("Notices")
    writer.album.on_phone_too(page, "notices")
    page.get_by_role("main").get_by_role("link", name=re.compile(re.escape(sample.subject["en"]))).first.click()
    writer.shows(WISH)
    writer.follow("Write")
    card = page.locator("[data-pieces] > [data-section]").nth(sample.number_of("call_to_action") - 1)
    card.locator("[data-open]").click()
    text = card.get_by_role("textbox", name="Text · English")
    text.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(MENDED)
    saved(writer)
    open_review(writer)
    thread = page.locator("#comments .thread", has_text=COMMENT)
    thread.get_by_text("Answer", exact=True).first.click()
    thread.get_by_role("textbox").fill(ANSWER)
    thread.get_by_role("button", name="Send the answer").click()
    expect(page.locator("#comments")).to_contain_text(ANSWER)
    page.locator("#comments").get_by_role("button", name="Mark as settled").click()
    writer.shows("Settled by")
    writer.take("review-answered")


def confirm_translations(writer: Walker, sample: Newsletter) -> None:
    """What was mended makes its translations stale; the writer looks at each and says that it is still right."""
    page = writer.page
    for language in ("fr", "es", "ar"):
        page.goto(re.sub(r"(/issues/\d+).*", rf"\1/languages/{language}?show=open", page.url))
        stale = page.locator("[data-state=stale]")
        expect(stale.first).to_contain_text(MENDED.strip())
        if language == "ar":
            writer.album.key_page(page, "languages-stale")
        for _ in range(stale.count()):
            stale.first.get_by_role("button", name="Still right").click()
            expect(stale.first.get_by_role("button", name="Still right")).to_have_count(0)


def sign(walker: Walker, *, picture: str) -> None:
    """Every sign-off that waits for this person; what the checks still warn of passes with a reason."""
    page = walker.page
    open_review(walker)
    walker.take(f"review-{picture}")
    page.locator("#signoffs").get_by_role("button", name="Approve", exact=True).click()
    if page.get_by_label("Why may it pass?").count():
        page.get_by_label("Why may it pass?").fill(LAST_REASON)
        walker.take(f"warnings-{picture}")
        walker.press("Approve all the same")
