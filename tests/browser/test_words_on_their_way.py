"""Words on their way: whatever the line, the page, a second tab or a colleague do meanwhile, they arrive or wait where they are found."""

from itertools import pairwise

import pytest
from playwright.sync_api import Page, Route, expect

from newsroom.clock import utc_now
from newsroom.issues import Actor, Issue
from newsroom.section_writing import FieldChange, change_section
from tests.browser.writing_desk import Desk, until

pytestmark = pytest.mark.browser
SAVING = "**/sections/*"
# The first saving of this document is never answered, and never ends.
NO_ANSWER = """() => {
    const real = window.fetch;
    window.fetch = (url, ...rest) => !window.held && /sections/.test(url) ? new Promise(() => (window.held = 1)) : real(url, ...rest);
}"""
# A document without timers: nothing happens a moment later, as when the page is closed in that moment.
TYPE_AND_LEAVE = """(words) => {
    window.setTimeout = () => 1;
    const field = document.querySelector('.piece.is-open [data-path=title]');
    field.value += words;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    location.reload();
}"""
NO_ROOM = "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
# When what was asked, by the clock of the page; and how many answers are still to come.
WATCH = """() => {
    const real = window.fetch;
    window.asked = [performance.now()];
    window.open_ = 0;
    window.fetch = async (url, options) => {
        if (/sections/.test(url)) window.asked.push(performance.now());
        window.open_ += 1;
        try { return await real(url, options); } finally { window.open_ -= 1; }
    };
}"""


def lose(route: Route) -> None:
    route.abort()


def stop_the_clock(desk: Desk) -> Page:
    """From here on the page's time passes only where the test says so: what is measured in it holds on any machine."""
    desk.page.clock.install()
    desk.reload()
    desk.page.clock.pause_at(utc_now().timestamp() + 60)
    return desk.page


def test_what_is_typed_is_on_its_way_after_half_a_second(desk: Desk) -> None:
    page = stop_the_clock(desk)
    title = desk.open().get_by_label("Title English")
    page.evaluate(WATCH)
    title.press("End")
    page.keyboard.type(" and friends")
    page.clock.run_for(499)
    assert page.evaluate("asked.length") == 1
    page.clock.run_for(1)
    assert page.evaluate("asked.length") == 2
    until(lambda: desk.stored()["title"] == "Dear colleagues and friends")


def test_somebody_who_never_pauses_is_saved_all_the_same(desk: Desk) -> None:
    page = stop_the_clock(desk)
    title = desk.open().get_by_label("Title English")
    page.evaluate(WATCH)
    title.press("End")
    for number in range(45):
        page.keyboard.type(f" {number}")
        page.clock.run_for(50)
        until(lambda: page.evaluate("open_") == 0)
    until(lambda: desk.stored()["title"].endswith(" 39"))
    moments = page.evaluate("asked")
    assert max(later - earlier for earlier, later in pairwise(moments)) <= 550
    assert len(moments) >= 4


def test_who_types_on_after_the_server_is_back_does_not_wait_for_the_next_try(desk: Desk) -> None:
    page = stop_the_clock(desk)
    card = desk.open()
    page.route(SAVING, lose)
    card.get_by_label("Title English").fill("Dear friends")
    for _ in range(12):
        page.clock.run_for(1000)
    expect(page.locator("[data-status]")).to_contain_text("kept in this browser")
    page.unroute(SAVING)
    page.clock.run_for(1100)
    with page.expect_request(SAVING):
        page.keyboard.type("!")
    until(lambda: desk.stored()["title"].startswith("Dear friends"))


def test_words_kept_by_an_earlier_visit_never_overwrite_a_colleague_unseen(desk: Desk) -> None:
    """The first try to send them fails; meanwhile the page has learnt what the colleague wrote."""
    card = desk.open()
    desk.page.context.set_offline(True)
    card.get_by_label("Title English").fill("Dear friends")
    expect(desk.page.locator("[data-status]")).to_contain_text("kept in this browser")
    context = desk.page.context
    desk.page.close()
    a_colleague_writes(desk, "Dear all")
    context.set_offline(False)
    desk.page, tries = context.new_page(), []

    def lose_the_first(route: Route) -> None:
        tries.append(route)
        return route.abort() if len(tries) == 1 else route.continue_()

    desk.page.route(SAVING, lose_the_first)
    desk.reload()
    question = desk.page.get_by_role("group", name="Two texts")
    expect(question).to_contain_text("Dear friends")
    expect(question).to_contain_text("Jonas")
    assert len(tries) == 2
    assert desk.stored()["title"] == "Dear all"


def test_a_card_opened_again_shows_the_words_that_wait(desk: Desk) -> None:
    card = desk.open()
    desk.page.route(SAVING, lose)
    card.get_by_label("Title English").fill("Dear friends")
    card.get_by_role("textbox", name="Text · English").click()
    desk.page.keyboard.type(" More soon.")
    head = card.locator("[data-open]")
    head.click()
    expect(card.locator("[data-body]")).to_be_hidden()
    head.click()
    expect(card.get_by_label("Title English")).to_have_value("Dear friends")
    expect(card.get_by_role("textbox", name="Text · English")).to_contain_text("More soon.")
    desk.page.unroute(SAVING)
    card.get_by_label("Title English").press_sequentially("!")
    until(lambda: desk.stored() == {"title": "Dear friends!", "text": "<p>Here is what happened. More soon.</p>"})


def test_what_is_typed_while_a_saving_is_under_way_survives_a_closed_page(desk: Desk) -> None:
    card = desk.open()
    desk.page.evaluate(NO_ANSWER)
    card.get_by_label("Title English").fill("Dear friends")
    until(lambda: desk.page.evaluate("window.held === 1"))
    desk.page.evaluate(TYPE_AND_LEAVE, " and neighbours")
    until(lambda: desk.stored()["title"] == "Dear friends and neighbours")
    desk.saved()
    expect(desk.page.get_by_role("group", name="Two texts")).to_have_count(0)


def test_what_two_tabs_keep_of_one_section_is_kept_of_both(desk: Desk) -> None:
    context, first = desk.page.context, desk.open()
    context.route(SAVING, lose)
    first.get_by_label("Title English").fill("From the first tab")
    expect(desk.page.locator("[data-status]")).to_contain_text("kept in this browser")
    tabs = [desk.page, context.new_page()]
    desk.page = tabs[1]
    desk.reload()
    second = desk.page.locator(".piece.is-open")
    expect(second.get_by_label("Title English")).to_have_value("From the first tab")
    second.get_by_role("textbox", name="Text · English").click()
    desk.page.keyboard.type(" From the second.")
    expect(desk.page.locator("[data-status]")).to_contain_text("kept in this browser")
    first.get_by_label("Title English").press("!")
    context.unroute_all(behavior="wait")
    for tab in tabs:
        tab.close()
    desk.page = context.new_page()
    desk.reload()
    until(lambda: desk.stored()["text"] == "<p>Here is what happened. From the second.</p>")
    until(lambda: desk.stored()["title"].strip("!") == "From the first tab")


def test_a_browser_without_room_says_so_and_asks_before_the_page_is_left(desk: Desk) -> None:
    card = desk.open()
    desk.page.evaluate(NO_ROOM)
    desk.page.route(SAVING, lose)
    card.get_by_label("Title English").press_sequentially("!")
    expect(desk.page.locator("[data-status]")).to_contain_text("no room to keep it")
    asked: list[str] = []
    desk.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    desk.page.close(run_before_unload=True)
    until(lambda: desk.page.wait_for_timeout(20) or asked == ["beforeunload"])


def a_colleague_writes(desk: Desk, title: str) -> None:
    with desk.house.database.transaction() as session:
        issue = session.get_one(Issue, desk.issue_id)
        row = issue.sections[0]
        changes = [FieldChange(path=("title", "en"), was=row.content["title"], now=title)]
        change_section(session, issue, row.uid, changes, base=row.version, by=Actor(name="Jonas"), now=utc_now())
