"""However often items are dragged to wherever, they stand where they were put."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from tiebeam.jobs.boards.places import between

PLACES = st.lists(st.floats(-1e9, 1e9) | st.sampled_from([0.0, 1.0, 1.0, 2.0, 5e-324]), max_size=30)


@settings(deadline=None, max_examples=200)
@given(PLACES, st.data())
def test_an_item_comes_between_two_others_and_few_are_moved(places: list[float], data: st.DataObject) -> None:
    stand = sorted(places)
    index = data.draw(st.integers(0, len(stand)))
    before, following = (stand[index - 1] if index else None), stand[index:]
    new = between(before, following, all_told=True)
    moved = len(new) - 1
    after = [*stand[:index], *new, *following[moved:]]
    assert len(after) == len(stand) + 1
    told = [one for one in (before, *new, *following[moved : moved + 1]) if one is not None]
    assert all(one < other for one, other in itertools.pairwise(told))


@settings(deadline=None, max_examples=5)
@given(st.integers(60, 150))
def test_dragged_to_one_spot_for_ever_nobody_is_lost(times: int) -> None:
    stand = [1.0, 2.0, 3.0]
    for _ in range(times):
        new = between(stand[0], stand[1:], all_told=True)
        stand[1 : len(new)] = new
    assert stand == sorted(set(stand))
    assert len(stand) == 3 + times


def test_where_there_is_no_room_within_sight_it_says_so() -> None:
    assert between(1.0, [1.0, 1.0, 1.0], all_told=False) == []
    assert between(1.0, [1.0, 1.0, 1.0], all_told=True) == [2.0, 3.0, 4.0, 5.0]
    assert between(1.0, [2.0], all_told=False) == [1.5]
    assert between(None, [2.0], all_told=False) == [1.5]
    assert between(None, [], all_told=True) == [0.0]
    assert between(4.0, [], all_told=True) == [5.0]
