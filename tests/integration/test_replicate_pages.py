"""A page and its checkpoint are one: a process may die at any statement, and little is read again."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.procore_desk import ProcoreDesk
from tests.factories.replicas import Copy

from tiebeam.connectors.procore.reads import ProcoreReader
from tiebeam.operations.tokens.model import NotConnectedError
from tiebeam.replicate.plan import DETAIL_DAYS
from tiebeam.replicate.pull import StoppedError
from tiebeam.replicate.sync import Pace, Sync, Wish
from tiebeam.simulators.base.faults import FaultRule, Faults
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from tiebeam.connectors.ports import Page, PageRequest, Reader, Refusal
    from tiebeam.identity.model import Tenant

ROWS, PER_PAGE = 7, 3
PAGES = 3
CALLS = 1 + PAGES + 1
"""What a copy takes: the projects, the pages, and the bin, which is empty."""


class Killed(BaseException):
    """The process is gone."""


class Mortal:
    """Dies after so many statements."""

    def __init__(self, statements: int) -> None:
        self.left = statements

    async def after_statement(self, _name: str) -> None:
        self.left -= 1
        if self.left <= 0:
            raise Killed


def desk_with_submittals(*rules: FaultRule) -> ProcoreDesk:
    desk = ProcoreDesk(*rules)
    for number in range(ROWS):
        desk.put("submittals", title=f"Sample {number}", number=str(number))
    return desk


async def kill_a_sync(copy: Copy, url: str, statements: int) -> bool:
    mortal = Mortal(statements)
    store = await Store.open(url, clock=copy.desk.clock, after_statement=mortal.after_statement)
    try:
        await copy.on(store).sync()
    except BaseExceptionGroup as group:
        if group.subgroup(Killed) is None:
            raise
        return True
    except Killed:
        return True
    else:
        return False
    finally:
        mortal.left = 1_000_000
        await store.close()


async def checkpoint(copy: Copy) -> tuple[int, int]:
    """Return the pages that the checkpoint has passed, and the submittals that are there."""
    query = (
        "select coalesce(max(p.next_page), 1) from tiebeam.pull p join tiebeam.feed f on f.id = p.feed_id"
        " where f.connection_id = %(connection)s and f.stream = 'procore.submittals' and p.status = 'running'"
        " and p.segment = 0"
    )
    async with copy.store.transaction(copy.tenant_id) as tx:
        passed = await tx.value(query, {"connection": copy.connection_id}) - 1
    return passed, len(await copy.find("submittals"))


async def run_is_over(copy: Copy) -> bool:
    query = (
        "select count(*) from tiebeam.sync_run where connection_id = %(connection)s and ended_at is not null"
    )
    async with copy.store.transaction(copy.tenant_id) as tx:
        return bool(await tx.value(query, {"connection": copy.connection_id}))


@pytest.mark.req("R2", "R12")
async def test_a_kill_after_any_statement_leaves_page_and_checkpoint_together(
    store: Store, database_url: str, tenant: Tenant
) -> None:
    for statements in count(1):
        desk = desk_with_submittals()
        copy = Copy(desk, store, tenant.id, "submittals", per_page=PER_PAGE)
        killed = await kill_a_sync(copy, database_url, statements)
        passed, there = await checkpoint(copy)
        if killed and there < ROWS:
            assert there == passed * PER_PAGE, f"after statement {statements}"
        calls_before, over = desk.client.calls, await run_is_over(copy)
        report = await copy.sync()
        assert report.failures == []
        assert len(await copy.find("submittals")) == ROWS
        if not killed:
            break
        # A page whose answer was not yet kept is asked for again, and the two that were being read ahead.
        # Once the run is closed, nothing is left to go on with: what comes then is a routine sync of its own.
        allowed = 2 * CALLS if over else CALLS + 3
        assert there == ROWS or not over
        assert desk.client.calls <= allowed, f"{desk.client.calls} after {calls_before}, at {statements}"
    assert statements > 40


async def test_a_pull_goes_on_at_its_page_when_the_vendor_is_back(store: Store, tenant: Tenant) -> None:
    desk = desk_with_submittals(FaultRule("status", "submittals.*page=2", status=500))
    copy = Copy(desk, store, tenant.id, "submittals", per_page=PER_PAGE)
    first = await copy.sync()
    assert [failure.code for failure in first.failures] == ["procore.server_error"]
    assert len(await copy.find("submittals")) == PER_PAGE
    # Now page 1 is out of reach: it is not needed any more.
    desk.simulator.faults = Faults(1, [FaultRule("status", "submittals[^_]*page=1(&|$)", status=422)])
    second = await copy.sync()
    desk.simulator.stop_faults()
    assert len(await copy.find("submittals")) == ROWS
    assert {failure.code for failure in second.failures} <= {"procore.rule_broken"}


async def test_a_page_that_stays_cut_short_is_told_and_harms_nothing_else(
    store: Store, tenant: Tenant
) -> None:
    desk = desk_with_submittals(FaultRule("truncate", "submittals.*page=2"))
    desk.put("documents", name="Plan.pdf")
    copy = Copy(desk, store, tenant.id, "submittals", "documents", per_page=PER_PAGE)
    report = await copy.sync()
    assert [failure.code for failure in report.failures] == ["procore.garbled_answer"]
    assert "tried again" in report.failures[0].action
    assert len(await copy.find("documents")) == 1
    desk.simulator.stop_faults()
    assert (await copy.sync()).failures == []
    assert len(await copy.find("submittals")) == ROWS


async def test_a_page_cut_short_once_is_asked_for_again_at_once(store: Store, tenant: Tenant) -> None:
    desk = desk_with_submittals(FaultRule("truncate", "submittals.*page=2", count=1))
    copy = Copy(desk, store, tenant.id, "submittals", per_page=PER_PAGE)
    assert (await copy.sync()).failures == []
    assert len(await copy.find("submittals")) == ROWS


class _Breaking:
    """A reader with a fault of its own at the second page."""

    def __init__(self, desk: ProcoreDesk) -> None:
        self._reader: Reader = desk.reader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    async def page(self, request: PageRequest) -> Page | Refusal:
        if request.page == 2:
            raise ZeroDivisionError
        return await self._reader.page(request)


async def test_a_fault_of_ours_ends_the_sync_and_keeps_nobody_waiting(store: Store, tenant: Tenant) -> None:
    desk = desk_with_submittals()
    copy = Copy(desk, store, tenant.id, "submittals", per_page=PER_PAGE)
    breaking: Any = _Breaking(desk)
    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.timeout(60):
            await copy.sync(reader=breaking)
    assert raised.group_contains(ZeroDivisionError, depth=1)
    assert len(await copy.find("submittals")) == PER_PAGE
    await copy.sync()
    assert len(await copy.find("submittals")) == ROWS


class _CutOff(_Breaking):
    async def page(self, request: PageRequest) -> Page | Refusal:
        if request.page == 2:
            raise NotConnectedError(
                "The grant has ended.", action="Connect it again.", code="procore.revoked"
            )
        return await self._reader.page(request)


async def test_what_a_person_must_mend_is_raised_bare(store: Store, tenant: Tenant) -> None:
    copy = Copy(desk_with_submittals(), store, tenant.id, "submittals", per_page=PER_PAGE)
    cut_off: Any = _CutOff(copy.desk)
    with pytest.raises(NotConnectedError):
        await copy.sync(reader=cut_off)


async def test_a_sync_that_is_asked_to_stop_keeps_the_page_in_hand(store: Store, tenant: Tenant) -> None:
    desk = desk_with_submittals()
    copy = Copy(desk, store, tenant.id, "submittals", per_page=PER_PAGE)
    desk.clock.advance(60)
    wish, pace = Wish(), Pace(concurrency=1)
    answers = iter([False, True])
    sync = Sync(
        copy.replica,
        ProcoreReader(desk.client, copy.streams),
        desk.clock,
        copy.streams,
        wish,
        pace=pace,
        stopping=lambda: next(answers, True),
    )
    with pytest.raises(StoppedError):
        await sync.run()
    assert await checkpoint(copy) == (1, PER_PAGE)
    await copy.sync()
    assert len(await copy.find("submittals")) == ROWS
    assert desk.client.calls <= CALLS + 2


@pytest.mark.req("R2", "R3")
async def test_a_reply_that_moves_nothing_is_found_within_a_week(store: Store, tenant: Tenant) -> None:
    """Whether a reply moves its RFI's time is not documented: here none does, and nobody tells of it."""
    desk = ProcoreDesk()
    desk.state.children_touch_parents = False
    rfis = [desk.put("rfis", subject=f"RFI {number}", questions=[{"id": 1}]) for number in range(ROWS)]
    copy = Copy(desk, store, tenant.id, "rfis")
    await copy.sync()
    for rfi in rfis:
        desk.put("rfi_replies", rfi, body="The long one", question_id=1)
    before = {key: row.version for key, row in (await copy.find("rfis")).items()}
    asked = []
    for _ in range(DETAIL_DAYS):
        calls = desk.client.calls
        await copy.sync(after_hours=24.1)
        await copy.sync()
        asked.append(desk.client.calls - calls)
    after = {key: row.version for key, row in (await copy.find("rfis")).items()}
    assert after == {key: version + 1 for key, version in before.items()}
    # A day's sweep asks for a part of them, and what comes after it that day for none.
    assert max(asked) < min(asked) + ROWS
    assert sum(asked) == ROWS + DETAIL_DAYS * min(asked)
