"""Rich text: cleaning, Markdown there and back, and everything a paste may bring."""

import time
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from newsroom.drafting.rich_text import check_merge_fields, clean_html, from_markdown, refused_links, safe_html, to_markdown
from newsroom.errors import InvalidInput
from newsroom.rendering.rich import events
from newsroom.rendering.rich_html import write_html
from newsroom.rendering.rich_text import write_text

# What Markdown has its own mind about, beside letters of several scripts.
WORDS = st.text(st.sampled_from('abéعم ><&*_#-+=~`![]()\\12.:;"’»\xa0\u200f\n\x0b|'), max_size=12)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LINKS = st.sampled_from(
    [
        "https://example.org/a_b*c*(d)?x=1&amp;y=2",
        "mailto:city@example.org",
        "#",
        "javascript:alert(1)",
        "tel:+34 93",
        "https://example.org/مدينة",
    ]
)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    tags = st.sampled_from(["p", "strong", "em", "b", "i", "ul", "ol", "li", "h3", "h4", "h1", "blockquote", "div", "span", "script"])
    plain = st.builds(lambda tag, inside: f"<{tag}>{''.join(inside)}</{tag}>", tags, st.lists(inner, max_size=3))
    linked = st.builds(lambda href, inside: f'<a href="{href}">{"".join(inside)}</a>', LINKS, st.lists(inner, max_size=2))
    return plain | linked


html_trees = st.recursive(WORDS.map(_escaped) | ANY_TEXT.map(_escaped) | st.just("<br>"), _wrapped, max_leaves=12)
documents = st.lists(html_trees, max_size=4).map("".join)


@settings(max_examples=400, deadline=None)
@given(documents)
@example("<ol><li>a</li></ol><ol><li>b</li></ol>")
@example("<p>a<em>b</em><strong><em>c</em></strong><strong>d</strong>e</p>")
@example('<p>x<strong>"y"</strong>z</p>')
@example("<p>2023. A year</p><p># no heading</p><p>a<br>- b</p>")
@example("<h3>a #</h3><ul><li><p>a</p><p>b</p></li><li>c</li></ul>")
def test_cleaned_html_comes_back_from_markdown_to_the_byte(html: str) -> None:
    clean = clean_html(html)
    assert from_markdown(to_markdown(clean)) == clean


@settings(max_examples=200, deadline=None)
@given(documents)
def test_cleaning_twice_changes_nothing(html: str) -> None:
    assert clean_html(clean_html(html)) == clean_html(html)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.lists(WORDS, max_size=8).map(" ".join))
def test_any_markdown_becomes_clean_html(text: str) -> None:
    html = from_markdown(text)
    assert clean_html(html) == html
    assert from_markdown(to_markdown(html)) == html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("One\ntwo\n\nthree", "<p>One two</p><p>three</p>"),
        ("A **bold** and *soft* word", "<p>A <strong>bold</strong> and <em>soft</em> word</p>"),
        ("[here](https://example.org/a?b=1&c=2)", '<p><a href="https://example.org/a?b=1&amp;c=2">here</a></p>'),
        ("[stay tuned](#)!", '<p><a href="#">stay tuned</a>!</p>'),
        ("- a\n- b\n  1. c", "<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>"),
        ("4. d\n5. e", '<ol start="4"><li>d</li><li>e</li></ol>'),
        ("# Big\n\n#### Small", "<h3>Big</h3><h4>Small</h4>"),
        ("> said\n>\n> twice", "<blockquote><p>said</p><p>twice</p></blockquote>"),
        ("one\\\ntwo", "<p>one<br>two</p>"),
        ("<b>x</b> & <script>", "<p>&lt;b&gt;x&lt;/b&gt; &amp; &lt;script&gt;</p>"),
        ("Dear [[ name | *friend* ]]", "<p>Dear [[ name | <em>friend</em> ]]</p>"),
        ("```\nverbatim\n```", "<p>verbatim</p>"),
        ("Read the [notes](), [plan](<>)", '<p>Read the <a href="#">notes</a>, <a href="#">plan</a></p>'),
    ],
)
def test_markdown_becomes_the_few_shapes_a_letter_has(markdown: str, html: str) -> None:
    assert from_markdown(markdown) == html


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>A <b>bold</b> and <i>soft</i> word</p>", "A **bold** and *soft* word"),
        ("<p><strong>Read <a href='https://a.org'>the paper</a> now</strong></p>", "**Read [the paper](https://a.org) now**"),
        ("<p>Dear [[ name | friend ]],</p>", "Dear [[ name | friend ]],"),
        ("<p>snake_case 3 - 4 = -1 (a) #1 a&b</p>", "snake_case 3 - 4 = -1 (a) #1 a&b"),
        ("<ul><li><p>a</p></li><li><p>b</p></li></ul>", "- a\n- b"),
        ("<p>a</p><p>- b</p><p>1. c</p>", "a\n\n\\- b\n\n1\\. c"),
        ("<p>مرحباً <strong>بكم</strong> في المدينة</p>", "مرحباً **بكم** في المدينة"),
    ],
)
def test_markdown_is_written_as_a_person_would(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown


def test_a_greater_than_sign_after_arabic_text_is_escaped() -> None:
    assert clean_html("<p>مدينة > قرية</p>") == "<p>مدينة &gt; قرية</p>"
    assert from_markdown("المدينة ” > القرية") == "<p>المدينة ” &gt; القرية</p>"


def test_control_characters_of_a_word_paste_disappear_and_its_line_breaks_stay_breaks() -> None:
    assert clean_html("<p>one\x0btwo\x07\x00 three\x1f\x85four\ufffe</p>") == "<p>one two three four</p>"
    assert from_markdown("\x02one\x0ctwo") == "<p>one two</p>"


def test_a_javascript_link_loses_its_address_and_keeps_its_words() -> None:
    assert from_markdown("[press](javascript:alert(1)) [me](JaVaScRiPt:x) [too](data:text/html,x)") == "<p>press me too</p>"
    assert clean_html('<p><a href="java&#10;script:alert(1)">press</a></p>') == "<p>press</p>"


def test_a_link_without_a_scheme_is_told_rather_than_lost() -> None:
    assert refused_links("[a](www.example.org) [b](https://b.org) [c](#) [d](http://[) ![e](javascript:e)") == [
        "www.example.org", "http://[", "javascript:e",
    ]  # fmt: skip


def test_styles_scripts_and_office_tags_disappear() -> None:
    paste = '<style>p{}</style><p class="MsoNormal" style="x" onclick="y">Dear <o:p></o:p><span>all</span><script>z()</script></p><!-- -->'
    assert clean_html(paste) == "<p>Dear all</p>"


def test_words_of_a_pasted_table_do_not_run_together() -> None:
    assert clean_html("<table><tr><td>15:00</td><td>Welcome</td></tr></table>") == "<p>15:00</p><p>Welcome</p>"


@pytest.mark.parametrize("read", [clean_html, from_markdown])
@pytest.mark.parametrize(
    "bomb", ["<b>" * 20_000 + "x", "<div>" * 20_000 + "x" + "</div>" * 20_000, "<blockquote>" * 20_000, "<a><b><i><u>" * 9_000]
)
def test_twenty_thousand_nested_tags_are_one_sentence_and_quick(read: Callable[[str], str], bomb: str) -> None:
    begin = time.process_time()
    with pytest.raises(InvalidInput, match=r"^is nested too deeply: more than 100 tags stand inside each other\.$"):
        read(bomb)
    assert time.process_time() - begin < 5


@pytest.mark.parametrize("bomb", ["> " * 5_000 + "x", "- " * 5_000 + "x", "\n".join(f"{' ' * depth * 2}- x" for depth in range(30))])
def test_markdown_nested_too_deeply_is_refused_rather_than_cut(bomb: str) -> None:
    with pytest.raises(InvalidInput, match="nested too deeply"):
        from_markdown(bomb)


def test_lists_nested_too_deeply_are_refused() -> None:
    with pytest.raises(InvalidInput, match="at most 8 lists and quotes"):
        clean_html("<ul><li>" * 9 + "x" + "</li></ul>" * 9)
    eight = "<ul><li>" * 8 + "x" + "</li></ul>" * 8
    assert from_markdown(to_markdown(eight)) == eight


def test_a_thousand_paragraphs_that_are_never_closed_are_not_nesting() -> None:
    assert clean_html("<p>a<br>b" * 1_000).count("<p>") == 1_000


def test_a_text_beyond_all_measure_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"is too long: 100001 characters, at most 100000 are read\."):
        from_markdown("x" * 100_001)


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "*a **" * 5_000, "[a](<" * 3_000, "<" * 50_000, "&#" * 40_000, "**a_" * 8_000, "a " * 49_000]
)
def test_hostile_punctuation_takes_no_more_than_moments(text: str) -> None:
    begin = time.process_time()
    from_markdown(text)
    assert time.process_time() - begin < 20


def test_a_merge_field_cut_in_two_by_bold_letters_is_refused() -> None:
    check_merge_fields("<p>Dear [[ name | friend ]]</p>")
    with pytest.raises(InvalidInput, match="never closed"):
        check_merge_fields("<ul><li>Dear [[ <b>name</b> ]]</li></ul>")


@pytest.mark.parametrize("opening", ["[[", "&#91;&#91;", "&lbrack;[", "[<span>[</span>", "&#x5b;&\0lbrack;"])
def test_a_merge_field_is_found_however_its_brackets_are_written(opening: str) -> None:
    with pytest.raises(InvalidInput, match="nickname"):
        check_merge_fields(f"<p>Dear {opening} nickname ]]</p>")


@pytest.mark.parametrize("space", ["\xa0", "\u2009", "\u3000"])
def test_unusual_spaces_between_words_stay_and_marks_of_many_words_stay_whole(space: str) -> None:
    words = f"one{space}{space}two three"
    assert clean_html(f"<p>{words} <strong>{words} </strong>{words}</p>") == f"<p>{words} <strong>{words}</strong> {words}</p>"


def test_a_list_that_goes_on_from_four_does_so_in_both_parts_of_the_letter() -> None:
    html = from_markdown("4. Four\n5. Five")
    assert write_html(events(html), Markup, lambda url, words: None) == '<ol start="4"><li>Four</li><li>Five</li></ol>'
    assert write_text(events(html), str) == "4. Four\n5. Five"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ('<p>a <strong>b</strong></p><ol start="3"><li>c</li></ol>', '<p>a <strong>b</strong></p><ol start="3"><li>c</li></ol>'),
        ('<p onclick="x()">a<script>x()</script></p>', "<p>a</p>"),
        ('<a href="javascript:x()">a</a><img src=x onerror="x()">', "<a>a</a>"),
    ],
)
def test_what_a_page_shows_is_what_is_stored_and_never_runs(stored: str, shown: str) -> None:
    assert safe_html(stored) == shown
