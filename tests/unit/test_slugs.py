"""Slugs: what may be a short name."""

import pytest

from newsroom.errors import InvalidInput
from newsroom.slugs import checked_slug


@pytest.mark.parametrize("slug", ["a", "summer-2023", "2", "a" * 80])
def test_small_letters_digits_and_single_hyphens_make_a_slug(slug: str) -> None:
    assert checked_slug(slug) == slug


@pytest.mark.parametrize("text", ["", "Summer", "a--b", "-a", "a-", "a b", "été", "a" * 81, "a\n", "../a"])
def test_anything_else_is_quoted_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"is not a short name\. .* summer-2023"):
        checked_slug(text)
