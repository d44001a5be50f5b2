from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tiebeam.simulators.base.clock import ManualClock
from tiebeam.simulators.procore.resources import DAILY_LOG_KINDS, RESOURCES
from tiebeam.simulators.procore.state import ProcoreState

PROJECT = 5


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 2, 15, 30, 5, 900_000, tzinfo=UTC))


@pytest.fixture
def state(clock: ManualClock) -> ProcoreState:
    made = ProcoreState(1000, clock.now, 1)
    made.insert("projects", {"id": PROJECT, "name": "Tower"})
    return made


def test_a_new_record_gets_an_id_beyond_32_bits_and_moments_of_whole_seconds(state: ProcoreState) -> None:
    rfi = state.insert("rfis", {"subject": "Which anchor?"}, project_id=PROJECT)
    assert rfi["id"] > 2**32
    assert rfi["created_at"] == rfi["updated_at"] == "2026-03-02T15:30:05Z"


def test_version_2_ids_are_sortable_strings_that_never_fall(state: ProcoreState, clock: ManualClock) -> None:
    made = [state.insert("schedules", {}, project_id=PROJECT)["id"] for _ in range(5)]
    clock.advance(60)
    made.append(state.insert("schedules", {}, project_id=PROJECT)["id"])
    assert made == sorted(set(made))
    assert {len(each) for each in made} == {26}


def test_the_same_seed_gives_the_same_ids(clock: ManualClock) -> None:
    def ids(seed: int) -> list[str]:
        state = ProcoreState(1, clock.now, seed)
        return [state.insert("schedules", {}, project_id=PROJECT)["id"] for _ in range(3)]

    assert ids(7) == ids(7) != ids(8)


def test_a_given_id_is_kept_and_cannot_be_given_twice(state: ProcoreState) -> None:
    state.insert("rfis", {"id": 2**62}, project_id=PROJECT)
    assert state.insert("rfis", {}, project_id=PROJECT)["id"] == 2**62 + 1
    with pytest.raises(ValueError, match="exists already"):
        state.insert("rfis", {"id": 2**62}, project_id=PROJECT)


def test_an_update_bumps_the_moment_unless_told_not_to(state: ProcoreState, clock: ManualClock) -> None:
    rfi = state.insert("rfis", {"subject": "a"}, project_id=PROJECT)
    clock.advance(10)
    state.update("rfis", rfi["id"], {"subject": "b"}, touch=False)
    assert (rfi["subject"], rfi["updated_at"]) == ("b", "2026-03-02T15:30:05Z")
    state.update("rfis", rfi["id"], {"subject": "c"})
    assert rfi["updated_at"] == "2026-03-02T15:30:15Z"


def test_a_null_updated_at_can_be_kept(state: ProcoreState) -> None:
    rfi = state.insert("rfis", {"updated_at": None}, project_id=PROJECT)
    assert rfi["updated_at"] is None


def test_a_recycled_record_is_marked_and_comes_back_clean(state: ProcoreState) -> None:
    rfi_id = state.insert("rfis", {}, project_id=PROJECT)["id"]
    state.delete("rfis", rfi_id)
    assert state.rows("rfis") == []
    assert [row["deleted"] for row in state.rows("rfis", deleted=True)] == [True]
    assert state.get("rfis", rfi_id)["deleted_at"] == "2026-03-02T15:30:05Z"
    state.restore("rfis", rfi_id)
    assert state.get("rfis", rfi_id)["deleted_at"] is None
    assert len(state.rows("rfis", project_id=PROJECT)) == 1


@pytest.mark.parametrize("kind", [*DAILY_LOG_KINDS, "tasks", "specification_sections"])
def test_what_has_no_recycle_bin_is_gone_for_good(state: ProcoreState, kind: str) -> None:
    log = state.insert(kind, {"date": "2026-03-01"}, project_id=PROJECT)
    state.delete(kind, log["id"])
    assert state.rows(kind, deleted=True) == []
    with pytest.raises(KeyError, match="insert it first"):
        state.restore(kind, log["id"])


def test_inactive_follows_the_field_and_the_deletion(state: ProcoreState) -> None:
    vendor = state.insert("vendors", {"name": "Ace", "is_active": False})
    assert state.rows("vendors") == []
    state.update("vendors", vendor["id"], {"is_active": True})
    assert state.rows("vendors") == [vendor]
    state.delete("vendors", vendor["id"])
    assert vendor["is_active"] is False


def test_hiding_takes_a_record_out_of_lists_and_bin_alike(state: ProcoreState) -> None:
    rfi_id = state.insert("rfis", {}, project_id=PROJECT)["id"]
    state.hide("rfis", rfi_id)
    assert state.rows("rfis") == []
    assert state.rows("rfis", deleted=True) == []
    state.unhide("rfis", rfi_id)
    assert len(state.rows("rfis")) == 1


def test_purging_leaves_nothing(state: ProcoreState) -> None:
    rfi_id = state.insert("rfis", {}, project_id=PROJECT)["id"]
    state.delete("rfis", rfi_id)
    state.purge("rfis", rfi_id)
    assert state.rows("rfis", deleted=True) == []
    with pytest.raises(KeyError):
        state.get("rfis", rfi_id)


def test_a_member_repeats_its_id_in_every_project(state: ProcoreState) -> None:
    state.insert("projects", {"id": 6})
    for project_id in (5, 6):
        state.insert("project_vendors", {"id": 77, "name": f"in {project_id}"}, project_id=project_id)
    state.update("project_vendors", 77, {"name": "changed"}, project_id=6)
    assert state.get("project_vendors", 77, project_id=5)["name"] == "in 5"
    assert state.get("project_vendors", 77, project_id=6)["name"] == "changed"


@pytest.mark.parametrize("touches", [True, False])
def test_a_reply_bumps_its_rfi_as_the_switch_says(
    state: ProcoreState, clock: ManualClock, *, touches: bool
) -> None:
    state.children_touch_parents = touches
    rfi = state.insert("rfis", {}, project_id=PROJECT)
    clock.advance(60)
    state.insert("rfi_replies", {}, project_id=PROJECT, parent_id=rfi["id"])
    assert (rfi["updated_at"] == "2026-03-02T15:31:05Z") is touches


def test_rows_come_by_id_whatever_the_order_they_were_put_in(state: ProcoreState) -> None:
    for record_id in (30, 10, 20):
        state.insert("rfis", {"id": record_id}, project_id=PROJECT)
    assert [row["id"] for row in state.rows("rfis", project_id=PROJECT)] == [10, 20, 30]


def test_scopes_are_demanded(state: ProcoreState) -> None:
    with pytest.raises(ValueError, match="give project_id"):
        state.insert("rfis", {})
    with pytest.raises(ValueError, match="give parent_id"):
        state.insert("rfi_replies", {}, project_id=PROJECT)
    with pytest.raises(KeyError, match="no resource"):
        state.insert("rfi", {}, project_id=PROJECT)


def test_tools_are_on_until_switched_off_and_unknown_ones_are_refused(state: ProcoreState) -> None:
    assert state.tool_enabled(PROJECT, "rfis")
    state.set_tool(PROJECT, "rfis", False)
    assert not state.tool_enabled(PROJECT, "rfis")
    with pytest.raises(ValueError, match="no tool"):
        state.set_tool(PROJECT, "fax", False)


def test_every_resource_of_the_table_can_be_filled_and_emptied(state: ProcoreState) -> None:
    for name, kind in RESOURCES.items():
        project_id = None if kind.scope == "company" else PROJECT
        parent_id = 1 if kind.scope == "parent" else None
        record_id = state.insert(name, {"name": "x"}, project_id=project_id, parent_id=parent_id)["id"]
        state.delete(name, record_id)
        assert record_id not in [row["id"] for row in state.rows(name)], name


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 1, 1))  # noqa: DTZ001 - the naive one is the very case
