"""Merge fields: every way people write them, and every way they go wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.errors import InvalidInput
from newsroom.merge_fields import FIELDS, MergeField, has_fields, join, split

plain = st.text(min_size=1).filter(lambda text: "[" not in text)
# A fallback keeps its words; runs of spaces in it count as one.
words = st.text(st.characters(exclude_characters="[]", exclude_categories=["Cs"])).map(lambda text: " ".join(text.split()))
fields = st.builds(MergeField, field=st.sampled_from(FIELDS), fallback=words)


def _adjacent_plain_joined(pieces: list[str | MergeField]) -> list[str | MergeField]:
    joined: list[str | MergeField] = []
    for piece in pieces:
        if joined and isinstance(piece, str) and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


@given(st.lists(plain | fields))
def test_what_is_joined_splits_into_the_same_pieces(pieces: list[str | MergeField]) -> None:
    assert split(join(pieces)) == _adjacent_plain_joined(pieces)


@given(st.text(st.sampled_from("[]| naméع\u200f\n")))
def test_any_text_is_split_or_refused_and_never_anything_else(text: str) -> None:
    try:
        pieces = split(text)
    except InvalidInput:
        return
    assert split(join(pieces)) == pieces


@given(plain)
def test_a_text_without_brackets_stays_as_it_is(text: str) -> None:
    assert split(text) == [text]
    assert not has_fields(text)


def test_an_empty_text_has_no_pieces() -> None:
    assert split("") == []


@pytest.mark.parametrize(
    "written", ["[[name|colleague]]", "[[   name|colleague ]]", "[[ Name\n|  colleague]]", "[[\u200fname\u200f | colleague ]]"]
)
def test_odd_spacing_capitals_and_direction_marks_do_not_matter(written: str) -> None:
    assert split(written) == [MergeField(field="name", fallback="colleague")]


def test_a_field_without_fallback_has_an_empty_one() -> None:
    assert split("[[ email ]]") == [MergeField(field="email")]
    assert str(MergeField(field="email")) == "[[ email ]]"


def test_a_field_stands_inside_arabic_text() -> None:
    assert split("السلام عليكم [[ name | الزملاء ]]،") == ["السلام عليكم ", MergeField(field="name", fallback="الزملاء"), "،"]


def test_single_brackets_are_text() -> None:
    assert split("[1] and ]] and [[ name | a ] b ]]]") == ["[1] and ]] and ", MergeField(field="name", fallback="a ] b"), "]"]


def test_a_misspelled_field_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InvalidInput) as refused:
        split("Dear [[ nmae | friend ]]", place="Section 1, title (en)")
    assert str(refused.value) == "Section 1, title (en): [[ nmae | friend ]] is not a merge field. Did you mean name?"


def test_a_field_that_we_do_not_have_is_refused_with_those_we_have() -> None:
    with pytest.raises(InvalidInput, match=r"Known are email and name\."):
        split("[[ favourite colour ]]")


def test_an_unclosed_field_does_not_reach_the_readers() -> None:
    with pytest.raises(InvalidInput, match="never closed"):
        split("Dear [[ name | friend")


def test_a_field_inside_a_field_is_refused() -> None:
    with pytest.raises(InvalidInput, match="one merge field inside another"):
        split("[[ name | [[ email ]] ]]")


def test_every_wrong_field_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        split("[[ nme ]] and [[ mail ]] and [[")
    assert len(refused.value.problems) == 3


def test_a_long_unclosed_text_is_quoted_only_in_part() -> None:
    with pytest.raises(InvalidInput) as refused:
        split("[[ " + "x" * 10_000)
    assert len(str(refused.value)) < 200
