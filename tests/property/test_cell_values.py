"""What a cell holds: whatever is given, it is either kept as JSON has it or refused in a sentence."""

from __future__ import annotations

import math
from datetime import date
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiebeam.jobs.boards.model import Column, ColumnKind, Label
from tiebeam.jobs.boards.values import NUMBER_MAX, PEOPLE_MAX, TEXT_MAX, checked, job_in
from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.errors import BadInputError

pytestmark = pytest.mark.req("L7")

HERE, LEFT = UUID(int=1), UUID(int=2)
PEOPLE = {HERE: True, LEFT: False}
LABELS = (Label("Plan"), Label("Done"), Label("plan b"))
JOB = "0b0d1f0a-5f2e-4f0e-8a46-0d7d4e1f2a33"

GIVEN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=40)
    | st.sampled_from(
        ["Plan", "DONE ", "2026-02-29", "2026-02-28", "12.50", JOB, str(HERE), "https://a.example"]
    )
    | st.dates()
    | st.lists(st.sampled_from([HERE, str(HERE), str(LEFT), "x", 3]), max_size=4)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)


def column(kind: ColumnKind) -> Column:
    labels = LABELS if kind is ColumnKind.STATUS else ()
    return Column(UUID(int=9), UUID(int=8), "cell", "Cell", kind, 0, labels)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(ColumnKind), GIVEN)
def test_what_is_kept_is_json_and_stays_as_it_is(kind: ColumnKind, given_: Any) -> None:
    kept = _tried(kind, given_)
    if isinstance(kept, BadInputError):
        assert kept.cause.startswith("Cell: ")
        assert kept.action.endswith((".", "//"))
        assert len(str(kept)) < 300
        return
    assert orjson.loads(canonical(kept)) == kept
    assert checked(column(kind), kept, PEOPLE) == kept
    assert kept is None or _fits(kind, kept)


def _tried(kind: ColumnKind, given_: Any) -> Any:
    try:
        return checked(column(kind), given_, PEOPLE)
    except BadInputError as error:
        return error


def _fits(kind: ColumnKind, kept: Any) -> bool:
    match kind:
        case ColumnKind.STATUS:
            return bool(kept in [one.text for one in LABELS])
        case ColumnKind.PEOPLE:
            return bool(kept == [str(HERE)])
        case ColumnKind.DATE:
            return bool(date.fromisoformat(kept).isoformat() == kept)
        case ColumnKind.TEXT:
            return isinstance(kept, str) and kept == kept.strip() != ""
        case ColumnKind.NUMBER:
            return type(kept) in {int, float} and math.isfinite(kept)
        case ColumnKind.LINK:
            return bool((job_in(kept) is not None) != kept.startswith(("https://", "http://")))


@pytest.mark.parametrize("kind", ColumnKind)
@pytest.mark.parametrize("empty", [None, "", [], ()])
def test_nothing_empties_a_cell(kind: ColumnKind, empty: Any) -> None:
    assert checked(column(kind), empty) is None


@pytest.mark.parametrize(
    ("kind", "given_", "kept"),
    [
        ("status", "done ", "Done"),
        ("status", "plan b", "plan b"),
        ("number", "-12.50", -12.5),
        ("number", 0, 0),
        ("number", -0.0, 0),
        ("number", 4.0, 4),
        ("number", NUMBER_MAX, NUMBER_MAX),
        ("date", date(2026, 11, 21), "2026-11-21"),
        ("date", " 2026-1-5", "2026-01-05"),
        ("text", " a\nb ", "a\nb"),
        ("text", "   ", None),
        ("text", "x" * TEXT_MAX, "x" * TEXT_MAX),
        ("people", HERE, [str(HERE)]),
        ("people", [str(HERE), HERE], [str(HERE)]),
        ("link", JOB.upper(), JOB),
        ("link", UUID(JOB), JOB),
        ("link", " https://a.example/b?c#d ", "https://a.example/b?c#d"),
        ("link", "  ", None),
    ],
)
def test_what_is_meant_is_kept(kind: str, given_: Any, kept: Any) -> None:
    found = checked(column(ColumnKind(kind)), given_, PEOPLE)
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("kind", "given_", "told"),
    [
        ("status", "Gone", "“Gone” is none of its labels. Choose “Plan”, “Done”, “plan b”."),
        ("number", True, "“True” is no number. Write it like 1250.5, or leave it empty."),
        ("number", "1e5", "is no number"),
        ("number", math.nan, "too large"),
        ("number", math.inf, "too large"),
        pytest.param("number", 10**400, "too large", id="a number of 401 digits"),
        ("number", "9" * 90, "too large"),
        ("date", "2026-02-30", "“2026-02-30” is no date. Write it like 2026-11-21, or leave it empty."),
        ("date", 20260221, "is no date"),
        ("text", "x" * (TEXT_MAX + 1), "the text has 10,001 characters. Shorten it to at most 10,000."),
        ("text", "a\0b", "the text has the character NUL in it."),
        ("text", "\ud800", "the text has half a character in it."),
        ("text", {"a": 1}, "is no text"),
        ("people", [str(LEFT)], "this person has left and cannot be chosen any more."),
        ("people", ["x"], "this company has no such person."),
        ("people", [HERE] * (PEOPLE_MAX + 1), "that are 101 people. Choose at most 100."),
        ("link", "javascript:alert(1)", "that is neither a job nor an address."),
        ("link", "https://a b", "neither a job nor an address"),
        ("link", "https://" + "a" * 2000, "neither a job nor an address"),
        ("link", "https://a\0", "neither a job nor an address"),
        ("link", 7, "neither a job nor an address"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(kind: str, given_: Any, told: str) -> None:
    with pytest.raises(BadInputError) as refused:
        checked(column(ColumnKind(kind)), given_, PEOPLE)
    assert told in str(refused.value)


def test_who_has_left_stays_where_they_are() -> None:
    people = column(ColumnKind.PEOPLE)
    stranger = str(UUID(int=3))
    kept = checked(people, [LEFT, HERE, stranger], PEOPLE, before=[str(LEFT), stranger])
    assert kept == [str(LEFT), str(HERE), stranger]
