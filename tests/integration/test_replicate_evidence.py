"""What is taken for deleted, what for hidden, and what waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.procore_desk import ProcoreDesk
from tests.factories.replicas import Copy

from tiebeam.replicate.model import State
from tiebeam.simulators.base.faults import FaultRule, Faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.connectors.ports import Detail, Reader, Refusal
    from tiebeam.identity.model import Tenant
    from tiebeam.store.pool import Store


async def states(copy: Copy, view: str) -> dict[str, State]:
    return {key: State(row.state) for key, row in (await copy.find(view, deleted=True)).items()}


async def test_one_sweep_proves_nothing_and_two_do(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    kept, gone = desk.put("images", filename="a.jpg"), desk.put("images", filename="b.jpg")
    copy = Copy(desk, store, tenant.id, "images")
    await copy.sync()
    desk.state.delete("images", gone)
    await copy.sync(full=True)
    assert await states(copy, "images") == {str(kept): State.LIVE, str(gone): State.LIVE}
    await copy.sync(full=True)
    assert await states(copy, "images") == {str(kept): State.LIVE, str(gone): State.DELETED}


async def test_what_a_sweep_sees_again_was_never_missed(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    image = desk.put("images", filename="a.jpg")
    copy = Copy(desk, store, tenant.id, "images")
    await copy.sync()
    for _ in range(3):
        desk.state.hide("images", image)
        await copy.sync(full=True)
        desk.state.unhide("images", image)
        await copy.sync(full=True)
    assert await states(copy, "images") == {str(image): State.LIVE}


async def test_two_misses_with_a_sighting_between_them_prove_nothing(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    image = desk.put("images", filename="a.jpg")
    copy = Copy(desk, store, tenant.id, "images")
    await copy.sync()
    for hidden in (True, False, True):
        (desk.state.hide if hidden else desk.state.unhide)("images", image)
        await copy.sync(full=True)
    assert await states(copy, "images") == {str(image): State.LIVE}


@pytest.mark.req("R6")
async def test_the_recycle_bin_proves_at_once_and_restoring_undoes_it(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    document = desk.put("documents", name="Plan.pdf")
    copy = Copy(desk, store, tenant.id, "documents")
    await copy.sync()
    desk.state.delete("documents", document)
    await copy.sync()
    assert await states(copy, "documents") == {str(document): State.DELETED}
    assert await copy.find("documents") == {}
    desk.state.restore("documents", document)
    await copy.sync()
    assert await states(copy, "documents") == {str(document): State.LIVE}


@pytest.mark.req("R6")
async def test_a_record_that_cannot_be_seen_is_hidden_and_not_deleted(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    document = desk.put("documents", name="Salaries.pdf")
    copy = Copy(desk, store, tenant.id, "documents")
    await copy.sync()
    desk.state.hide("documents", document)
    for _ in range(3):
        await copy.sync(full=True)
    assert await states(copy, "documents") == {str(document): State.HIDDEN}
    desk.state.unhide("documents", document)
    await copy.sync(full=True)
    assert await states(copy, "documents") == {str(document): State.LIVE}


@pytest.mark.parametrize("status", [403, 404, 422])
async def test_a_refusal_deletes_nothing(store: Store, tenant: Tenant, status: int) -> None:
    desk = ProcoreDesk()
    image = desk.put("images", filename="a.jpg")
    copy = Copy(desk, store, tenant.id, "images")
    await copy.sync()
    desk.simulator.faults = Faults(1, [FaultRule("status", "images", status=status)])
    for _ in range(3):
        await copy.sync(full=True)
    assert State.DELETED not in (await states(copy, "images")).values()
    desk.simulator.stop_faults()
    await copy.sync(full=True)
    assert await states(copy, "images") == {str(image): State.LIVE}


async def test_a_lost_project_hides_its_records_and_a_regained_one_shows_them(
    store: Store, tenant: Tenant
) -> None:
    desk = ProcoreDesk()
    project_id = int(next(iter(desk.state.rows("projects")))["id"])
    document = desk.put("documents", name="Plan.pdf")
    copy = Copy(desk, store, tenant.id, "documents")
    await copy.sync()
    desk.state.permit_project(project_id, allowed=False)
    for _ in range(3):
        await copy.sync(full=True)
    assert await states(copy, "documents") == {str(document): State.HIDDEN}
    desk.state.permit_project(project_id, allowed=True)
    for _ in range(2):
        await copy.sync(full=True)
    assert await states(copy, "documents") == {str(document): State.LIVE}


async def test_a_log_that_moved_to_a_day_out_of_sight_is_not_taken_for_deleted(
    store: Store, tenant: Tenant
) -> None:
    desk = ProcoreDesk()
    for day in ("2025-12-01", "2026-03-01"):
        desk.put("daily_log_headers", log_date=day)
    log = desk.put("manpower_logs", date="2026-03-01", num_workers=4, status="approved")
    copy = Copy(desk, store, tenant.id, "manpower_logs", "daily_log_headers")
    await copy.sync()
    desk.state.update("manpower_logs", log, {"date": "2025-12-01"})
    for _ in range(3):
        await copy.sync()
    assert await states(copy, "manpower_logs") == {str(log): State.LIVE}
    await copy.sync(full=True)
    assert (await copy.find("manpower_logs"))[str(log)].payload["date"] == "2025-12-01"
    desk.state.delete("manpower_logs", log)
    for _ in range(2):
        await copy.sync(full=True)
    assert await states(copy, "manpower_logs") == {str(log): State.DELETED}


async def test_a_row_that_vanishes_as_another_appears_is_noticed_by_way_of_the_bin(
    store: Store, tenant: Tenant
) -> None:
    desk = ProcoreDesk()
    rows = [desk.put("submittals", title=str(number)) for number in range(6)]
    desk.simulator.faults = Faults(
        1,
        [
            FaultRule(
                "change_between_pages", "submittals.*page=1", change="delete", record_id=rows[0], count=1
            ),
            FaultRule(
                "change_between_pages", "submittals.*page=1", change="insert", record_id=rows[1], count=1
            ),
        ],
    )
    copy = Copy(desk, store, tenant.id, "submittals", per_page=3)
    first = await copy.sync()
    assert first.tally.unsettled == 1, "Total was the same on both pages, and yet a row was missed"
    await copy.sync()
    assert set(map(str, rows[1:])) <= (await copy.find("submittals")).keys()


async def test_a_detail_refused_once_is_asked_for_again(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk(FaultRule("status", r"rfis/\d+", status=404, count=1))
    rfi = desk.put("rfis", subject="Which anchor?")
    copy = Copy(desk, store, tenant.id, "rfis")
    first = await copy.sync()
    assert (first.details_owed, await copy.find("rfis")) == (1, {})
    await copy.sync(after_hours=0.2)
    assert (await copy.find("rfis"))[str(rfi)].payload["subject"] == "Which anchor?"


@pytest.mark.req("R12")
async def test_what_is_owed_counts_among_the_calls_that_are_left(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    for number in range(12):
        desk.put("rfis", subject=f"Which anchor, {number}?")
    copy, told = Copy(desk, store, tenant.id, "rfis"), []
    slow: Any = _Slow(desk)
    await copy.sync(reader=slow, on_progress=lambda one: told.append((one.tally.details, one.calls_left)))
    left = [calls for details, calls in told if details and calls is not None]
    assert len(left) == 12
    assert left == sorted(left, reverse=True)
    assert (left[0], left[-1]) == (11, 0)


@pytest.mark.req("R2")
async def test_a_change_in_the_second_of_the_fetch_is_not_overlooked(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    rfi = desk.put("rfis", subject="Which anchor?", questions=[{"id": 1, "body": "Which anchor?"}])
    copy = Copy(desk, store, tenant.id, "rfis")
    await copy.sync()
    desk.clock.advance(600)
    desk.put("rfi_replies", rfi, body="M12", question_id=1)
    meddler: Any = _Meddler(desk, lambda: desk.put("rfi_replies", rfi, body="No, M16", question_id=1))
    await copy.sync(reader=meddler, after_hours=0)
    await copy.sync()
    assert meddler.meddled
    payload = (await copy.find("rfis"))[str(rfi)].payload
    assert [answer["body"] for answer in payload["questions"][0]["answers"]] == ["M12", "No, M16"]


async def test_a_detail_refused_time_and_again_is_given_up_until_the_next_sweep(
    store: Store, tenant: Tenant
) -> None:
    desk = ProcoreDesk(FaultRule("status", r"rfis/\d+", status=404))
    rfi = desk.put("rfis", subject="Which anchor?")
    copy = Copy(desk, store, tenant.id, "rfis")
    owed = [(await copy.sync(after_hours=0.2)).details_owed for _ in range(4)]
    assert owed == [1, 1, 0, 0]
    desk.simulator.stop_faults()
    await copy.sync(full=True)
    assert str(rfi) in await copy.find("rfis")


async def test_a_late_detail_does_not_bring_back_what_was_deleted_meanwhile(
    store: Store, tenant: Tenant
) -> None:
    desk = ProcoreDesk()
    meeting = desk.put("meetings", title="Kick-off", group_title="Site")
    copy = Copy(desk, store, tenant.id, "meetings")
    await copy.sync()
    desk.simulator.faults = Faults(1, [FaultRule("status", r"meetings/\d+", status=500)])
    desk.state.update("meetings", meeting, {"title": "Kick-off, moved"})
    await copy.sync()
    desk.simulator.stop_faults()
    desk.state.delete("meetings", meeting)
    for _ in range(3):
        await copy.sync(after_hours=3)
        assert await states(copy, "meetings") == {str(meeting): State.DELETED}


class _Slow:
    """A reader that takes a second for each detail."""

    def __init__(self, desk: ProcoreDesk) -> None:
        self._desk = desk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk.reader, name)

    async def detail(self, *asked: Any) -> Detail | Refusal:
        self._desk.clock.advance(1)
        return await self._desk.reader.detail(*asked)


class _Meddler:
    """A reader beside whom somebody changes a record as soon as its detail was fetched."""

    def __init__(self, desk: ProcoreDesk, change: Callable[[], object]) -> None:
        self._reader: Reader = desk.reader
        self._change = change
        self.meddled = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    async def detail(self, *asked: Any) -> Detail | Refusal:
        answer = await self._reader.detail(*asked)
        if not self.meddled:
            self._change()
            self.meddled = True
        return answer


@pytest.fixture
def crowded() -> ProcoreDesk:
    desk = ProcoreDesk()
    for number in range(30):
        desk.put("documents", name=f"{number}.pdf")
    return desk


async def delete_all(desk: ProcoreDesk) -> None:
    for row in desk.state.rows("documents"):
        desk.state.delete("documents", row["id"])


@pytest.mark.req("R6")
async def test_a_mass_deletion_waits_and_is_applied_when_a_person_approves(
    store: Store, tenant: Tenant, crowded: ProcoreDesk
) -> None:
    copy = Copy(crowded, store, tenant.id, "documents")
    await copy.sync()
    await delete_all(crowded)
    report = await copy.sync()
    assert (report.tally.held, report.tally.deleted) == (30, 0)
    assert len(await copy.find("documents")) == 30
    back = int(crowded.state.rows("documents", deleted=True)[0]["id"])
    crowded.state.restore("documents", back)
    await copy.sync()
    for hold in await copy.replica.holds():
        assert await copy.replica.decide_hold(hold.id, approve=True, by="Pat") == 29
        assert await copy.replica.decide_hold(hold.id, approve=True, by="Pat") is None
    assert (await copy.find("documents")).keys() == {str(back)}


async def test_a_mass_deletion_that_is_refused_changes_nothing(
    store: Store, tenant: Tenant, crowded: ProcoreDesk
) -> None:
    copy = Copy(crowded, store, tenant.id, "documents")
    await copy.sync()
    await delete_all(crowded)
    await copy.sync()
    (hold,) = await copy.replica.holds()
    assert await copy.replica.decide_hold(hold.id, approve=False, by="Pat") == 0
    assert len(await copy.find("documents")) == 30
    assert await copy.replica.holds() == []


@pytest.mark.req("R6")
async def test_what_was_deleted_before_it_was_first_seen_says_so(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    gone = desk.put("submittals", title="Gone before we came", number="1")
    desk.state.delete("submittals", gone)
    copy = Copy(desk, store, tenant.id, "submittals")
    await copy.sync()
    await copy.sync(full=True)
    shown = await copy.records.show("procore.submittals", str(gone))
    assert (shown.state, "before it was first seen" in (shown.state_reason or "")) == (State.DELETED, True)
