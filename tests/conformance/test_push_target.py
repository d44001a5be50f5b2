"""What every target keeps to, whatever it is."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.factories.procore_push import Yard

from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.clock import ManualClock
from tiebeam.push.deliveries.folder import FolderTarget
from tiebeam.push.model import Attachment, Paper, Steps, origin_of, step_origin
from tiebeam.push.plan import filled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tiebeam.push.model import PlannedStep, Receipt
    from tiebeam.push.ports import Target

TENANT, OTHER = UUID(int=1), UUID(int=2)
PHOTO = b"\xff\xd8 a photo, byte for byte"


def attachment(number: int, content: bytes = PHOTO, name: str = "صورة الموقع.jpg") -> Attachment:
    async def parts() -> AsyncIterator[bytes]:
        yield content[:3]
        yield content[3:]

    sha256 = hashlib.sha256(content).hexdigest()
    return Attachment(UUID(int=number), name, "image/jpeg", sha256, len(content), parts)


def ticket(tenant_id: UUID = TENANT, document: int = 7, **changes: Any) -> Paper:
    body = {
        "work_date": "2026-03-02",
        "description": "Extra trench at grid C",
        "cost_code": None,
        "change_event": None,
        "labour": [
            {"worker": "M. Ortiz", "trade": None, "hours": "7.5", "time_type": "regular", "rate": None}
        ],
        "materials": [{"name": "Gravel", "unit": "t", "quantity": "3.25", "unit_cost": None}],
        "equipment": [],
        "notes": "",
        "photos": [str(UUID(int=21))],
        "signature": None,
    }
    document_id = UUID(int=document)
    origin = origin_of(tenant_id, document_id)
    paper = Paper("tm_ticket", document_id, 1, "TM-7", "5001", body, (attachment(21),), origin)
    return replace(paper, **changes)


def procore() -> Target:
    yard = Yard()
    yard.state.insert("projects", {"id": 5001, "name": "Annex"})
    return yard.target


@pytest.fixture(params=["folder", "procore"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    """Each target, empty. Another one is another parameter, and nothing below changes."""
    made: dict[str, Callable[[], Target]] = {
        "folder": lambda: FolderTarget(tmp_path, ManualClock(datetime(2026, 3, 2, tzinfo=UTC))),
        "procore": procore,
    }
    return made[request.param]()


async def steps_of(target: Target, paper: Paper) -> tuple[PlannedStep, ...]:
    plan = await target.plan(paper)
    assert isinstance(plan, Steps)
    return plan.steps


async def delivered(target: Target, paper: Paper) -> dict[str, Receipt]:
    receipts: dict[str, Receipt] = {}
    for step in await steps_of(target, paper):
        ready = replace(step, payload=filled(step.payload, receipts))
        receipts[step.name] = await target.send(ready, receipts, paper)
    return receipts


@pytest.mark.req("P22")
async def test_a_plan_is_the_same_twice_and_can_be_kept(target: Target) -> None:
    first, second = await steps_of(target, ticket()), await steps_of(target, ticket())
    assert first
    assert first == second
    assert all(canonical(step.payload) for step in first)


@pytest.mark.req("P8")
async def test_photos_may_fail_and_the_rest_may_not(target: Target) -> None:
    steps = await steps_of(target, ticket())
    assert any(step.best_effort for step in steps)
    assert any(not step.best_effort for step in steps)


async def test_a_plan_writes_nothing(target: Target) -> None:
    paper = ticket()
    for step in await steps_of(target, paper):
        if not step.needs:
            assert await target.look(step, {}, paper) is None


@pytest.mark.req("P14")
async def test_what_was_sent_is_found_again_as_what_it_is(target: Target) -> None:
    paper = ticket()
    receipts = await delivered(target, paper)
    for step in await steps_of(target, paper):
        ready = replace(step, payload=filled(step.payload, receipts))
        found = await target.look(ready, receipts, paper)
        assert found is not None
        assert found.vendor_id == receipts[step.name].vendor_id


@pytest.mark.req("P21")
async def test_another_company_with_the_same_ids_is_another(target: Target) -> None:
    paper, other = ticket(), ticket(OTHER)
    await delivered(target, paper)
    for step in await steps_of(target, other):
        assert step_origin(other, step) != step_origin(paper, step)
        if not step.needs:
            assert await target.look(step, {}, other) is None


async def test_another_document_is_another(target: Target) -> None:
    await delivered(target, ticket())
    other = ticket(document=8)
    for step in await steps_of(target, other):
        if not step.needs:
            assert await target.look(step, {}, other) is None


async def test_a_step_keeps_its_name_when_the_words_change(target: Target) -> None:
    paper = ticket()
    edited = replace(paper, version=2, body={**paper.body, "notes": "Rain until ten."})
    before, after = await steps_of(target, paper), await steps_of(target, edited)
    assert [step.name for step in before] == [step.name for step in after]


async def test_it_says_how_long_a_call_may_settle(target: Target) -> None:
    assert target.name
    assert 0 < target.settle_seconds <= 600
