"""An order that is put back holds each section that is there once; a move is told as the fewest sections that went."""

from hypothesis import given
from hypothesis import strategies as st

from newsroom.section_order import Move, as_it_was, moves_between

UIDS = [f"s{number}" for number in range(12)]
SOME = st.lists(st.sampled_from(UIDS), unique=True)


@given(earlier=SOME, present=SOME)
def test_every_section_that_is_there_stays_and_none_comes_back(earlier: list[str], present: list[str]) -> None:
    assert sorted(as_it_was(earlier, present)) == sorted(present)


@given(earlier=SOME, present=SOME)
def test_those_that_were_there_stand_as_they_stood(earlier: list[str], present: list[str]) -> None:
    assert [uid for uid in as_it_was(earlier, present) if uid in earlier] == [uid for uid in earlier if uid in present]


@given(earlier=SOME, present=SOME)
def test_those_that_came_later_stay_behind_the_one_they_stand_behind(earlier: list[str], present: list[str]) -> None:
    put_back = as_it_was(earlier, present)
    for one, other in zip(["", *present], present, strict=False):
        if other not in earlier:
            assert other == (put_back[0] if not one else put_back[put_back.index(one) + 1])


@given(earlier=SOME, present=SOME)
def test_putting_it_back_twice_changes_nothing_more(earlier: list[str], present: list[str]) -> None:
    once = as_it_was(earlier, present)
    assert as_it_was(earlier, once) == once


@given(before=SOME, after=SOME)
def test_what_did_not_move_stands_in_the_same_order_before_and_after(before: list[str], after: list[str]) -> None:
    moves = moves_between(before, after)
    moved = {move.uid for move in moves}
    stayed = [[uid for uid in some if uid in before and uid in after and uid not in moved] for some in (before, after)]
    assert stayed[0] == stayed[1]
    for move in moves:
        assert (before[move.was - 1], after[move.now - 1]) == (move.uid, move.uid)


@given(uids=st.lists(st.sampled_from(UIDS), unique=True, min_size=3), data=st.data())
def test_one_section_that_was_dragged_over_others_is_told_as_one(uids: list[str], data: st.DataObject) -> None:
    was = data.draw(st.integers(0, len(uids) - 1))
    now = data.draw(st.integers(0, len(uids) - 1))
    after = [uid for uid in uids if uid != uids[was]]
    after.insert(now, uids[was])
    assert len(moves_between(uids, after)) == (0 if was == now else 1)
    if abs(was - now) > 1:
        assert moves_between(uids, after) == (Move(uid=uids[was], was=was + 1, now=now + 1),)
