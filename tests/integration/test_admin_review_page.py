"""The sign-off page, comments, notices: what each person sees there and may do."""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from admin.accounts import User
from newsroom.clock import utc_now
from newsroom.comments import comments_of
from newsroom.deliveries import Delivery
from newsroom.given_signoffs import signoffs_of
from newsroom.house import House
from newsroom.issues import Issue
from newsroom.notices import About, Notice, tell
from tests.factories import a_list, a_subscriber, a_user, an_issue
from tests.staff import Staff, somebody


def in_review(
    house: House, *writers: User, state: str = "in_review", sections: Sequence[tuple[str, Mapping[str, Any]]] | None = None,
    **facts: Any,
) -> int:  # fmt: skip
    """An issue whose sections were last written by these, in turn; by the operator where nobody is named."""
    with house.database.transaction() as session:
        mailing_list = a_list(session, **facts)
        a_subscriber(session, house, mailing_list)
        issue = an_issue(session, mailing_list, sections=sections, state=state, house=house)
        for section, writer in zip(issue.sections, writers, strict=False):
            section.updated_by = writer.id
        return issue.id


def state_of(house: House, issue_id: int) -> str:
    with house.database.reading() as session:
        return session.get_one(Issue, issue_id).state


def told(house: House, user: User) -> list[tuple[str, bool]]:
    """What this person was told, and whether a letter says it too."""
    with house.database.reading() as session:
        found = session.scalars(select(Notice).where(Notice.user_id == user.id).order_by(Notice.id)).all()
        return [(one.says, one.delivery_id is not None) for one in found]


def said(staff: Staff, answer: Any) -> str:
    return staff.get(answer.location).text


def test_two_who_each_wrote_half_approve_together_and_see_whom_it_waits_for(house: House) -> None:
    ana_at, ana = somebody(house, "publisher", name="Ana Ruiz")
    ben_at, ben = somebody(house, "publisher", name="Ben Haddad")
    issue_id = in_review(house, ana, ben)
    path = f"/admin/issues/{issue_id}"
    assert "Waiting for <bdi>Ana Ruiz and Ben Haddad</bdi>" in ana_at.get(f"{path}/review").text
    page = said(ana_at, ana_at.post(f"{path}/sign", page=f"{path}/review"))
    assert "Signed. It still waits for Ben Haddad." in page
    assert "Not yet covered: section 1" in page
    assert "Nothing here waits for you" in page
    assert "Waiting for <bdi>Ben Haddad</bdi>" in ben_at.get(path).text
    assert "Approved: exactly these letters will go out." in said(ben_at, ben_at.post(f"{path}/approve", page=f"{path}/review"))
    assert state_of(house, issue_id) == "approved"


def test_what_was_changed_since_the_page_was_opened_is_not_signed(house: House) -> None:
    staff, _ = somebody(house, "publisher")
    issue_id = in_review(house)
    answer = staff.post(f"/admin/issues/{issue_id}/sign", seen="2020-01-01T00:00:00+00:00")
    assert "changed while your page was open" in said(staff, answer)
    assert state_of(house, issue_id) == "in_review"


def test_whoever_must_act_is_told_in_the_admin_and_by_mail_and_nobody_else(house: House) -> None:
    author_at, author = somebody(house, "author", name="Ana")
    publisher_at, publisher = somebody(house, "publisher", name="Ben")
    _, quiet = somebody(house, "publisher", name="Chloé")
    _, stranger = somebody(house, "publisher", all_lists=False)
    with house.database.transaction() as session:
        session.get_one(User, quiet.id).notices_by_mail = False
    issue_id = in_review(house, author, state="draft")
    path = f"/admin/issues/{issue_id}"
    assert author_at.post(f"{path}/submit?back=review").location == f"{path}/review", "who submits on this page stays there"
    assert told(house, publisher) == [("review_wanted", True)]
    assert told(house, quiet) == [("review_wanted", False)]
    assert told(house, author) == told(house, stranger) == []
    assert 0 in author_at.rung, "the sender is rung for the letters"
    page = publisher_at.get("/admin/notices").text
    assert "asks for your approval" in page
    assert f'href="{path}/review"' in page
    sent_back = publisher_at.post(f"{path}/request-changes?back=review", reason="The date is wrong.")
    assert sent_back.location == f"{path}/review"
    assert told(house, publisher) == told(house, quiet) == [], "nobody has to review it any more"
    assert told(house, author) == [("changes_wanted", True)]
    with house.database.reading() as session:
        letters = dict(session.execute(select(Delivery.address, Delivery.state).where(Delivery.kind == "notice")).all())
    assert letters == {publisher.email: "cancelled", author.email: "queued"}
    assert "The date is wrong." in author_at.get("/admin/notices").text
    author_at.post("/admin/notices/read")
    assert "Mark all as read" not in author_at.get("/admin/notices").text


def test_a_reminder_is_not_shown_before_its_time(sqlite_house: House) -> None:
    staff, user = somebody(sqlite_house)
    about = About(says="approved", facts={"actor": "Ana", "subject": "Later"})
    with sqlite_house.database.transaction() as session:
        tell(session, [user.id], about, now=utc_now(), due_at=utc_now() + timedelta(days=1))
    assert "Later" not in staff.get("/admin/notices").text


def test_a_notice_about_a_list_that_is_no_longer_ones_own_is_not_shown(sqlite_house: House) -> None:
    staff, user = somebody(sqlite_house, "publisher", all_lists=False)
    issue_id = in_review(sqlite_house)
    with sqlite_house.database.transaction() as session:
        tell(session, [user.id], About(says="approved", facts={"actor": "Ana", "subject": "Secret"}, issue_id=issue_id), now=utc_now())
    assert "Secret" not in staff.get("/admin/notices").text


def test_comments_are_written_answered_and_settled_on_the_review_page(house: House) -> None:
    author_at, author = somebody(house, "author", name="Ana")
    editor_at, editor = somebody(house, "editor", name="Ben")
    issue_id = in_review(house, author, author)
    path = f"/admin/issues/{issue_id}"
    with house.database.reading() as session:
        uid = session.get_one(Issue, issue_id).sections[1].uid
    answer = editor_at.post(f"{path}/comments", page=f"{path}/review", uid=uid, text="Is <b>this</b> right?")
    assert answer.location.endswith("#comment-1")
    assert told(house, author) == [("commented", True)]
    assert told(house, editor) == []
    page = author_at.get(f"{path}/review").text
    assert "Is &lt;b&gt;this&lt;/b&gt; right?" in page
    author_at.post(f"{path}/comments/1/answer", page=f"{path}/review", text="It is.")
    assert [one for one, _ in told(house, editor)] == ["commented"]
    author_at.post(f"{path}/comments/1/resolve", page=f"{path}/review")
    assert "Settled by <bdi>Ana</bdi>" in editor_at.get(f"{path}/comments").text
    with house.database.reading() as session:
        (thread,) = comments_of(session, issue_id)
    assert not thread.is_open
    assert author_at.post(f"/admin/issues/{in_review(house)}/comments/1/answer", page=f"{path}/review", text="Elsewhere").status_code == 404


def test_htmx_gets_the_comments_of_one_section_alone(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house)
    issue_id = in_review(sqlite_house)
    path = f"/admin/issues/{issue_id}/comments"
    staff.post(path, page=f"/admin/issues/{issue_id}/review", text="On the whole.")
    with sqlite_house.database.reading() as session:
        uid = session.get_one(Issue, issue_id).sections[0].uid
    panel = staff.get(f"{path}?uid={uid}", headers={"HX-Request": "true"}).text
    assert "<html" not in panel
    assert "On the whole." not in panel
    assert "On the whole." in staff.get(f"{path}?uid=", headers={"HX-Request": "true"}).text


def test_an_approval_that_came_by_mail_is_recorded_with_the_mail(house: House) -> None:
    staff, user = somebody(house, "publisher", name="Ana")
    issue_id = in_review(house, user, user)
    path = f"/admin/issues/{issue_id}"
    empty = staff.post(f"{path}/sign/by-mail", page=f"{path}/sign/by-mail", place="approval:", name=" ")
    assert empty.status_code == 422
    assert "Attach the mail" in empty.text
    large = {"mail": (io.BytesIO(b"x" * (5 * 1024 * 1024 + 1)), "ok.eml")}
    assert (
        "larger than 5 MB" in staff.post(f"{path}/sign/by-mail", page=f"{path}/review", place="approval:", name="Chief", files=large).text
    )
    mail = {"mail": (io.BytesIO(b"Subject: yes\r\n\r\nGo ahead."), "../../Re: yes.eml")}
    done = staff.post(f"{path}/sign/by-mail", page=f"{path}/review", place="approval:", name="The chief", note="By phone too", files=mail)
    assert "Approved" in said(staff, done)
    with house.database.reading() as session:
        (kept,) = signoffs_of(session, issue_id)
        assert (kept.actor, kept.user_id, kept.way, kept.paper_name) == ("The chief", user.id, "email", "Re: yes.eml")
    paper = staff.get(f"{path}/signoffs/{kept.id}/mail")
    assert paper.data.endswith(b"Go ahead.")
    assert paper.headers["Content-Disposition"].startswith("attachment")
    assert staff.get(f"/admin/issues/{in_review(house)}/signoffs/{kept.id}/mail").status_code == 404


def test_people_are_told_by_language_and_topic_and_why_others_are_left_out(house: House) -> None:
    staff, _ = somebody(house)
    with house.database.transaction() as session:
        mailing_list = a_list(session, topics={"water": "Water", "waste": "Waste"}, languages=("en", "fr"))
        sections = [("update", {"title": "Wells", "text": "<p>Deep.</p>", "topics": ["water"]})]
        issue = an_issue(session, mailing_list, state="in_review", sections=sections)
        a_subscriber(session, house, mailing_list, language="fr", topics=("water",))
        a_subscriber(session, house, mailing_list, topics=("waste",))
        a_subscriber(session, house, mailing_list, state="left")
    page = staff.get(f"/admin/issues/{issue.id}/review/people").text
    for said_there in (
        "person gets this issue now",
        '<bdi dir="auto">Water</bdi>',
        "chose topics, and none of this issue’s",
        "left the list",
    ):
        assert said_there in page
    assert "withdrew" not in page


def test_what_the_checks_warn_of_passes_only_with_a_reason_that_is_kept(house: House) -> None:
    staff, user = somebody(house, "publisher", name="Ana")
    with house.database.transaction() as session:
        sections = [("update", {"title": "Wells", "text": "<p>TODO: write about wells.</p>"})]
        issue_id = an_issue(session, a_list(session), state="in_review", sections=sections).id
    path = f"/admin/issues/{issue_id}"
    for post in (f"{path}/approve", f"{path}/sign"):
        asked = staff.post(post, page=f"{path}/review")
        assert asked.status_code == 422
        assert "TODO" in asked.text
        assert state_of(house, issue_id) == "in_review"
    mail = {"mail": (io.BytesIO(b"Yes."), "ok.eml")}
    by_mail = staff.post(f"{path}/sign/by-mail", page=f"{path}/review", place="approval:", name="Chief", files=mail)
    assert by_mail.status_code == 422
    assert "TODO" in by_mail.text
    answer = staff.post(f"{path}/sign", page=f"{path}/review", reason="It is a draft of a draft.")
    assert "Approved" in said(staff, answer)
    page = staff.get(f"{path}/review").text
    assert "It is a draft of a draft." in page
    with house.database.reading() as session:
        (kept,) = session.get_one(Issue, issue_id).accepted_warnings
        assert (kept["user_id"], kept["check"]) == (user.id, "unfinished")


def test_an_issue_approved_at_the_command_line_lacks_no_sign_off(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        mailing_list = a_list(session)
        approved = an_issue(session, mailing_list, slug="one", state="approved", house=sqlite_house).id
        waiting = an_issue(session, mailing_list, slug="two", state="in_review").id
    staff, _ = somebody(sqlite_house)
    assert "still lacking" not in staff.get(f"/admin/issues/{approved}/review").text
    assert "still lacking" in staff.get(f"/admin/issues/{waiting}/review").text


def test_the_languages_that_readers_see_instead_are_words_apart(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        mailing_list = a_list(session, languages=["en", "fr", "es"])
        issue = an_issue(session, mailing_list, languages=["en", "fr", "es"]).id
    staff, _ = somebody(sqlite_house)
    assert ', then <span lang="fr">' in staff.get(f"/admin/issues/{issue}/languages").text


def test_who_has_nothing_to_sign_is_not_offered_to_approve(house: House) -> None:
    staff, user = somebody(house)
    with house.database.transaction() as session:
        other = a_user(session, role="publisher")
        needed = [{"key": "text", "name": "Text", "per_language": False, "languages": [], "user_ids": [other.id]}]
        mailing_list = a_list(session)
        mailing_list.signoffs = needed
        issue = an_issue(session, mailing_list, state="in_review", house=house)
    path = f"/admin/issues/{issue.id}"
    assert "/approve" not in staff.get(path).text
    with house.database.transaction() as session:
        session.get_one(Issue, issue.id).mailing_list.signoffs = [{**needed[0], "user_ids": [user.id]}]
    assert f'action="{path}/approve"' in staff.get(path).text


def test_one_box_lets_all_that_was_found_in_a_section_pass(house: House) -> None:
    staff, _ = somebody(house)
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session), sections=(("text", {"text": "<p>TODO, and lorem ipsum.</p>"}),), house=house)
    path = f"/admin/issues/{issue.id}/checks"
    box = re.search(r'value="((?:[0-9a-f]{16} )+[0-9a-f]{16})"', staff.get(path).text)
    assert box
    staff.post(f"{path}/accept", page=path, warning=box[1], reason="It is only a trial.")
    shown = staff.get(path).text
    assert shown.count("It is only a trial.") == len(box[1].split())
    assert 'name="warning"' not in shown


def test_fields_are_called_as_the_composer_calls_them(house: House) -> None:
    staff, _ = somebody(house)
    workshop = {"title": {"en": "A day", "fr": "Un jour"}, "organisers": [{"en": "UCLG"}], "registration_url": "https://www.example.org/x"}
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session, languages=["en", "fr"]), sections=(("workshop", workshop),), languages=["en", "fr"])
    shown = staff.get(f"/admin/issues/{issue.id}/checks").text
    assert "Organisers 1" in shown
    assert "Registration page" in shown
    assert "organisers.1" not in shown
    assert "registration url" not in shown


def test_what_the_checks_warn_of_is_gathered_by_check_and_much_of_it_is_folded(sqlite_house: House) -> None:
    ben_at, _ = somebody(sqlite_house, "publisher", name="Ben Haddad")
    texts = [("text", {"title": f"Part {number}", "text": "<p>TODO: the figures.</p>"}) for number in range(9)]
    issue_id = in_review(sqlite_house, languages=["en", "fr"], sections=texts)
    path = f"/admin/issues/{issue_id}"
    answer = ben_at.post(f"{path}/sign", page=f"{path}/review")
    assert answer.status_code == 422
    groups = re.findall(r'<details class="found-place"( open)?>\s*<summary><h3>(.*?)</h3><span class="[^"]+">(\d+)<', answer.text)
    assert groups == [(" open", "Translations", "9"), ("", "Unfinished marks", "9")]
