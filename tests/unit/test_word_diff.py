"""A change is told in words, whatever the text is made of, and the words add up to both texts."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.word_diff import plain_text, word_diff


def told(before: str, after: str) -> str:
    marks = {"same": "{}", "gone": "[-{}-]", "new": "[+{}+]"}
    return "".join(marks[run.kind].format(run.text) for run in word_diff(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("The mayor spoke.", "The mayor spoke.", "The mayor spoke."),
        ("The mayor spoke.", "The two mayors spoke.", "The [-mayor-][+two mayors+] spoke."),
        ("", "New words", "[+New words+]"),
        ("Old words", "", "[-Old words-]"),
        ("On 22 January", "On 24 January", "On [-22-][+24+] January"),
        ("انعقد الاجتماع أمس", "انعقد المؤتمر أمس", "انعقد [-الاجتماع-][+المؤتمر+] أمس"),
        ("<p>One <strong>bold</strong> word</p>", "<p>One <strong>bold</strong> sword</p>", "One bold [-word-][+sword+]"),
        ("<p>a</p><ul><li>b</li></ul>", "<p>a</p><ul><li>b</li><li>c</li></ul>", "a\n• b[+\n• c+]"),
        ('<p><a href="https://a.org">Read</a></p>', '<p><a href="https://b.org">Read</a></p>', "Read ‹https://[-a-][+b+].org›"),
        ("<p>One word</p>", "<p>One <strong>word</strong></p>", "One [+**+]word[+**+]"),
    ],
)
def test_a_change_reads_as_a_person_would_tell_it(before: str, after: str, expected: str) -> None:
    assert told(before, after) == expected


@given(st.text(alphabet="ab .\n،", max_size=40), st.text(alphabet="ab .\n،", max_size=40))
def test_the_runs_add_up_to_both_texts(before: str, after: str) -> None:
    runs = word_diff(before, after)
    assert "".join(run.text for run in runs if run.kind != "new") == before
    assert "".join(run.text for run in runs if run.kind != "gone") == after


def test_rich_text_is_read_by_its_words() -> None:
    assert plain_text("<h3>Head</h3><p>a &lt;b&gt;<br>c</p>") == "Head\na <b>\nc"
    assert plain_text("1 < 2") == "1 < 2"


def test_the_longest_texts_take_no_time() -> None:
    before = "<p>" + " ".join(f"Word {number} here." for number in range(8_000)) + "</p>"
    began = time.process_time()
    assert "[-Word 77 here. -]" in told(before, before.replace("Word 77 here. ", ""))
    assert time.process_time() - began < 2
