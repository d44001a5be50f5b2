"""What becomes of a document when its target blocks, waits, fails for ever, or answers late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from tests.push_sim.world import TablePapers

from tiebeam.kernel.backoff import Backoff
from tiebeam.kernel.errors import Owner
from tiebeam.push import runner as runner_module
from tiebeam.push.board.repository import Board
from tiebeam.push.errors import BusyError, UncertainError
from tiebeam.push.model import Blocked, PlannedStep, Receipt, Steps, Waiting, Wish
from tiebeam.push.plan import Rest
from tiebeam.push.repository import Ledger
from tiebeam.push.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.push.board.model import Standing
    from tiebeam.push.model import Paper, Plan
    from tiebeam.store.pool import Store

ONE_STEP = Steps((PlannedStep("entry", "entry", (), {"title": "Riser"}),))
TWO_STEPS = Steps((*ONE_STEP.steps, PlannedStep("line", "line", ("entry",), {"of": {"$receipt": "entry"}})))


class Scripted:
    """A target that does what a test says."""

    name = "scripted"
    settle_seconds = 60.0

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.planned: Plan = ONE_STEP
        self.there: dict[str, Receipt] = {}
        self.sent: list[tuple[str, Any]] = []
        self.before: Callable[[], Awaitable[None]] | None = None
        self.error: Exception | None = None

    async def plan(self, paper: Paper) -> Plan:
        del paper
        return self.planned

    async def look(self, step: PlannedStep, receipts: Any, paper: Paper) -> Receipt | None:
        del receipts, paper
        return self.there.get(step.name)

    async def send(self, step: PlannedStep, receipts: Any, paper: Paper) -> Receipt:
        del receipts, paper
        if self.before:
            await self.before()
        if self.error:
            raise self.error
        self.sent.append((step.name, step.payload))
        self.there[step.name] = Receipt(f"id-{step.name}", {"ok": True}, self.clock.now())
        return self.there[step.name]


class Desk:
    """A document, a target, and who carries the one to the other."""

    def __init__(self, store: Store, tenant: Tenant, clock: ManualClock) -> None:
        self.target = Scripted(clock)
        self.papers = OnePaper(tenant.id)
        self.ledger = Ledger(store, tenant.id, clock, self.papers)
        self.board = Board(store, tenant.id)
        self.runner = Runner(self.ledger, {"scripted": self.target}, clock, chance=lambda: 0.5)

    async def pressed(self, target: str = "scripted") -> UUID:
        wish = Wish("tm_ticket", self.papers.id, "TM-1", "7", target)
        (intent_id,) = await self.ledger.want([wish], by="somebody", trigger="button")
        return intent_id

    async def stands(self, intent_id: UUID) -> Standing:
        found = await self.board.one(intent_id)
        assert found is not None
        return found


class OnePaper(TablePapers):
    """One document that is there unless it was taken back."""

    def __init__(self, tenant_id: UUID) -> None:
        super().__init__(tenant_id)
        self.id = uuid4()
        self.version = 1
        self.taken_back = False
        self.project = "7"
        self.sealed: list[int] = []

    async def get(self, tx: Any, document_id: UUID, target: str) -> Paper | None:
        del tx, target
        found = self.paper(document_id, self.version, {"title": "Riser"})
        return None if self.taken_back else replace(found, project=self.project)

    async def seal(self, tx: Any, paper: Paper, target: str, at: Any) -> None:
        del tx, target, at
        self.sealed.append(paper.version)


@pytest.fixture
def desk(store: Store, tenant: Tenant, clock: ManualClock) -> Desk:
    return Desk(store, tenant, clock)


@pytest.mark.req("P7")
async def test_what_blocks_a_plan_is_told_and_nothing_is_sent(desk: Desk) -> None:
    desk.target.planned = Blocked(
        "x.contract", "No contract.", Owner.ADMIN, "Choose one.", "contract", "/fix"
    )
    intent_id = await desk.pressed()
    assert await desk.runner.run(intent_id) == Rest(None)
    standing = await desk.stands(intent_id)
    assert (standing.state, standing.code, standing.fix) == ("blocked", "x.contract", "/fix")
    assert not desk.target.sent
    desk.target.planned = ONE_STEP
    assert await desk.pressed() == intent_id
    await desk.runner.run(intent_id)
    standing = await desk.stands(intent_id)
    assert (standing.state, standing.code, desk.papers.sealed) == ("done", None, [1])


@pytest.mark.req("P5")
async def test_what_waits_goes_on_by_itself(desk: Desk, clock: ManualClock) -> None:
    desk.target.planned = Waiting("No change event is chosen yet.")
    intent_id = await desk.pressed()
    rest = await desk.runner.run(intent_id)
    assert rest.until is not None
    assert (await desk.stands(intent_id)).cause == "No change event is chosen yet."
    desk.target.planned = ONE_STEP
    assert await desk.runner.run(intent_id) == rest
    clock.advance((rest.until - clock.now()).total_seconds())
    assert await desk.ledger.due(10) == [intent_id]
    await desk.runner.run(intent_id)
    assert (await desk.stands(intent_id)).state == "done"


async def test_a_target_or_a_map_that_is_missing_is_an_admins_to_mend(desk: Desk) -> None:
    nowhere = await desk.pressed("elsewhere")
    await desk.runner.run(nowhere)
    assert (await desk.stands(nowhere)).code == "push.no_target"
    desk.papers.project = ""
    unmapped = await desk.pressed()
    await desk.runner.run(unmapped)
    assert (await desk.stands(unmapped)).code == "push.project_not_mapped"
    paper = desk.papers.paper(desk.papers.id, 1, {})
    assert isinstance(await desk.runner.preview("elsewhere", paper), Blocked)


async def test_a_document_that_was_taken_back_waits(desk: Desk, clock: ManualClock) -> None:
    intent_id = await desk.pressed()
    desk.papers.taken_back = True
    await desk.runner.run(intent_id)
    assert (await desk.stands(intent_id)).code == "push.not_ready"
    desk.papers.taken_back = False
    clock.advance(600)
    await desk.runner.run(intent_id)
    assert (await desk.stands(intent_id)).state == "done"


@pytest.mark.req("P19")
async def test_a_target_that_is_down_for_ever_is_given_up_until_a_person_wants_more(
    desk: Desk, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "BACKOFF", Backoff(base_seconds=1, wait_seconds_max=1, attempts_max=2))
    desk.target.error = BusyError("503 from the target.")
    intent_id = await desk.pressed()
    for _ in range(2):
        await desk.runner.run(intent_id)
        clock.advance(2)
    standing = await desk.stands(intent_id)
    assert (standing.state, standing.code) == ("failed", "push.given_up")
    assert "503 from the target" in (standing.cause or "")
    desk.target.error = None
    assert await desk.ledger.send_again([intent_id]) == [intent_id]
    await desk.runner.run(intent_id)
    assert (await desk.stands(intent_id)).state == "done"


@pytest.mark.req("P14")
async def test_what_may_have_been_done_is_never_given_up_and_never_repeated_unseen(
    desk: Desk, clock: ManualClock
) -> None:
    desk.target.error = UncertainError("The connection broke.")
    intent_id = await desk.pressed()
    await desk.runner.run(intent_id)
    await desk.ledger.send_again([intent_id])
    rest = await desk.runner.run(intent_id)
    assert rest == Rest(clock.now() + timedelta(seconds=60))
    desk.target.there["entry"] = Receipt("41", {"by": "the lost call"}, clock.now())
    clock.advance(60)
    desk.target.error = AssertionError("it is there: nothing may be sent")
    await desk.runner.run(intent_id)
    (step,) = await desk.board.steps(intent_id)
    assert (step.state, step.vendor_id, step.attempt) == ("done", "41", 1)


@pytest.mark.req("P14")
async def test_who_was_taken_for_dead_and_answers_late_spoils_nothing(desk: Desk, clock: ManualClock) -> None:
    """While the call hangs, another worker looks, finds it and goes on; the answer comes after that."""
    desk.target.planned = TWO_STEPS
    intent_id = await desk.pressed()

    async def hang() -> None:
        desk.target.before = None
        desk.target.there["entry"] = Receipt("id-entry", {"ok": True}, clock.now())
        clock.advance(61)
        await desk.runner.run(intent_id)

    desk.target.before = hang
    await desk.runner.run(intent_id)
    assert (await desk.stands(intent_id)).state == "done"
    events = [(one.name, one.event) for one in await desk.board.attempts(intent_id)]
    assert events == [
        ("entry", "begin"),
        ("entry", "unanswered"),
        ("entry", "found"),
        ("line", "begin"),
        ("line", "answered"),
        ("entry", "answered"),
    ]
    assert desk.target.sent[0] == ("line", {"of": "id-entry"})


async def test_an_answer_that_cannot_be_kept_is_no_reason_to_lose_its_receipt(desk: Desk) -> None:
    class Odd(Scripted):
        async def send(self, step: PlannedStep, receipts: Any, paper: Paper) -> Receipt:
            made = await super().send(step, receipts, paper)
            return replace(made, answer={"note": "a\x00b"})

    desk.target = Odd(desk.target.clock)
    desk.runner = Runner(desk.ledger, {"scripted": desk.target}, desk.target.clock, chance=lambda: 0.5)
    intent_id = await desk.pressed()
    await desk.runner.run(intent_id)
    assert (await desk.stands(intent_id)).state == "done"
    (_, answered) = await desk.board.attempts(intent_id)
    assert answered.answer is not None
    assert "unstorable" in answered.answer


async def test_what_nobody_wants_cannot_be_run(desk: Desk) -> None:
    with pytest.raises(LookupError):
        await desk.runner.run(uuid4())


async def test_a_process_that_is_to_stop_does_so_before_the_next_write(
    desk: Desk, clock: ManualClock
) -> None:
    intent_id = await desk.pressed()
    halted = Runner(
        desk.ledger,
        {"scripted": desk.target},
        clock,
        chance=lambda: 0.5,
        stopping=lambda: bool(desk.target.sent),
    )
    desk.target.planned = TWO_STEPS
    assert await halted.run(intent_id) == Rest(clock.now())
    assert [name for name, _ in desk.target.sent] == ["entry"]
    await desk.runner.run(intent_id)
    assert (await desk.stands(intent_id)).state == "done"
