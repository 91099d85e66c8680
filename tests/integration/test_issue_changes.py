"""What changed since the last approval: told in words, section by section, and nothing that stayed."""

from datetime import timedelta

from newsroom import issues
from newsroom.field_changes import FieldChange
from newsroom.house import House
from newsroom.issue_changes import changes_since
from newsroom.issues import OPERATOR, Issue, reopen
from newsroom.section_order import order_sections
from newsroom.section_writing import add_section, change_section, remove_section
from tests.conftest import NOON
from tests.factories import a_list, an_issue
from tests.staff import somebody

LATER = NOON + timedelta(hours=1)


def test_a_word_a_new_section_a_removed_one_and_what_stayed(house: House) -> None:
    staff, _ = somebody(house)
    sections = [("welcome", {"title": "Dear colleagues"}), ("update", {"title": "Wells", "text": "<p>Deep and old.</p>"}), ("divider", {})]
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session), state="approved", house=house, sections=sections)
        assert changes_since(session, issue, NOON).sections == ()
        reopen(session, issue, by=OPERATOR, now=NOON)
        first, second, third = (row.uid for row in issue.sections)
        change = FieldChange(path=("text",), was="<p>Deep and old.</p>", now="<p>Deep and new.</p>")
        change_section(session, issue, second, [change], base=1, by=OPERATOR, now=LATER)
        remove_section(session, issue, third, base=1, by=OPERATOR, now=LATER)
        added = add_section(session, issue, "quote", {"text": "Water is life."}, after=first, by=OPERATOR, now=LATER).uid
        session.expire_all()
        found = changes_since(session, issue, NOON)
        assert [(one.uid, one.number, one.how) for one in found.sections] == [
            (added, 2, "new"), (second, 3, "changed"), (third, None, "gone"),
        ]  # fmt: skip
        assert [(run.kind, run.text) for run in found.sections[1].texts[0].runs if run.kind != "same"] == [("gone", "old"), ("new", "new")]
        assert found.untouched == 1
    page = staff.get(f"/admin/issues/{issue.id}/review/changes").text
    assert "<del>old</del><ins>new</ins>" in page


def test_an_issue_that_was_never_approved_says_so(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house)
    with sqlite_house.database.transaction() as session:
        issue_id = an_issue(session, a_list(session)).id
    assert "Never approved before" in staff.get(f"/admin/issues/{issue_id}/review/changes").text


def test_whoever_signs_again_is_told_that_only_the_order_has_changed(sqlite_house: House) -> None:
    """The page said that nothing had changed."""
    with sqlite_house.database.transaction() as session:
        issue = an_issue(
            session,
            a_list(session),
            state="approved",
            house=sqlite_house,
            sections=[("text", {"title": n, "text": "<p>So.</p>"}) for n in "ABC"],
        )
        issues.reopen(session, issue, by=OPERATOR, now=LATER)
        one, two, three = (row.uid for row in issue.sections)
        order_sections(session, issue, [three, one, two], by=OPERATOR, now=LATER + timedelta(hours=1))
        found = changes_since(session, issue, NOON)
        assert (found.sections, [(move.uid, move.was, move.now) for move in found.moves]) == ((), [(three, 3, 1)])
        issues.submit(session, issue, by=OPERATOR, now=LATER + timedelta(hours=2))
        issue_id = issue.id
    page = somebody(sqlite_house)[0].get(f"/admin/issues/{issue_id}/review/changes").text
    assert "moved from 3 to 1" in page
    assert "Nothing has changed" not in page
    with sqlite_house.database.transaction() as session:
        issue = session.get_one(Issue, issue_id)
        issues.recall(session, issue, by=OPERATOR, now=LATER + timedelta(hours=3))
        order_sections(session, issue, [one, two, three], by=OPERATOR, now=LATER + timedelta(hours=4))
        assert changes_since(session, issue, NOON).moves == (), "moved and moved back"
