"""Short names that are made from subjects."""

import pytest

from newsroom.issue_making import suggest_slug
from newsroom.slugs import is_slug
from tests.conftest import NOON


@pytest.mark.parametrize(
    ("subject", "slug"),
    [
        ("Spring on the water", "spring-on-the-water"),
        ("L’été à Saint-Œuvre : c’est parti !", "lete-a-saint-oeuvre-cest-parti"),
        ("¡Ya llega el otoño!", "ya-llega-el-otono"),
        ("الربيع على ضفاف المياه", f"issue-{NOON:%Y-%m}"),
        ("2027", "2027"),
        ("word " * 40, "-".join(["word"] * 12)),
        ("---", f"issue-{NOON:%Y-%m}"),
    ],
)
def test_a_short_name_is_made_from_the_subject(subject: str, slug: str) -> None:
    assert suggest_slug(subject, (), now=NOON) == slug
    assert is_slug(slug)


def test_a_short_name_that_is_taken_gets_a_number() -> None:
    assert suggest_slug("Spring", {"spring"}, now=NOON) == "spring-2"
    assert suggest_slug("Spring", {"spring", "spring-2", "spring-4"}, now=NOON) == "spring-3"
