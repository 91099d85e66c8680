"""The places that a preview scrolls to: one for every section, also for those that are not in the letter yet."""

import re

from newsroom.rendering.compiling import compile_letter
from tests.letters import NONCE, source_of

WORDS = {"kind": "text", "text": "Words."}


def places(*, anchors: bool = True, missing: tuple[int, ...] = (), total: int = 4) -> list[int]:
    """The numbers of the places in a letter of so many sections, these of them unfinished."""
    source = source_of({"sections": [WORDS] * total})
    kept = tuple(each for each in source.sections if each.number not in missing)
    unfinished = tuple((number, f"s{number}") for number in missing)
    source = source_of({"sections": [WORDS]}, sections=kept, unreadable=unfinished)
    return [int(number) for number in re.findall(r'id="section-(\d+)"', compile_letter(source, "en", nonce=NONCE, anchors=anchors).html)]


def test_every_section_has_its_place() -> None:
    assert places() == [1, 2, 3, 4]


def test_what_is_written_before_it_is_finished_is_shown_where_it_will_stand() -> None:
    assert places(missing=(1, 3)) == [1, 2, 3, 4]
    assert places(missing=(3, 4)) == [1, 2, 3, 4]


def test_letters_that_leave_have_no_places() -> None:
    assert places(anchors=False) == []
