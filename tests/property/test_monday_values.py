"""What we hold comes back the same from monday.com, whatever it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.factories.monday_desk import COLUMNS, JOBS_URL

from tiebeam.connectors.answers import ShapeError
from tiebeam.connectors.monday.model import Kind, OutsideColumn, OutsideLabel
from tiebeam.connectors.monday.values import KIND_OF, UnfitError, differing, read, written
from tiebeam.simulators.monday.cells import Writing, shown
from tiebeam.simulators.monday.state import Person

PEOPLE = {number: Person(number, f"Person {number}", "a@example.com") for number in range(1, 6)}
WRITING = Writing(PEOPLE, datetime(2026, 3, 2, tzinfo=UTC))
THEIRS = {column.id: column for column in COLUMNS}
OURS = {
    column.id: OutsideColumn(
        column.id,
        column.title,
        column.type,
        KIND_OF.get(column.type),
        tuple(OutsideLabel(text) for text in column.labels.values()),
    )
    for column in COLUMNS
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)
HELD: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(sorted(THEIRS["status"].labels.values())),
    "lead": st.lists(st.sampled_from([str(number) for number in PEOPLE]), min_size=1, unique=True),
    "starts": st.dates().map(lambda day: day.isoformat()),
    "address": TEXTS,
    "notes": TEXTS,
    "value": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**15), 10**15),
    "job": st.uuids().map(str) | TEXTS.map(lambda rest: f"https://{rest}"),
}
CELLS = st.sampled_from(sorted(HELD)).flatmap(lambda name: st.tuples(st.just(name), HELD[name]))


def there_and_back(name: str, value: Any) -> Any:
    kept = WRITING.kept(THEIRS[name], written(OURS[name], value, jobs_url=JOBS_URL))
    return read(shown(THEIRS[name], kept, PEOPLE), jobs_url=JOBS_URL)


@pytest.mark.req("L7")
@settings(max_examples=60)
@given(CELLS)
def test_a_value_comes_back_as_it_went(cell: tuple[str, Any]) -> None:
    name, value = cell
    assert there_and_back(name, value) == value


@pytest.mark.req("L3")
@given(CELLS, CELLS)
@settings(max_examples=60)
def test_only_what_differs_is_to_be_written(one: tuple[str, Any], other: tuple[str, Any]) -> None:
    have = {one[0]: there_and_back(*one)}
    assert differing(have, dict([one])) == {}
    wanted = differing(have, dict([other]))
    assert wanted == ({} if one[0] == other[0] and one[1] == other[1] else dict([other])) or one[0] == "lead"


def test_the_order_of_people_is_no_difference_and_nothing_is_nothing() -> None:
    have = {"lead": ["1", "2"], "address": "x"}
    assert differing(have, {"lead": ["2", "1"], "notes": "", "starts": None, "value": None}) == {}
    assert differing(have, {"lead": ["2"], "address": None}) == {"lead": ["2"], "address": None}
    assert differing({"value": 0}, {"value": None}) == {"value": None}


@pytest.mark.parametrize("name", sorted(HELD))
@pytest.mark.parametrize("nothing", [None, "", []])
def test_nothing_comes_back_as_nothing(name: str, nothing: Any) -> None:
    assert there_and_back(name, nothing) is None


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("status", "Nope", "has no label “Nope”; there are: New, Done"),
        ("lead", ["ann"], "by their ids"),
        ("starts", "tomorrow", "is no date"),
        ("starts", 5, "is no date"),
        ("address", "x" * 2001, "at most 2,000 characters"),
        ("address", 5, "at most 2,000 characters"),
        ("value", float("nan"), "is no number"),
        ("value", True, "is no number"),
        ("value", "12", "is no number"),
        ("job", "elm", "is no address"),
        ("job", "6F9619FF-8B86-D011-B42D-00CF4FC964FF", "is no address"),
        ("seen", "x", "of a type (mirror)"),
    ],
)
def test_what_a_column_cannot_hold_is_said_in_a_sentence(name: str, value: Any, says: str) -> None:
    with pytest.raises(UnfitError) as caught:
        written(OURS[name], value, jobs_url=JOBS_URL)
    assert says in str(caught.value)
    assert OURS[name].title in str(caught.value)


@pytest.mark.parametrize(
    "cell",
    [
        {"type": "text", "value": 5},
        {"type": "text", "value": "{no"},
        {"type": "numbers", "value": '"twelve"'},
        {"type": "date", "value": '{"date": 5}'},
        {"type": "people", "value": '{"personsAndTeams": "ann"}'},
    ],
)
def test_a_cell_of_another_form_is_noticed(cell: dict[str, Any]) -> None:
    with pytest.raises(ShapeError):
        read(cell)


def test_whole_numbers_stay_whole_as_long_as_they_can_be_told_apart() -> None:
    assert [type(there_and_back("value", each)) for each in (12.0, -3, 2**53, 1e300)] == [
        int,
        int,
        int,
        float,
    ]


def test_a_team_among_people_is_read_and_cannot_be_taken_for_one_of_them() -> None:
    named = '{"personsAndTeams": [{"id": 5, "kind": "person"}, {"id": 5, "kind": "team"}]}'
    assert read({"type": "people", "value": named}) == ["5", "team:5"]
    with pytest.raises(UnfitError):
        written(OURS["lead"], ["team:5"])


def test_every_kind_is_tried() -> None:
    assert {KIND_OF[THEIRS[name].type] for name in HELD} == set(Kind)
