"""A language goes out as a Word document and comes back into its places, with bold, lists and links, right to left too."""

import io
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import docx
import pytest
from docx.table import _Cell

from newsroom.drafting.paper_writing import PaperWords
from newsroom.drafting.rich_text import clean_html
from newsroom.drafting.translation_papers import Paper, read_paper, write_paper
from newsroom.errors import InvalidInput, Refused
from newsroom.issues import Issue, IssueSection

WORDS = PaperWords(
    title="Translation", how=("Fill in the last column.",), place="Place", was="Before:", shared="The same in every language.",
    states={"missing": "new", "stale": "changed", "done": "done", "shared": "name"}, kinds={"update": "Update"}, language="en",
)  # fmt: skip
RICH = clean_html(
    "<h3>What was said</h3><p>We <strong>met <em>twice</em></strong> in [[ name | Paris ]], see "
    '<a href="https://example.org/a?b=1&amp;c=2">the report</a>.<br>More &lt;soon&gt;.</p>'
    "<ul><li>one<ul><li>deep<ol><li>deeper</li></ol></li></ul></li><li>two</li></ul><p>Then</p>"
    "<ol><li>first</li><li>second</li></ol><blockquote><p>A quote</p></blockquote>"
)
ARABIC = clean_html(
    '<h3>ما قيل</h3><p>التقينا <strong>مرّتين</strong> (Paris 2023)، انظر <a href="https://example.org/ar">التقرير</a>.</p>'
    "<ul><li>واحد<ul><li>أعمق</li></ul></li><li>اثنان</li></ul>"
)


def an_issue(*contents: dict[str, Any], **facts: Any) -> Issue:
    rows = [IssueSection(uid=f"s{n}", kind="update", position=n, content=content) for n, content in enumerate(contents)]
    return Issue(id=7, languages=["en", "ar"], subject="Summer", preview_text="", sections=rows, **facts)


def out(issue: Issue, language: str = "ar") -> bytes:
    return write_paper(issue, language, label=lambda _, path: str(path[-1]), words=WORDS)


def filled(data: bytes, fill: Callable[[str, str, _Cell], None]) -> bytes:
    """The paper after its translator: `fill` is told place and original of each row, and given the cell of the translation."""
    document = docx.Document(io.BytesIO(data))
    for row in document.tables[0].rows[1:]:
        place, original, translation = row.cells
        fill(place.text, original.text, translation)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def saying(**texts: str) -> Callable[[str, str, _Cell], None]:
    """Writes these translations beside these originals."""

    def fill(_: str, original: str, cell: _Cell) -> None:
        if original in texts:
            cell.paragraphs[0].text = texts[original]

    return fill


def placed(paper: Paper) -> dict[Any, str]:
    return {(text.uid, text.path): text.now for text in paper.placed}


def test_a_paper_nobody_touched_changes_nothing() -> None:
    issue = an_issue({"title": {"en": "News", "ar": "أخبار"}, "text": {"en": RICH, "ar": ARABIC}})
    paper = read_paper(issue, "ar", out(issue))
    assert (paper.placed, paper.unplaced, paper.unchanged, paper.empty) == ((), (), 2, 1)


@pytest.mark.parametrize("rich", [RICH, ARABIC])
def test_rich_text_goes_through_word_and_back_to_the_byte(rich: str) -> None:
    """The translation as written stands where there was none: what comes back is what went out."""
    issue = an_issue({"title": "News", "text": {"en": "<p>Other</p>", "ar": rich}})
    data = out(issue)
    issue.sections[0].content = {"title": "News", "text": {"en": "<p>Other</p>"}}
    assert placed(read_paper(issue, "ar", data)) == {("s0", ("text",)): rich}


def test_what_the_translator_wrote_comes_to_its_place() -> None:
    issue = an_issue({"title": "News", "items": [{"text": "<p>One</p>"}, {"text": "<p>Two</p>"}]})
    paper = read_paper(issue, "ar", filled(out(issue), saying(News="أخبار", Two="اثنان", Summer="صيف")))
    assert placed(paper) == {("", ("subject",)): "صيف", ("s0", ("title",)): "أخبار", ("s0", ("items", 1, "text")): "<p>اثنان</p>"}
    assert not any(text.overwrites or text.is_stale for text in paper.placed)


def test_sections_and_rows_that_were_moved_meanwhile_are_found_again() -> None:
    issue = an_issue(
        {"title": "News", "items": [{"text": "<p>One</p>"}, {"text": "<p>Two</p>"}]},
    )
    data = filled(out(issue), saying(One="واحد", Two="اثنان"))
    issue.sections[0].content = {"title": "News", "items": [{"text": "<p>Two</p>"}, {"text": "<p>New</p>"}, {"text": "<p>One</p>"}]}
    assert placed(read_paper(issue, "ar", data)) == {
        ("s0", ("items", 2, "text")): "<p>واحد</p>",
        ("s0", ("items", 0, "text")): "<p>اثنان</p>",
    }


def test_a_text_whose_original_changed_meanwhile_is_placed_and_known_as_stale() -> None:
    issue = an_issue({"title": "News from the river", "text": "<p>We met.</p>"})
    data = filled(out(issue), saying(**{"News from the river": "أخبار النهر", "We met.": "التقينا."}))
    issue.sections[0].content = {"title": "News from two rivers", "text": "<p>We met.</p>"}
    title, text = read_paper(issue, "ar", data).placed
    assert (title.is_stale, title.made_from, title.original) == (True, "News from the river", "News from two rivers")
    assert not text.is_stale


def test_a_text_that_somebody_wrote_meanwhile_is_told() -> None:
    issue = an_issue({"title": "News"})
    data = filled(out(issue), saying(News="أخبار"))
    issue.sections[0].content = {"title": {"en": "News", "ar": "الأخبار"}}
    (text,) = read_paper(issue, "ar", data).placed
    assert (text.overwrites, text.was, text.now) == (True, "الأخبار", "أخبار")


def test_what_has_no_place_any_more_is_named_and_not_put_elsewhere() -> None:
    issue = an_issue(
        {"title": "News", "items": [{"text": "<p>Zebra crossing</p>"}, {"text": "<p>Two</p>"}]},
    )
    data = filled(out(issue), saying(**{"Zebra crossing": "حمار", "Two": "اثنان", "News": "أخبار"}))
    issue.sections[0].content = {"title": "News", "items": [{"text": "<p>Budget of the year</p>"}]}
    paper = read_paper(issue, "ar", data)
    assert placed(paper) == {("s0", ("title",)): "أخبار"}
    assert paper.unplaced == ("حمار", "اثنان")
    issue.sections = []
    assert read_paper(issue, "ar", data).unplaced == ("أخبار", "حمار", "اثنان")


def test_a_row_that_was_copied_in_word_does_not_write_over_the_first() -> None:
    issue = an_issue({"title": "News", "text": "<p>We met.</p>"})
    document = docx.Document(io.BytesIO(filled(out(issue), saying(News="أخبار"))))
    row = next(row for row in document.tables[0].rows if row.cells[1].text == "News")
    row._tr.addnext(copy := deepcopy(row._tr))
    copy.tc_lst[-1].p_lst[0].r_lst[0].text = "أنباء"
    made = io.BytesIO()
    document.save(made)
    paper = read_paper(issue, "ar", made.getvalue())
    assert placed(paper) == {("s0", ("title",)): "أخبار"}
    assert paper.unplaced == ("أنباء",)


def test_a_long_original_that_was_mended_meanwhile_is_known_again() -> None:
    words = " ".join(f"word{number}" for number in range(300))
    issue = an_issue({"title": "News", "items": [{"text": f"<p>{words}</p>"}]})
    data = filled(out(issue), saying(**{words: "كلام"}))
    issue.sections[0].content = {"title": "News", "items": [{"text": f"<p>{words.replace('word7 ', 'word seven ')}</p>"}]}
    assert placed(read_paper(issue, "ar", data)) == {("s0", ("items", 0, "text")): "<p>كلام</p>"}
    issue.sections[0].content = {"title": "News", "items": [{"text": f"<p>{words.replace('word', 'other')}</p>"}]}
    assert read_paper(issue, "ar", data).unplaced == ("كلام",)


def test_names_are_asked_for_and_stay_the_same_where_the_cell_is_left_empty() -> None:
    issue = Issue(
        id=7, languages=["en", "ar"], subject="", preview_text="",
        sections=[IssueSection(uid="q", kind="quote", position=0, content={"text": "<p>Go on.</p>", "attribution": "Amina"})],
    )  # fmt: skip
    data = out(issue)
    assert read_paper(issue, "ar", data).placed == ()
    assert placed(read_paper(issue, "ar", filled(data, saying(Amina="أمينة")))) == {("q", ("attribution",)): "أمينة"}


def test_a_paper_of_another_issue_or_language_is_refused() -> None:
    issue = an_issue({"title": "News"})
    data = out(issue)
    issue.id = 8
    with pytest.raises(Refused, match="issue 7"):
        read_paper(issue, "ar", data)
    issue.id, issue.languages = 7, ["en", "ar", "fr"]
    with pytest.raises(Refused, match="in العربية"):
        read_paper(issue, "fr", data)


def a_document() -> bytes:
    made = io.BytesIO()
    docx.Document().save(made)
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a Word file"), (b"PK\x03\x04 torn", "not a Word file"), (b"\xd0\xcf\x11\xe0 old", "old kind"),
        (a_document(), "not a translation paper"), (a_document()[:-400], "not a Word file"),
    ],
)  # fmt: skip
def test_what_is_no_paper_is_refused_with_a_sentence(data: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read_paper(an_issue({"title": "News"}), "ar", data)


def test_arabic_is_written_right_to_left_and_the_original_left_to_right() -> None:
    issue = an_issue({"title": {"en": "News", "ar": "أخبار"}})
    table = docx.Document(io.BytesIO(out(issue))).tables[0]
    _, original, translation = next(row for row in table.rows if row.cells[1].text == "News").cells
    assert "w:bidi" in translation.paragraphs[0]._p.xml
    assert "w:rtl" in translation.paragraphs[0]._p.xml
    assert "w:bidi" not in original.paragraphs[0]._p.xml
