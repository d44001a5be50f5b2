"""What becomes of a form that two people filled in at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.jobs.model import Cause, Change, Subject, What
from tiebeam.operations.audit.model import Actor, ActorKind
from tiebeam.web.pages.work_merge import merged

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.req("L6")

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ME, OTHER = "me", "other"
FIELDS = ("a", "b")
VALUES = (None, "x", "y", "z")


def change(number: int, field: str | None, before: Any, after: Any, by: str = OTHER) -> Change:
    who = Actor(ActorKind.PERSON, by, f"{by}@alder.test")
    id_ = UUID(int=1)
    return Change(
        number, AT, Subject.ITEM, id_, None, What.CHANGED, field, before, after, number, who, Cause(id_)
    )


def newest_first(*changes: Change) -> Sequence[Change]:
    return changes[::-1]


def test_what_nobody_else_touched_is_written() -> None:
    found = merged({"a": "x"}, {"a": "w"}, (), ME)
    assert (found.wanted, found.clashes) == ({"a": "x"}, [])


def test_what_stands_as_it_was_seen_takes_nothing_back() -> None:
    found = merged({"a": "x"}, {"a": "y"}, [change(2, "a", "x", "y")], ME)
    assert (found.wanted, found.clashes) == ({}, [])


def test_what_both_changed_is_asked_about_with_who_came_last() -> None:
    since = newest_first(change(2, "a", "x", "y"), change(3, "a", "y", "z", "third"))
    found = merged({"a": "w"}, {"a": "z"}, since, ME)
    ((clash),) = found.clashes
    assert found.wanted == {}
    assert (clash.mine, clash.theirs, clash.by.id) == ("w", "z", "third")


def test_what_was_changed_and_changed_back_is_written() -> None:
    since = newest_first(change(2, "a", "x", "y"), change(3, "a", "y", "x"))
    assert merged({"a": "w"}, {"a": "x"}, since, ME).wanted == {"a": "w"}


def test_what_one_changed_oneself_is_known() -> None:
    assert merged({"a": "w"}, {"a": "y"}, [change(2, "a", "x", "y", ME)], ME).wanted == {"a": "w"}


@pytest.mark.parametrize(("typed", "kept"), [("", None), ("", []), ("a\nb", "a\r\nb"), ("a", " a ")])
def test_what_a_form_carries_otherwise_is_the_same(typed: str, kept: Any) -> None:
    assert merged({"a": typed}, {"a": kept}, (), ME).wanted == {}


@given(
    edits=st.lists(
        st.tuples(st.sampled_from(FIELDS), st.sampled_from(VALUES), st.sampled_from((ME, OTHER))), max_size=8
    ),
    typed=st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(VALUES)),
    seen_at=st.integers(0, 8),
)
def test_nothing_of_others_is_overwritten_unseen_and_nothing_typed_is_lost(
    edits: list[tuple[str, Any, str]], typed: dict[str, Any], seen_at: int
) -> None:
    now: dict[str, Any] = dict.fromkeys(FIELDS)
    history: list[tuple[dict[str, Any], Change | None]] = [(dict(now), None)]
    for number, (field, value, by) in enumerate(edits, 2):
        told = change(number, field, now[field], value, by)
        now = {**now, field: value}
        history.append((now, told))
    seen = history[min(seen_at, len(history) - 1)][0]
    since = [told for _, told in history[min(seen_at, len(history) - 1) + 1 :] if told]
    found = merged(typed, now, since[::-1], ME)
    clashing = {one.field for one in found.clashes}
    for field, value in typed.items():
        others = [one for one in since if one.field == field and one.actor.id == OTHER]
        if field in found.wanted:
            assert found.wanted[field] == value != now[field]
            known = {seen[field]} | {one.after for one in since if one.field == field and one.actor.id == ME}
            assert now[field] in known or not others
        elif field not in clashing:
            # It is there already, or nobody typed it: it stands as it was seen, or as one left it oneself.
            assert value == now[field] or others
    assert not clashing & set(found.wanted)
