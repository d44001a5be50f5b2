from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tiebeam.kernel.errors import Owner
from tiebeam.push.catalogue import CATALOGUE, trouble
from tiebeam.push.machine import TRANSITIONS, StepEvent, follow, states_before
from tiebeam.push.model import (
    Blocked,
    Intent,
    IntentState,
    PlannedStep,
    Receipt,
    Step,
    Steps,
    StepState,
)
from tiebeam.push.plan import (
    Conflict,
    Doubt,
    Look,
    Merge,
    Planning,
    Rest,
    Send,
    all_there,
    filled,
    further,
    merge,
    next_act,
    standing,
)

S, E = StepState, StepEvent
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)
SETTLE = 60.0


def planned(name: str, *needs: str, best_effort: bool = False, **payload: Any) -> PlannedStep:
    return PlannedStep(name, "line", needs, payload, best_effort)


def step(name: str, state: StepState = S.PLANNED, *needs: str, photo: bool = False, **known: Any) -> Step:
    begun = NOW - timedelta(seconds=1) if state in (S.SENDING, S.UNCERTAIN) else None
    return Step(planned(name, *needs, best_effort=photo), state, **{"sent_at": begun, **known})


def intent(**known: Any) -> Intent:
    usual: dict[str, Any] = {
        "id": UUID(int=1),
        "document_kind": "tm_ticket",
        "document_id": UUID(int=2),
        "number": "TM-1",
        "project": "7",
        "target": "folder",
        "state": IntentState.OPEN,
        "plan_due": False,
        "planned_version": 1,
        "sent_stands": False,
        "next_at": NOW,
        "trouble": None,
        "wanted_by": "somebody",
        "wanted_at": NOW,
        "trigger": "button",
        "correlation_id": "c",
        "done_at": None,
    }
    return Intent(**usual | known)


@pytest.mark.req("P14")
def test_nothing_leaves_doubt_to_be_sent_before_it_was_looked_for() -> None:
    assert TRANSITIONS[S.UNCERTAIN][E.NOT_THERE] is S.PLANNED
    leads_to_sending = {state for state, events in TRANSITIONS.items() if S.SENDING in events.values()}
    assert leads_to_sending == {S.PLANNED, S.RETRY_AT}
    assert [one for one in E if S.PLANNED in {follow(s, one) for s in states_before(one)}] == [E.NOT_THERE]
    assert states_before(E.NOT_THERE) == (S.UNCERTAIN,)


def test_what_is_done_stays_done() -> None:
    assert not TRANSITIONS[S.DONE]
    with pytest.raises(ValueError, match="done cannot be told begin"):
        follow(S.DONE, E.BEGIN)


def test_an_event_leads_to_one_state_wherever_it_happens() -> None:
    for event in StepEvent:
        assert len({follow(state, event) for state in states_before(event)}) == 1


def test_a_plan_must_be_one_that_can_be_carried_out() -> None:
    with pytest.raises(ValueError, match="two steps are called a"):
        Steps((planned("a"), planned("a")))
    with pytest.raises(ValueError, match="no earlier step"):
        Steps((planned("a", "b"), planned("b")))
    with pytest.raises(ValueError, match="which may fail"):
        Steps((planned("a", best_effort=True), planned("b", "a")))
    with pytest.raises(ValueError, match="does not need"):
        Steps((planned("a"), planned("b", entry={"$receipt": "a"})))


def test_placeholders_give_way_to_what_was_made() -> None:
    receipts = {"entry": Receipt("41", {}, NOW)}
    payload = {"of": [{"$receipt": "entry"}], "plain": {"hours": "7.5"}}
    assert filled(payload, receipts) == {"of": ["41"], "plain": {"hours": "7.5"}}
    with pytest.raises(KeyError):
        filled({"$receipt": "other"}, receipts)


@pytest.mark.parametrize(
    ("steps", "at", "act"),
    [
        ([step("a", S.SENDING)], NOW, Rest(NOW + timedelta(seconds=59))),
        ([step("a", S.SENDING)], LATER + timedelta(seconds=30), Doubt),
        ([step("a", S.UNCERTAIN)], NOW, Rest(NOW + timedelta(seconds=59))),
        ([step("a", S.UNCERTAIN)], LATER + timedelta(seconds=30), Look),
        ([step("a", S.DONE), step("b", S.PLANNED, "a")], NOW, Send),
        ([step("a", S.BLOCKED), step("b", S.PLANNED, "a")], NOW, Rest(None)),
        ([step("a", S.RETRY_AT, next_at=LATER)], NOW, Rest(LATER)),
        ([step("a", S.DONE)], NOW, Rest(None)),
    ],
)
def test_what_is_next(steps: list[Step], at: datetime, act: Any) -> None:
    found = next_act(intent(), steps, 1, at, SETTLE)
    assert found == act if isinstance(act, Rest) else isinstance(found, act)


def test_an_edit_is_planned_once_nothing_is_in_doubt() -> None:
    assert next_act(intent(), [step("a", S.DONE)], 2, NOW, SETTLE) == Planning()
    assert isinstance(next_act(intent(), [step("a", S.UNCERTAIN)], 2, NOW, SETTLE), Rest)
    assert next_act(intent(done_at=NOW), [step("a", S.DONE)], 2, NOW, SETTLE) == Rest(None)


def test_what_failed_lately_does_not_keep_others_waiting() -> None:
    steps = [step("a", S.RETRY_AT, next_at=NOW - timedelta(seconds=1)), step("b")]
    assert next_act(intent(), steps, 1, NOW, SETTLE) == Send(steps[1])


@pytest.mark.req("P15")
@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([step("a", S.DONE), step("p", S.DONE, photo=True)], IntentState.DONE),
        ([step("a", S.DONE), step("p", S.BLOCKED, photo=True)], IntentState.DONE_WITH_FAILURES),
        ([step("a", S.DONE), step("p", S.RETRY_AT, photo=True)], IntentState.OPEN),
        (
            [step("a", S.DONE), step("p", S.DEAD, photo=True), step("q", S.PLANNED, "p", photo=True)],
            IntentState.DONE_WITH_FAILURES,
        ),
        ([step("a", S.DONE), step("b", S.BLOCKED)], IntentState.BLOCKED),
        ([step("a", S.DEAD), step("b", S.PLANNED, "a")], IntentState.FAILED),
        ([step("a", S.UNCERTAIN)], IntentState.OPEN),
    ],
)
def test_how_a_document_stands(steps: list[Step], state: IntentState) -> None:
    assert standing(steps) is state


def test_of_nothing_planned_nothing_is_there() -> None:
    assert not all_there([])
    assert all_there([step("a", S.DONE), step("p", S.BLOCKED, photo=True)])


@pytest.mark.req("P13")
def test_what_was_sent_already_is_not_sent_differently() -> None:
    known = [Step(planned("a", title="Old"), S.DONE), Step(planned("b"), S.BLOCKED), Step(planned("c"))]
    wanted = Steps((planned("a", title="New"), planned("b", hours="8")))
    assert merge(known, wanted, sent_stands=False) == Conflict(("a",))
    assert merge(known, wanted, sent_stands=True) == Merge(("a",), (wanted.steps[1],), ("c",))


def test_a_photo_that_was_sent_and_taken_out_again_is_no_conflict() -> None:
    photo = planned("photo", best_effort=True, title="riser.jpg")
    wanted = Steps((planned("a"),))
    assert merge([Step(photo, S.DONE)], wanted, sent_stands=False) == Merge(("photo",), wanted.steps, ())
    gone = [Step(planned("line"), S.DONE)]
    assert merge(gone, wanted, sent_stands=False) == Conflict(("line",))


def test_beside_what_is_there_only_what_is_new_is_made() -> None:
    there = (step("entry", S.DONE), step("photo", S.DEAD, photo=True), step("tie-1", S.BLOCKED, "entry"))
    wanted = Steps((planned("tie-2", "entry"),), made=frozenset({"entry"}))
    assert further(there, wanted) == Merge(("entry",), wanted.steps, ("tie-1",))
    again = (*there, step("tie-2", S.DONE, "entry"))
    assert further(again, wanted).put == ()
    edited = Steps((planned("entry", text="other"),), made=frozenset({"entry"}))
    assert further(there, edited).put == ()


def test_what_is_there_is_planned_again_for_what_was_chosen_beside_it_alone() -> None:
    there = intent(done_at=NOW, planned_version=1, plan_due=False)
    assert next_act(there, (step("entry", S.DONE),), 2, NOW, SETTLE) == Rest(None)
    chosen = replace(there, plan_due=True)
    assert next_act(chosen, (step("entry", S.DONE),), 1, NOW, SETTLE) == Planning()
    assert next_act(chosen, (step("tie-1", S.UNCERTAIN, next_at=LATER),), 1, NOW, SETTLE) != Planning()


def test_every_trouble_says_who_can_mend_it_and_how() -> None:
    for code, entry in CATALOGUE.items():
        assert code.startswith("push.")
        assert entry.cause.endswith(".")
        assert entry.action.endswith(".")
        assert isinstance(entry.owner, Owner)
    told = trouble("push.given_up", "503")
    assert isinstance(told, Blocked)
    assert told.cause.endswith("(503)")
