"""Issues in the admin: seen, moved along their life, previewed, sent, rehearsed, tested."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text, update

from admin.previews import CLIPPED_ABOVE
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.house import House, open_house
from newsroom.issues import ISSUE_LIFECYCLE, Issue, IssueEvent
from newsroom.settings import Settings
from tests.conftest import NOON
from tests.factories import PLAIN_SECTIONS, a_delivery, a_list, a_subscriber, a_user, an_issue
from tests.staff import Staff, somebody, with_relay

NASTY = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>"
TWO = {"en": "Spring letter", "fr": "Lettre de printemps"}


def make_issue(house: House, state: str = "draft", **facts: Any) -> Issue:
    with house.database.transaction() as session:
        mailing_list = a_list(session, languages=facts.pop("languages", ["en"]), timezone="Europe/Madrid", **facts.pop("list_facts", {}))
        return an_issue(session, mailing_list, state=state, house=house, **facts)


def state_of(house: House, issue: Issue) -> str:
    with house.database.reading() as session:
        return session.get_one(Issue, issue.id).state


def test_without_a_list_the_first_step_is_to_make_one(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house)
    page = staff.get("/admin/issues").text
    assert "First, a list" in page
    assert "/admin/lists/new" in page


def test_without_an_issue_the_page_says_how_one_comes_in(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        a_list(session)
    staff, _ = somebody(sqlite_house)
    assert "Write the first issue" in staff.get("/admin/issues").text


def test_issues_are_shown_by_list_and_by_state(house: House) -> None:
    with house.database.transaction() as session:
        rivers, hills = a_list(session, slug="rivers"), a_list(session, slug="hills")
        an_issue(session, rivers, subject="By the river")
        an_issue(session, hills, subject="In the hills", state="in_review")
    staff, _ = somebody(house)
    both = staff.get("/admin/issues").text
    assert "By the river" in both
    assert "In the hills" in both
    assert "By the river" not in staff.get("/admin/issues?list=hills").text
    assert "In the hills" not in staff.get("/admin/issues?group=writing").text


def test_older_issues_are_a_page_further(house: House) -> None:
    with house.database.transaction() as session:
        mailing_list = a_list(session, slug="rivers")
        for number in range(35):
            an_issue(session, mailing_list, slug=f"n-{number}", subject=f"Letter number {number}.")
    staff, _ = somebody(house)
    first = staff.get("/admin/issues").text
    assert "Letter number 34." in first
    assert "Letter number 4." not in first
    assert "before=6" in first
    assert "Letter number 4." in staff.get("/admin/issues?before=6").text


def test_an_issue_shows_its_letter_and_its_sections(house: House) -> None:
    issue = make_issue(house, subject="What cities did", preview_text="Seven cities")
    staff, _ = somebody(house)
    page = staff.get(f"/admin/issues/{issue.id}").text
    assert "The river festival returns" in page
    assert "Seven cities" in page
    assert "of 102 KB" in page
    letter = staff.get(f"/admin/issues/{issue.id}/preview/en/letter")
    assert "Seven cities met by the water." in letter.text
    assert "Seven cities met by the water." in staff.get(f"/admin/issues/{issue.id}/preview/en/text").text
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in staff.get(f"/admin/issues/{issue.id}/preview/en/source").text


def test_a_preview_runs_no_scripts_and_stays_inside_our_frames(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house)
    staff, _ = somebody(sqlite_house)
    policy = staff.get(f"/admin/issues/{issue.id}/preview/en/letter").headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "script" not in policy
    assert "frame-ancestors 'self'" in policy


def test_an_approved_issue_is_previewed_as_it_was_approved(house: House) -> None:
    issue = make_issue(house, "approved", subject="The approved subject")
    with house.database.transaction() as session:
        session.execute(update(Issue).where(Issue.id == issue.id).values(subject="Changed behind its back"))
    staff, _ = somebody(house)
    assert "The approved subject" in staff.get(f"/admin/issues/{issue.id}/preview/en/source").text


BROKEN = [("quote", {"text": "<p>[[ nonsense | you ]]</p>"}), ("carousel", {"title": "x"}), ("update", {"titel": "x"})]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_draft_is_shown_without_what_is_not_finished_and_says_so(sqlite_house: House, broken: tuple[str, dict[str, str]]) -> None:
    issue = make_issue(sqlite_house, sections=[*PLAIN_SECTIONS, broken])
    staff, _ = somebody(sqlite_house)
    page = staff.get(f"/admin/issues/{issue.id}")
    assert "Section <bdi>3</bdi> is not finished" in page.text
    assert page.text.count('<li class="faulty">') == 1
    assert "The river festival returns" in staff.get(f"/admin/issues/{issue.id}/preview/en/letter").text


@pytest.mark.parametrize("broken", BROKEN)
def test_what_cannot_be_made_into_a_letter_is_told_with_its_section(sqlite_house: House, broken: tuple[str, dict[str, str]]) -> None:
    issue = make_issue(sqlite_house, "in_review", sections=[*PLAIN_SECTIONS, broken])
    staff, _ = somebody(sqlite_house)
    page = staff.get(f"/admin/issues/{issue.id}")
    assert page.status_code == 200
    assert "cannot be made yet" in page.text
    assert "Section 3" in page.text
    assert page.text.count('<li class="faulty">') == 1
    assert staff.get(f"/admin/issues/{issue.id}/preview/en/letter").status_code == 404
    for action, form in (("rehearse", {}), ("test", {"language": "en", "addresses": "a@example.org"})):
        answer = staff.post(f"/admin/issues/{issue.id}/{action}", **form)
        told = answer.text if answer.status_code == 422 else staff.get(answer.location).text
        assert "Section 3" in told
    assert staff.rung == []


def test_a_letter_that_gmail_would_cut_is_told_so(sqlite_house: House) -> None:
    long_text = "<p>" + "A very long report of what happened. " * (CLIPPED_ABOVE // 30) + "</p>"
    issue = make_issue(sqlite_house, sections=[("text", {"text": long_text})])
    staff, _ = somebody(sqlite_house)
    assert "Gmail will cut this letter off" in staff.get(f"/admin/issues/{issue.id}").text


@pytest.mark.parametrize(
    ("state", "action", "after"),
    [
        ("draft", "submit", "in_review"),
        ("draft", "discard", "discarded"),
        ("in_review", "recall", "draft"),
        ("in_review", "approve", "approved"),
        ("in_review", "cancel", "cancelled"),
        ("approved", "reopen", "draft"),
        ("approved", "cancel", "cancelled"),
        ("scheduled", "unschedule", "approved"),
        ("sending", "pause", "paused"),
        ("paused", "resume", "sending"),
        ("paused", "cancel", "cancelled"),
    ],
)
def test_an_issue_is_moved_along_its_life(sqlite_house: House, state: str, action: str, after: str) -> None:
    issue = make_issue(sqlite_house, state)
    staff, _user = somebody(with_relay(sqlite_house), name="Amina")
    page = f"/admin/issues/{issue.id}"
    assert staff.post(f"{page}/{action}").location == page
    assert state_of(sqlite_house, issue) == after
    with sqlite_house.database.reading() as session:
        last = session.scalars(select(IssueEvent).order_by(IssueEvent.id.desc())).first()
        assert last is not None
        assert (last.action, last.actor) == (action, "Amina")


@pytest.mark.parametrize("action", ["unschedule", "reopen"])
def test_a_time_that_no_longer_counts_is_told_until_it_is_given_anew(sqlite_house: House, action: str) -> None:
    issue = make_issue(sqlite_house, "scheduled")
    with sqlite_house.database.transaction() as session:
        session.get_one(Issue, issue.id).scheduled_at = datetime(2099, 3, 2, 12, 0, tzinfo=UTC)
    staff, _user = somebody(with_relay(sqlite_house))
    page = f"/admin/issues/{issue.id}"
    assert "It was planned for" not in staff.get(page).text
    staff.post(f"{page}/{action}")
    assert "It was planned for <bdi>Monday 2 March 2099, 13:00 (CET)</bdi>. Nothing goes out then unless" in staff.get(page).text


def test_an_issue_that_is_still_approved_is_not_said_to_need_another_approval(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house, "scheduled")
    with sqlite_house.database.transaction() as session:
        session.get_one(Issue, issue.id).scheduled_at = datetime(2099, 3, 2, 12, 0, tzinfo=UTC)
    staff, _user = somebody(with_relay(sqlite_house))
    page = f"/admin/issues/{issue.id}"
    staff.post(f"{page}/unschedule")
    assert "Nothing goes out then unless it is scheduled again." in staff.get(page).text
    staff.post(f"{page}/reopen")
    assert "Nothing goes out then unless it is approved and scheduled again." in staff.get(page).text


def test_the_end_of_a_hold_that_was_undone_is_told_as_nobodys_plan(house: House) -> None:
    issue = make_issue(house, "approved")
    staff, _user = somebody(with_relay(house))
    staff.post(f"/admin/issues/{issue.id}/send")
    staff.post(f"/admin/issues/{issue.id}/unschedule")
    assert state_of(house, issue) == "approved"
    assert "It was planned for" not in staff.get(f"/admin/issues/{issue.id}").text


def going_out(house: House, state: str, **letters: int) -> Issue:
    """An issue in this state with so many letters in each of theirs."""
    issue = make_issue(house, "approved")
    with house.database.transaction() as session:
        found = session.get_one(Issue, issue.id)
        found.state, found.started_at, found.audience = state, NOON, sum(letters.values())
        for name, number in letters.items():
            for _ in range(number):
                a_delivery(session, found, state=name)
    return issue


@pytest.mark.parametrize("state", ["sending", "paused", "sent", "cancelled"])
def test_who_was_left_out_or_refused_is_not_counted_as_handed_over(sqlite_house: House, state: str) -> None:
    issue = going_out(sqlite_house, state, accepted=2, failed=1, suppressed=1)
    staff, _user = somebody(with_relay(sqlite_house))
    for page in (f"/admin/issues/{issue.id}", "/admin/issues"):
        words = staff.get(page).text
        assert "2 of 4 handed over" in words, page
        assert "of 4 done" not in words
        assert "4 people" not in words


def test_whoever_cancels_reads_how_many_have_the_letter_and_may_pause_instead(sqlite_house: House) -> None:
    issue = going_out(sqlite_house, "sending", accepted=2, queued=1, deferred=1)
    staff, _user = somebody(with_relay(sqlite_house))
    page = staff.get(f"/admin/issues/{issue.id}/stop/cancel").text
    assert "2 of 4 have it; 2 wait and will not get it." in page
    assert f'action="/admin/issues/{issue.id}/pause"' in page


def test_whoever_cancels_what_has_not_begun_reads_that_nobody_has_it(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house, "approved")
    staff, _user = somebody(with_relay(sqlite_house))
    page = staff.get(f"/admin/issues/{issue.id}/stop/cancel").text
    assert "Nobody has this letter yet, and nobody will get it." in page
    assert f'action="/admin/issues/{issue.id}/pause"' not in page


def test_of_a_time_that_has_passed_nothing_is_said(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house, "scheduled")
    staff, _user = somebody(with_relay(sqlite_house))
    staff.post(f"/admin/issues/{issue.id}/unschedule")
    assert "It was planned for" not in staff.get(f"/admin/issues/{issue.id}").text


@pytest.mark.parametrize("state", sorted(ISSUE_LIFECYCLE.states - {"starting"}))
def test_only_the_ways_of_the_state_are_offered(sqlite_house: House, state: str) -> None:
    issue = make_issue(sqlite_house, state)
    staff, _ = somebody(sqlite_house)
    page = staff.get(f"/admin/issues/{issue.id}").text
    for action in ("submit", "recall", "approve", "reopen", "unschedule", "pause", "resume"):
        assert (f'action="/admin/issues/{issue.id}/{action}"' in page) == (action in ISSUE_LIFECYCLE.ways(state)), action


def test_a_move_that_is_not_possible_is_refused_with_a_sentence(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house)
    staff, _ = somebody(sqlite_house)
    answer = staff.post(f"/admin/issues/{issue.id}/approve")
    assert "The issue is draft, so this is not possible now: approve." in staff.get(answer.location).text
    assert state_of(sqlite_house, issue) == "draft"


def test_changes_are_asked_for_with_words(house: House) -> None:
    issue = make_issue(house, "in_review")
    staff, _ = somebody(house)
    path = f"/admin/issues/{issue.id}/request-changes"
    assert "Say what should change" in staff.get(staff.post(path, reason="  ").location).text
    staff.post(path, reason="The date is wrong.")
    assert state_of(house, issue) == "draft"
    with house.database.reading() as session:
        details = session.scalars(select(IssueEvent.detail).where(IssueEvent.action == "request_changes")).all()
    assert details == ["The date is wrong."]


def test_nobody_approves_what_they_wrote_when_somebody_else_could(house: House) -> None:
    issue = make_issue(house, "in_review")
    staff, user = somebody(house, "publisher", name="Amina")
    with house.database.transaction() as session:
        for section in session.get_one(Issue, issue.id).sections:
            section.updated_by = user.id
        a_user(session, role="publisher")
    answer = staff.post(f"/admin/issues/{issue.id}/approve")
    assert "somebody else approves what one wrote" in staff.get(answer.location).text
    assert state_of(house, issue) == "in_review"


def test_sending_asks_first_with_the_number_of_people_per_language(house: House) -> None:
    with house.database.transaction() as session:
        mailing_list = a_list(session, languages=["en", "fr"])
        issue = an_issue(session, mailing_list, subject=TWO, state="approved", house=house)
        for language in ("en", "en", "fr"):
            a_subscriber(session, house, mailing_list, language=language)
        a_subscriber(session, house, mailing_list, consent="withdrawn")
    staff, _ = somebody(with_relay(house))
    page = staff.get(f"/admin/issues/{issue.id}/send").text
    assert "Send to 3 people" in page
    assert "1 withdrew their consent" in page


def test_nobody_is_told_a_greater_number_than_will_get_it(house: House) -> None:
    """Who chose topics, and none of this issue's, gets no letter of it."""
    with house.database.transaction() as session:
        rivers = a_list(session, topics=("water", "roads"))
        sections = [("update", {"title": "High water", "text": "<p>It rose.</p>", "topics": ["water"]})]
        issue = an_issue(session, rivers, sections=sections, state="approved", house=house)
        for topics in (None, ("water",), ("roads",)):
            a_subscriber(session, house, rivers, topics=topics)
    staff, _ = somebody(with_relay(house))
    page = staff.get(f"/admin/issues/{issue.id}/send").text
    assert "Send to 2 people" in page
    assert "1 chose topics, and none of this issue’s" in page


def test_sending_schedules_now_and_rings(house: House) -> None:
    issue = make_issue(house, "approved")
    staff, _ = somebody(with_relay(house))
    staff.post(f"/admin/issues/{issue.id}/send")
    assert state_of(house, issue) == "scheduled"
    assert staff.rung == [issue.id]


def test_without_a_mail_server_nothing_is_sent_and_rehearsing_is_offered(house: House) -> None:
    issue = make_issue(house, "approved")
    staff, _ = somebody(house)
    page = staff.get(f"/admin/issues/{issue.id}").text
    assert "No mail server is set up" in page
    assert f"/admin/issues/{issue.id}/send" not in page
    answer = staff.post(f"/admin/issues/{issue.id}/send")
    assert "Rehearse the issue instead" in staff.get(answer.location).text
    assert (state_of(house, issue), staff.rung) == ("approved", [])


def test_a_draft_cannot_be_sent(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house)
    staff, _ = somebody(with_relay(sqlite_house))
    answer = staff.post(f"/admin/issues/{issue.id}/send")
    assert "this is not possible now: schedule" in staff.get(answer.location).text
    assert staff.rung == []


def test_a_rehearsal_makes_everybodys_letter_and_rings(house: House) -> None:
    with house.database.transaction() as session:
        mailing_list = a_list(session)
        issue = an_issue(session, mailing_list)
        for _ in range(3):
            a_subscriber(session, house, mailing_list)
    staff, _ = somebody(house)
    answer = staff.post(f"/admin/issues/{issue.id}/rehearse")
    assert "Rehearsing with 3 people" in staff.get(answer.location).text
    assert staff.rung == [issue.id]
    with house.database.reading() as session:
        assert session.scalars(select(Delivery.kind)).all() == ["rehearsal"] * 3
    assert state_of(house, issue) == "draft"


def test_a_test_letter_goes_to_the_addresses_given(house: House) -> None:
    issue = make_issue(house, languages=["en", "fr"], subject=TWO)
    staff, user = somebody(house)
    assert user.email in staff.get(f"/admin/issues/{issue.id}/test").text
    answer = staff.post(f"/admin/issues/{issue.id}/test", language="fr", addresses="a@example.org, b@example.org\nc@example.org")
    assert answer.status_code == 302
    with house.database.reading() as session:
        found = session.execute(select(Delivery.kind, Delivery.address, Delivery.language).order_by(Delivery.id)).all()
    assert [tuple(row) for row in found] == [("test", f"{name}@example.org", "fr") for name in "abc"]
    assert staff.rung == [issue.id]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"language": "en", "addresses": ""}, "Give one to 10 addresses"),
        ({"language": "xx", "addresses": "a@example.org"}, "Choose one of"),
        ({"language": "en", "addresses": "not-an-address"}, "is not an e-mail address"),
        ({"language": "en", "addresses": " ".join(f"a{n}@example.org" for n in range(11))}, "Give one to 10 addresses"),
    ],
)
def test_a_wrong_test_form_says_what_is_wrong_and_sends_nothing(house: House, form: dict[str, str], sentence: str) -> None:
    issue = make_issue(house)
    staff, _ = somebody(house)
    answer = staff.post(f"/admin/issues/{issue.id}/test", **form)
    assert answer.status_code == 422
    assert sentence in answer.text
    with house.database.reading() as session:
        assert session.scalars(select(Delivery.id)).all() == []


def test_an_author_cannot_write_to_strangers_by_the_hundred(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house)
    staff, _ = somebody(sqlite_house, "author")
    other, _ = somebody(sqlite_house, "author")
    ten = "\n".join(f"stranger{n}@example.org" for n in range(10))
    answers = [staff.post(f"/admin/issues/{issue.id}/test", language="en", addresses=ten) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [302] * 6 + [422]
    assert "60 is the most" in answers[-1].text
    assert other.post(f"/admin/issues/{issue.id}/test", language="en", addresses=ten).status_code == 302
    with sqlite_house.database.transaction() as session:
        assert session.scalar(select(func.count(Delivery.id))) == 70
        session.execute(update(IssueEvent).values(at=NOON))
    assert staff.post(f"/admin/issues/{issue.id}/test", language="en", addresses=ten).status_code == 302


def test_progress_counts_in_the_words_of_the_trade_and_polls_only_while_it_moves(house: House) -> None:
    issue = make_issue(house, "sending")
    with house.database.transaction() as session:
        for state in ("accepted", "accepted", "queued", "uncertain"):
            a_delivery(session, session.get_one(Issue, issue.id), state=state)
        session.execute(update(Issue).where(Issue.id == issue.id).values(audience=4))
    staff, _ = somebody(house)
    path = f"/admin/issues/{issue.id}/progress/issue"
    panel = staff.get(path).text
    assert "2 of 4 handed over" in panel
    assert "Handed to the mail server" in panel
    assert "elivered" not in panel
    assert 'hx-trigger="every 2s"' in panel
    with house.database.transaction() as session:
        session.execute(update(Issue).where(Issue.id == issue.id).values(state="sent"))
    over = staff.get(f"{path}?was=sending")
    assert "every 2s" not in over.text
    assert over.headers["HX-Refresh"] == "true"


def test_who_got_it_is_filtered_by_state_and_downloaded(house: House) -> None:
    issue = make_issue(house, "sending")
    with house.database.transaction() as session:
        found = session.get_one(Issue, issue.id)
        a_delivery(session, found, address="good@example.org", reply_code=250)
        a_delivery(session, found, state="failed", address="bad@example.org", reply_code=550, reply="=cmd|' /C calc'!A0")
    staff, _ = somebody(house)
    page = staff.get(f"/admin/issues/{issue.id}/deliveries?state=failed").text
    assert "bad@example.org" in page
    assert "good@example.org" not in page
    download = staff.get(f"/admin/issues/{issue.id}/deliveries.csv")
    assert download.mimetype == "text/csv"
    lines = download.text.removeprefix("\ufeff").splitlines()
    assert lines[0].startswith("email,state,language,reply_code,enhanced_status,reply")
    assert len(lines) == 3
    assert ",=cmd" not in download.text


def test_many_deliveries_are_read_page_by_page(house: House) -> None:
    issue = make_issue(house, "sending")
    with house.database.transaction() as session:
        for number in range(60):
            a_delivery(session, session.get_one(Issue, issue.id), address=f"person{number:02}@example.org")
    staff, _ = somebody(house)
    first = staff.get(f"/admin/issues/{issue.id}/deliveries").text
    assert "person49@" in first
    assert "person50@" not in first
    more = re.findall(r'href="([^"]*after=[^"]*)"', first)[-1].replace("&amp;", "&")
    assert "person50@" in staff.get(more).text


@pytest.mark.postgresql
@pytest.mark.parametrize("code", ["40P01", "40001"])
def test_a_cancel_that_the_database_breaks_off_says_to_try_again(postgresql_settings: Settings, code: str) -> None:
    house = open_house(postgresql_settings)
    issue = make_issue(house, "approved")
    staff, _ = somebody(house)
    staff.app.config["PROPAGATE_EXCEPTIONS"] = False
    raising = f"CREATE FUNCTION busy() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'busy' USING ERRCODE = '{code}'; END $$ LANGUAGE plpgsql"
    with house.database.engine.begin() as connection:
        connection.execute(text(raising))
        connection.execute(text("CREATE TRIGGER busy BEFORE UPDATE ON issues FOR EACH ROW EXECUTE FUNCTION busy()"))
    answer = staff.post(f"/admin/issues/{issue.id}/cancel")
    assert answer.status_code == 503
    assert "The database was busy with the same letters: nothing was changed. Try again." in answer.text
    with house.database.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER busy ON issues"))
    assert staff.post(f"/admin/issues/{issue.id}/cancel").status_code == 302
    assert state_of(house, issue) == "cancelled"
    house.database.close()


@pytest.mark.parametrize(
    "path",
    [
        "/admin/issues",
        "/admin/issues/{}",
        "/admin/issues/{}/send",
        "/admin/issues/{}/test",
        "/admin/issues/{}/deliveries",
        "/admin/issues/{}/stop/cancel",
        "/admin/lists",
        "/admin/subscribers",
        "/admin/issues/{}/review",
    ],
)
def test_nothing_that_people_typed_becomes_markup(sqlite_house: House, path: str) -> None:
    house = with_relay(sqlite_house)
    with house.database.transaction() as session:
        mailing_list = a_list(session, title=NASTY, from_name=NASTY)
        issue = an_issue(
            session, mailing_list, subject=NASTY, preview_text=NASTY, sections=[("update", {"title": NASTY, "text": "<p>x</p>"})],
            state="approved", house=house,
        )  # fmt: skip
        session.get_one(Issue, issue.id).notice = NASTY
        a_subscriber(session, house, mailing_list, name=NASTY)
        a_delivery(session, issue, state="failed", reply=NASTY, reason=NASTY)
        session.add(IssueEvent(issue_id=issue.id, at=NOON, action="submit", actor=NASTY))
    staff, _ = somebody(house, name=NASTY)
    page = staff.get(path.format(issue.id)).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page


def count_queries(staff: Staff, path: str) -> int:
    seen: list[str] = []
    engine = staff.house.database.engine

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    event.listen(engine, "before_cursor_execute", note)
    assert staff.get(path).status_code == 200
    event.remove(engine, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.parametrize(
    "path",
    [
        "/admin/issues",
        "/admin/issues/1",
        "/admin/issues/1/deliveries",
        "/admin/issues/1/review",
        "/admin/issues/1/comments",
        "/admin/notices",
        "/admin/outbox",
        "/admin/lists",
        "/admin/lists/rivers",
        "/admin/subscribers",
    ],
)
def test_a_page_asks_as_often_with_much_as_with_little(sqlite_house: House, path: str) -> None:
    with sqlite_house.database.transaction() as session:
        first = a_list(session, slug="rivers", topics={"one": "One"})
        issue = an_issue(session, first, state="sending", house=sqlite_house, audience=2)
        a_subscriber(session, sqlite_house, first)
        a_delivery(session, issue, relay="outbox")
    staff, _ = somebody(sqlite_house)
    staff.get(path)
    before = count_queries(staff, path)
    with sqlite_house.database.transaction() as session:
        lists = [session.merge(first), a_list(session), a_list(session)]
        for mailing_list in lists:
            for state in ("draft", "sending"):
                more = an_issue(session, mailing_list, state=state, house=sqlite_house)
                a_delivery(session, more, relay="outbox")
            for _ in range(5):
                a_subscriber(session, sqlite_house, *lists)
                a_delivery(session, session.merge(issue))
    assert count_queries(staff, path) == before


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("draft", "Waiting for its writers to submit it"),
        ("in_review", "Waiting for <bdi>administrator-"),
        ("approved", "Waiting for somebody to send it"),
        ("scheduled", "Waiting for its time, <time"),
        ("paused", "waiting for somebody to resume it"),
    ],
)
def test_the_state_line_says_what_an_issue_waits_for(sqlite_house: House, state: str, words: str) -> None:
    issue = make_issue(sqlite_house, state)
    staff, _ = somebody(sqlite_house)
    assert words in staff.get(f"/admin/issues/{issue.id}").text


def test_the_state_line_of_a_stopped_issue_ends_where_it_was_stopped(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house, "in_review")
    staff, _ = somebody(sqlite_house, name="Amina")
    staff.post(f"/admin/issues/{issue.id}/cancel")
    line = staff.get(f"/admin/issues/{issue.id}").text.split('class="life"')[1].split("</ol>")[0]
    assert line.count("<li") == 2
    assert "<strong>Cancelled</strong>" in line
    assert "Amina" in line


def test_an_author_sees_no_button_that_is_not_theirs(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house, "in_review")
    staff, _ = somebody(sqlite_house, "author")
    page = staff.get(f"/admin/issues/{issue.id}").text
    assert f'action="/admin/issues/{issue.id}/recall"' in page
    for foreign in ("approve", "request-changes", "stop/cancel"):
        assert f"/admin/issues/{issue.id}/{foreign}" not in page
    assert "/admin/subscribers" not in page


def test_titles_in_the_outline_are_words_not_marks(sqlite_house: House) -> None:
    sections = [("welcome", {"title": "Dear [[ name | friends ]],"}), ("quote", {"text": "<p>Rain &amp; shine</p>"})]
    issue = make_issue(sqlite_house, sections=sections)
    staff, _ = somebody(sqlite_house)
    outline = staff.get(f"/admin/issues/{issue.id}").text.split('class="outline"')[1]
    assert "Dear friends," in outline
    assert "Rain &amp; shine" in outline


def test_an_issue_that_is_due_is_watched_from_that_moment(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house, "scheduled")
    staff, _ = somebody(with_relay(sqlite_house))
    page = staff.get(f"/admin/issues/{issue.id}").text
    assert "Gathering its readers" in page
    assert 'hx-trigger="every 2s"' in page
    with sqlite_house.database.transaction() as session:
        session.execute(update(Issue).where(Issue.id == issue.id).values(scheduled_at=utc_now() + timedelta(days=2)))
    assert "Gathering its readers" not in staff.get(f"/admin/issues/{issue.id}").text


def test_a_paused_issue_does_not_resume_where_letters_cannot_leave(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house, "paused")
    staff, _ = somebody(sqlite_house)
    answer = staff.post(f"/admin/issues/{issue.id}/resume")
    assert "No mail server is set up" in staff.get(answer.location).text
    assert state_of(sqlite_house, issue) == "paused"


def test_nothing_goes_out_that_readers_could_not_unsubscribe_from(sqlite_house: House) -> None:
    issue = make_issue(sqlite_house, "approved")
    far = with_relay(sqlite_house, "smtp://relay.example.org:587")
    staff, _ = somebody(replace(far, settings=far.settings.model_copy(update={"public_url": "http://news.example.org"})))
    assert "Readers could not unsubscribe in one click" in staff.get(f"/admin/issues/{issue.id}/send").text
    answer = staff.post(f"/admin/issues/{issue.id}/send")
    assert "Readers could not unsubscribe in one click" in staff.get(answer.location).text
    assert state_of(sqlite_house, issue) == "approved"
