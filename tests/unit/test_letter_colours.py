"""One accent makes every colour of a letter, and every text on them can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.rendering.colours import NIGHT, READABLE, WHITE, contrast, palette, parse_hex, to_hex


def ratio(one: str, other: str) -> float:
    first, second = parse_hex(one), parse_hex(other)
    assert first is not None
    assert second is not None
    return contrast(first, second)


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_any_accent_can_be_read(accent: tuple[int, int, int]) -> None:
    colours = palette(to_hex(accent))
    assert ratio(colours.accent, to_hex(WHITE)) >= READABLE
    assert ratio(colours.accent, colours.tint) >= READABLE
    assert ratio(colours.deep, colours.on_deep) >= READABLE
    assert ratio(colours.accent, colours.on_deep) >= 3
    assert ratio(colours.bright, to_hex(NIGHT)) >= READABLE
    assert ratio("#d9dee4", colours.night_tint) >= READABLE


@pytest.mark.parametrize("nonsense", ["", "blue", "#12", "#gggggg"])
def test_nonsense_becomes_the_house_blue(nonsense: str) -> None:
    assert palette(nonsense) == palette("")


def test_a_good_accent_is_left_as_it_is() -> None:
    assert palette("#7A1F5C").accent == "#7a1f5c"
