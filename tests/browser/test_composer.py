"""The composer in a real browser: what is typed is saved within the second, whatever the line, the server or a colleague do meanwhile."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Route, expect
from sqlalchemy import select

from admin.accounts import User
from newsroom.clock import utc_now
from newsroom.issues import Actor, Issue
from newsroom.section_writing import FieldChange, change_section, remove_section
from tests.browser.admin_site import faults, log_in
from tests.browser.dragging import drag
from tests.browser.writing_desk import Desk, until
from tests.section_samples import a_picture

pytestmark = pytest.mark.browser


def test_what_is_typed_is_saved_and_shown_in_the_letter(desk: Desk) -> None:
    card = desk.open()
    card.get_by_label("Title English").press("End")
    desk.page.keyboard.type(" and friends", delay=30)
    until(lambda: desk.stored()["title"].endswith("and friends"))
    desk.saved()
    expect(card.locator(".piece-title")).to_have_text("Dear colleagues and friends")
    expect(desk.page.frame_locator("[data-frame]").get_by_text("Dear colleagues and friends")).to_be_visible()
    card.get_by_role("textbox", name="Text · English").click()
    desk.page.keyboard.type(" And this: ")
    desk.page.keyboard.press("Control+b")
    desk.page.keyboard.type("bold")
    desk.page.keyboard.press("Control+b")
    desk.page.keyboard.press("Enter")
    desk.page.keyboard.type("- one\ntwo")
    until(
        lambda: desk.stored()["text"].endswith(
            "<p>Here is what happened. And this: <strong>bold</strong></p><ul><li>one</li><li>two</li></ul>"
        )
    )


def test_a_translation_is_written_from_right_to_left_and_a_name_may_differ(desk: Desk) -> None:
    desk.page.get_by_role("button", name="العربية", exact=True).click()
    card = desk.open()
    title = card.get_by_label("Title العربية")
    assert title.get_attribute("dir") == "rtl"
    title.fill("أعزاءنا")
    until(lambda: desk.stored()["title"] == {"en": "Dear colleagues", "ar": "أعزاءنا"})
    expect(desk.page.frame_locator("[data-frame]").get_by_text("أعزاءنا")).to_be_visible()


def test_two_people_in_one_field_are_asked_and_nothing_is_lost(desk: Desk) -> None:
    card = desk.open()
    with desk.house.database.transaction() as session:
        issue = session.get_one(Issue, desk.issue_id)
        row = issue.sections[0]
        changes = [FieldChange(path=("title", "en"), was="Dear colleagues", now="Dear all")]
        change_section(session, issue, row.uid, changes, base=row.version, by=Actor(name="Jonas"), now=utc_now())
    title = card.get_by_label("Title English")
    title.fill("Dear friends")
    question = card.get_by_role("group", name="Two texts")
    expect(question).to_contain_text("Jonas")
    expect(question).to_contain_text("Dear all")
    assert desk.stored()["title"] == "Dear all"
    for colours in ("light", "dark"):
        desk.page.emulate_media(color_scheme=colours)
        assert faults(desk.page, ".conflict") == []
    desk.reload()
    question = desk.page.get_by_role("group", name="Two texts")
    expect(question).to_contain_text("Dear friends")
    question.get_by_role("button", name="Keep mine").click()
    until(lambda: desk.stored()["title"] == "Dear friends")
    expect(question).to_have_count(0)


def test_what_is_written_in_a_section_that_a_colleague_removes_is_not_lost(desk: Desk) -> None:
    card = desk.open()
    with desk.house.database.transaction() as session:
        issue = session.get_one(Issue, desk.issue_id)
        row = issue.sections[0]
        remove_section(session, issue, row.uid, base=row.version, by=Actor(name="Jonas"), now=utc_now())
    card.get_by_label("Title English").fill("Written all the same")
    expect(desk.page.locator("[data-toasts]")).to_contain_text("Jonas")
    assert desk.kinds() == ["update"]
    desk.page.get_by_role("button", name="Bring it back").click()
    until(lambda: desk.kinds() == ["welcome", "update"] and desk.stored()["title"] == "Written all the same")


def test_a_lost_line_and_a_closed_page_lose_nothing(desk: Desk) -> None:
    card = desk.open()
    context = desk.page.context
    context.set_offline(True)
    card.get_by_label("Title English").fill("Written on a train")
    expect(desk.page.locator("[data-status]")).to_contain_text("kept in this browser")
    desk.page.close()
    context.set_offline(False)
    desk.page = context.new_page()
    desk.reload()
    until(lambda: desk.stored()["title"] == "Written on a train")
    desk.saved()


def test_a_saving_whose_answer_was_lost_is_not_taken_for_somebody_elses(desk: Desk) -> None:
    card, lost = desk.open(), []

    def lose(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    desk.page.route("**/sections/*", lose)
    title = card.get_by_label("Title English")
    title.fill("Dear all, once")
    until(lambda: desk.page.wait_for_timeout(20) or lost == [200])
    title.fill("Dear all, once and again")
    expect(desk.page.locator("[data-status]")).to_contain_text("Saved")
    assert desk.stored()["title"] == "Dear all, once and again"
    expect(card.get_by_role("group", name="Two texts")).to_have_count(0)


DROP_A_DOCUMENT = """() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['Notes'], 'notes.txt', { type: 'text/plain' }));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
}"""


def test_an_ended_log_in_moves_no_page_and_loses_nothing(desk: Desk) -> None:
    """The round of checks in the background is the first to hear of it, in the middle of a sentence."""
    page = desk.page
    card, here = desk.open(), page.url
    context: BrowserContext = page.context
    context.clear_cookies(name="newsroom_login")
    status = page.locator("[data-status]")
    with page.expect_response("**/waiting") as answer:
        page.evaluate("document.querySelector('[data-waiting-round]').dispatchEvent(new CustomEvent('arrived'))")
    assert answer.value.headers["hx-redirect"].startswith("/admin/login")
    expect(status).to_contain_text("Log in in another tab")
    card.get_by_label("Title English").fill("Written while logged out")
    page.get_by_role("button", name="Phone").click()
    page.get_by_role("button", name="Text", exact=True).click()
    expect(page.frame_locator("[data-frame]").get_by_role("link", name="Log in")).to_be_visible()
    with page.expect_response("**/documents") as refused:
        page.evaluate(DROP_A_DOCUMENT)
    assert refused.value.status == 401
    expect(page.locator("[data-documents]:not([aria-busy])")).to_be_visible()
    expect(card.get_by_label("Title English")).to_have_value("Written while logged out")
    assert page.url == here
    with context.expect_page() as opened:
        status.get_by_role("link", name="Log in").click()
    log_in(opened.value, desk.address, email_of(desk))
    page.evaluate("window.dispatchEvent(new Event('focus'))")  # back in this tab
    until(lambda: desk.stored()["title"] == "Written while logged out")
    desk.saved()
    card.get_by_label("Title English").press_sequentially(", and after")
    until(lambda: desk.stored()["title"] == "Written while logged out, and after")
    expect(page.frame_locator("[data-frame]").get_by_text("Written while logged out, and after")).to_be_visible()


def test_a_comment_written_while_logged_out_is_sent_after_the_log_in(desk: Desk) -> None:
    page = desk.page
    page.goto(f"{desk.address}/admin/issues/{desk.issue_id}/comments")
    page.context.clear_cookies(name="newsroom_login")
    words = page.get_by_label("Your comment")
    words.fill("The date is wrong.")
    page.get_by_role("button", name="Comment", exact=True).click()
    told = page.get_by_text("You are logged out")
    expect(told).to_be_visible()
    expect(words).to_have_value("The date is wrong.")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Log in").click()
    log_in(opened.value, desk.address, email_of(desk))
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(told).to_be_hidden()
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".said-text")).to_have_text("The date is wrong.")


def test_a_form_filled_in_before_lunch_and_sent_after_it_loses_nothing(desk: Desk) -> None:
    page = desk.page
    page.clock.install()
    page.goto(f"{desk.address}/admin/issues/new")
    subject = page.get_by_label("Subject")
    subject.fill("Summer on the water")
    page.context.clear_cookies(name="newsroom_login")
    page.clock.fast_forward("13:00:00")
    create = page.locator("main form button[type=submit]")
    create.click()
    told = page.get_by_text("You are logged out")
    expect(told).to_be_visible()
    expect(subject).to_have_value("Summer on the water")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Log in").click()
    log_in(opened.value, desk.address, email_of(desk))
    create.click()
    expect(page.get_by_role("heading", name="Summer on the water")).to_be_visible()


def email_of(desk: Desk) -> str:
    with desk.house.database.reading() as session:
        return session.scalars(select(User.email)).one()


def test_sections_are_added_ordered_and_removed_by_keyboard_and_mouse(desk: Desk) -> None:
    page = desk.page
    page.keyboard.press("/")
    palette = page.get_by_role("dialog", name="What do you want to write?")
    palette.get_by_label("Find a kind").fill("work")
    page.keyboard.press("Enter")
    until(lambda: desk.kinds() == ["welcome", "update", "workshop"])
    expect(page.locator(".piece.is-open").get_by_label("Title English")).to_be_focused()
    page.keyboard.type("A working day")
    until(lambda: desk.stored(3).get("title") == "A working day")
    grip = page.locator("[data-section]").nth(3).get_by_role("button", name="Move this section")
    grip.focus()
    page.keyboard.press("Alt+ArrowUp")
    until(lambda: desk.kinds() == ["welcome", "workshop", "update"])
    page.locator("[data-section]").nth(2).locator("[data-open]").click()
    page.evaluate("scrollTo(0, 0)")
    cards = page.locator("[data-section]")
    drag(cards.nth(2), cards.nth(2).locator("[data-grip]"), cards.nth(1))
    until(lambda: desk.kinds() == ["workshop", "welcome", "update"])
    toasts = page.locator("[data-toasts]")
    toasts.get_by_role("button", name="Undo").click()
    until(lambda: desk.kinds() == ["welcome", "workshop", "update"])
    expect(page.locator("[data-section]").nth(2).locator("[data-open]")).to_be_focused()
    page.locator("[data-section]").nth(2).locator("[data-grip]").press("Alt+ArrowUp")
    until(lambda: desk.kinds() == ["workshop", "welcome", "update"])
    first = page.locator("[data-section]").nth(1)
    first.get_by_role("button", name="More for this section").click()
    first.get_by_role("button", name="Duplicate").click()
    until(lambda: desk.kinds() == ["workshop", "workshop", "welcome", "update"])
    first.get_by_role("button", name="More for this section").click()
    first.get_by_role("button", name="Remove").click()
    until(lambda: desk.kinds() == ["workshop", "welcome", "update"])
    page.get_by_role("button", name="Undo").click()
    until(lambda: desk.kinds() == ["workshop", "workshop", "welcome", "update"])


def test_a_workshop_is_written_with_its_sessions_programme_and_lists(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("button", name="Add a section").first.click()
    page.get_by_role("button", name="Workshop").click()
    until(lambda: len(desk.kinds()) == 3)
    card = page.locator(".piece.is-open")
    card.get_by_label("Title English").fill("Streets for all")
    card.get_by_label("How to say when").select_option("sessions")
    card.get_by_label("Starts").fill("2027-06-28T09:30")
    card.get_by_label("Ends").fill("2027-06-28T16:30")
    card.get_by_label("Time zone").fill("Europe/Madrid")
    expect(card.locator("[data-offset]")).to_have_text("Europe/Madrid: UTC+2 on June 28, 2027")
    card.get_by_label("Format").select_option("hybrid")
    card.get_by_role("button", name="Add an organiser").click()
    page.keyboard.type("City of Lindholm\nLeague of Towns")
    card.get_by_role("button", name="Add a line").click()
    agenda = card.locator(".rows-of-agenda")
    agenda.get_by_label("From").fill("09:30")
    agenda.get_by_label("Title English").fill("Welcome")
    card.get_by_role("button", name="Add a line").click()
    agenda.get_by_label("Title English").nth(1).fill("Round one")
    agenda.get_by_role("button", name="Move up").nth(1).click()
    agenda.get_by_role("button", name="Take out").nth(1).click()
    page.get_by_role("button", name="Undo").click()
    card.get_by_label("Climate").check()
    expected = {
        "title": "Streets for all", "timezone": "Europe/Madrid", "format": "hybrid", "organisers": ["City of Lindholm", "League of Towns"],
        "when": {"sessions": [{"starts_at": "2027-06-28T09:30", "ends_at": "2027-06-28T16:30"}]},
        "agenda": [{"title": "Round one"}, {"starts": "09:30", "title": "Welcome"}], "topics": ["climate"],
    }  # fmt: skip
    desk.saved()
    until(lambda: desk.stored(3) == expected)
    expect(page.frame_locator("[data-frame]").get_by_text("Streets for all")).to_be_visible()


GREAT_FILE = """(input) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(40_000_000)], 'huge.jpg', { type: 'image/jpeg' }));
    input.files = data.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
}"""


def test_pictures_are_uploaded_refused_in_words_and_chosen_again(desk: Desk) -> None:
    card = desk.open()
    upload = card.locator("[data-upload]")
    upload.set_input_files({"name": "map.svg", "mimeType": "image/svg+xml", "buffer": b"<svg onload='alert(1)'/>"})
    expect(card.get_by_role("alert")).to_contain_text("SVG")
    upload.evaluate(GREAT_FILE)
    expect(card.get_by_role("alert")).to_contain_text("too large")
    upload.set_input_files({"name": "harbour.png", "mimeType": "image/png", "buffer": a_picture(size=(1600, 900))})
    until(lambda: "file" in desk.stored().get("image", {}))
    card.get_by_label("What the picture shows English").fill("Boats at dawn")
    until(lambda: desk.stored()["image"].get("alt") == "Boats at dawn")
    name = desk.stored()["image"]["file"]
    card.get_by_role("button", name="Take out").click()
    until(lambda: "file" not in desk.stored().get("image", {}))
    card.get_by_role("button", name="From the library").click()
    desk.page.get_by_role("dialog", name="Choose a picture").get_by_role("button", name="harbour.png").click()
    until(lambda: desk.stored().get("image", {}).get("file") == name)


PASTES = Path(__file__).parent.parent / "pastes"
PASTE = """([html, text, repeat]) => {
    const data = new DataTransfer();
    data.setData('text/html', html.replace('<style>', '<style>' + 'p {mso-style-name: x} '.repeat(repeat)));
    data.setData('text/plain', text);
    const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
    document.activeElement.dispatchEvent(event);
}"""


def paste(desk: Desk, html: str, text: str = "text", *, repeat: int = 0) -> None:
    """Over everything that stands in the text of the first section; a style may be repeated to megabytes."""
    desk.page.get_by_role("textbox", name="Text · English").click()
    desk.page.keyboard.press("Control+a")
    desk.page.evaluate(PASTE, [html, text, repeat])


def test_what_is_pasted_arrives_clean_with_its_lists(desk: Desk) -> None:
    desk.open()
    for path in sorted(PASTES.glob("*.expected.html")):
        paste(desk, path.with_name(path.name.replace(".expected", "")).read_text("utf-8"))
        expected = path.read_text("utf-8").strip()
        until(lambda expected=expected: desk.stored().get("text") == expected)  # type: ignore[misc]
    paste(desk, "<style>p {mso-style-name: x}</style><p class=MsoNormal>Kept.</p>", repeat=240_000)
    until(lambda: desk.stored().get("text") == "<p>Kept.</p>")
    paste(desk, "<p>too long</p>", "x" * 100_001)
    expect(desk.page.locator("[data-toasts]")).to_contain_text("too long to paste")
    assert desk.stored()["text"] == "<p>Kept.</p>"


def test_who_goes_on_while_their_words_are_saved_is_not_asked_about_them(desk: Desk) -> None:
    """A slow answer: the next item is added while the words of the first are on their way."""
    page = desk.page
    page.get_by_role("button", name="Add a section").first.click()
    page.get_by_role("button", name="Other news").click()
    until(lambda: len(desk.kinds()) == 3)
    card = page.locator(".piece.is-open")
    add = card.get_by_role("button", name="Add an item")
    add.click()
    desk.saved()
    held: list[Route] = []
    page.route("**/sections/*", lambda route: route.continue_() if held else held.append(route))
    card.get_by_role("textbox", name="Text · English").click()
    with page.expect_request("**/sections/*"):
        page.keyboard.insert_text("The working group met")
    add.click()
    card.get_by_role("textbox", name="Text · English").nth(1).click()
    page.keyboard.insert_text("The fund has money")
    held[0].continue_()
    desk.saved()
    until(lambda: desk.stored(3) == {"items": [{"text": "<p>The working group met</p>"}, {"text": "<p>The fund has money</p>"}]})
    expect(card.get_by_role("group", name="Two texts")).to_have_count(0)


def test_words_typed_behind_a_link_are_no_part_of_it(desk: Desk) -> None:
    card = desk.open()
    card.get_by_role("textbox", name="Text · English").click()
    page = desk.page
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("Read the plan")
    for _ in "plan":
        page.keyboard.press("Shift+ArrowLeft")
    card.get_by_role("button", name="Link", exact=True).click()
    page.get_by_label("Address of the link").fill("www.uclg.org/plan")
    page.evaluate("window.requestAnimationFrame = (draw) => setTimeout(draw, 500)")  # a busy machine
    page.keyboard.press("Enter")
    page.keyboard.type(" today.")
    until(lambda: desk.stored()["text"] == '<p>Read the <a href="https://www.uclg.org/plan">plan</a> today.</p>')


def test_words_that_nobody_came_back_for_leave_a_shared_browser_after_two_months(desk: Desk) -> None:
    """Words of others, that only they could send: of an older visit, of a newer one, of before they were dated, and no words at all."""
    desk.page.evaluate(
        """() => {
            const ago = (days) => Date.now() - days * 24 * 60 * 60 * 1000, change = [{ path: ["title", "en"], was: "", now: "Budget" }];
            const kept = { old: { changes: change, at: ago(61) }, newer: { changes: change, at: ago(59) }, undated: { changes: change } };
            for (const [name, value] of Object.entries(kept)) localStorage.setItem(`newsroom.kept.99.7.${name}`, JSON.stringify(value));
            localStorage.setItem("newsroom.kept.99.7.broken", "{");
        }"""
    )
    desk.reload()
    left = "Object.keys(localStorage).filter((name) => name.startsWith('newsroom.kept.99.')).map((name) => name.split('.').at(-1)).sort()"
    until(lambda: desk.page.evaluate(left) == ["newer", "undated"])
    assert desk.page.evaluate("JSON.parse(localStorage.getItem('newsroom.kept.99.7.undated')).at > 0")


def test_words_that_a_full_browser_cannot_date_are_not_thrown_away(desk: Desk) -> None:
    desk.page.evaluate(
        "localStorage.setItem('newsroom.kept.99.7.undated', '{\"changes\": [1]}'); localStorage.setItem('newsroom.kept.99.7.broken', '{')"
    )
    desk.page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }")
    desk.reload()
    until(lambda: desk.page.evaluate("localStorage.getItem('newsroom.kept.99.7.broken')") is None)
    assert desk.page.evaluate("localStorage.getItem('newsroom.kept.99.7.undated')") == '{"changes": [1]}'
