"""Jobs and the board in step by themselves: what one writes, the rules of the company answer."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.factories.console_api import api_house
from tests.factories.field_work import FOREMANS, OFFICES, ticket

from tiebeam.capture import Capture
from tiebeam.duties import Duties
from tiebeam.field.model import Kind
from tiebeam.jobs.automations.model import Result
from tiebeam.jobs.automations.ports import Note
from tiebeam.jobs.changes.repository import REACT
from tiebeam.jobs.model import Cause, JobStatus
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.model import Actor
from tiebeam.operations.queue.model import Done, Job
from tiebeam.pushing import Pushing
from tiebeam.reacting import Hands
from tiebeam.replicate.replica import NoSuchRecordError, Slice
from tiebeam.wishes import REFRESH
from tiebeam.working import JobsAndBoards

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

ANN = Actor.command("ann")


class Desk:
    """A company's work, and the worker that answers what is done to it."""

    def __init__(self, work: JobsAndBoards, clock: ManualClock) -> None:
        self.work = work
        self.clock = clock
        app = work.app
        self._duties = Duties(app.settings, clock, app.store, app.transport)

    async def answer(self) -> int:
        """Do what is queued for jobs and boards until nothing is; return how often."""
        handler = self._duties.handlers()[REACT]
        rounds = 0
        while await self.work.changes().waiting(1):
            rounds += 1
            assert rounds < 20, "it goes round"
            now = self.clock.now()
            await handler(Job(rounds, self.work.app.tenant.id, REACT, "", {}, 1, now))
            self.clock.advance(1)
        return rounds


@pytest.fixture
async def desk(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Desk]:
    async with api_house(store, clock, tenant, tmp_path) as house:
        app = await house.console.house.app(tenant.id)
        yield Desk(JobsAndBoards(app), clock)


@pytest.mark.req("L1", "L2", "L3", "L5")
async def test_a_job_and_its_item_follow_each_other_and_come_to_rest(desk: Desk) -> None:
    job = await desk.work.jobs().create(title="Depot roof", address="1 Dock Road", actor=ANN)
    assert await desk.answer() <= 3
    item = await desk.work.item_of(job.id)
    assert item is not None
    done = [one for one in await desk.work.automated().firings.find() if one.result is Result.DONE]
    assert [one.detail for one in done] == ["linked"]
    assert (item.name, item.values["status"]) == ("Depot roof", "New")

    await desk.work.boards().change_item(item.id, values={"status": "Done"}, actor=ANN)
    assert await desk.answer() <= 3
    assert (await desk.work.jobs().get(job.id)).status is JobStatus.DONE

    await desk.work.jobs().change(job.id, {"address": "2 Dock Road"}, actor=ANN)
    assert await desk.answer() <= 3
    after = await desk.work.boards().item(item.id)
    assert after.values["address"] == "2 Dock Road"
    versions = (await desk.work.jobs().get(job.id)).version, after.version
    assert await desk.answer() == 0
    assert ((await desk.work.jobs().get(job.id)).version, after.version) == versions


@pytest.mark.req("L3")
async def test_what_is_done_twice_is_written_once(desk: Desk) -> None:
    job = await desk.work.jobs().create(title="Depot roof", actor=ANN)
    await desk.answer()
    before = len(await desk.work.changes().latest(limit=500))
    duties = Duties(desk.work.app.settings, desk.clock, desk.work.app.store, desk.work.app.transport)
    again = Job(99, desk.work.app.tenant.id, REACT, "", {}, 2, desk.clock.now())
    assert await duties.handlers()[REACT](again) == Done()
    assert len(await desk.work.changes().latest(limit=500)) == before
    assert len(await desk.work.boards().items_linked(job.id)) == 1


@pytest.mark.req("L5")
async def test_a_rule_has_a_record_read_and_people_told(desk: Desk) -> None:
    app = desk.work.app
    hands, cause = Hands(app), Cause(app.tenant.id)
    record = (await app.records().find(Slice("procore.rfis")))[0]
    assert record.key in await hands.refresh_record("procore.rfis", record.key, cause)
    assert len(await app.queue.jobs(app.tenant.id, ["pending"], kinds=[REFRESH])) == 1
    with pytest.raises(NoSuchRecordError):
        await hands.refresh_record("procore.rfis", "nonsense", cause)

    await hands.notify(Note("rule:1/job:2", "Depot roof is done.", "Send the invoice.", wrong=False))
    await hands.notify(Note("rule:1/job:3", "Depot floor is done.", "Send the invoice.", wrong=False))
    told = [one.summary for one in await app.alert_desk().open_alerts(app.tenant.id)]
    assert {"Depot roof is done.", "Depot floor is done."} <= set(told)


@pytest.mark.req("L5")
async def test_a_rule_sends_a_document_that_is_approved_and_says_when_there_is_none(desk: Desk) -> None:
    hands, cause = Hands(desk.work.app), Cause(desk.work.app.tenant.id)
    with pytest.raises(BadInputError, match="no document 'TM-0999'"):
        await hands.push_document("TM-0999", "procore", cause)
    capture, id_ = Capture(desk.work.app), uuid4()
    documents, project = capture.documents(), await capture.projects().add("D-1", "Depot")
    await documents.put(id_, Kind.TM_TICKET, project.id, ticket(), FOREMANS, captured_at=desk.clock.now())
    await documents.submit(id_, FOREMANS, version=1)
    ready = await documents.approve(id_, OFFICES, version=1)
    said = await hands.push_document(str(ready.id), "procore", cause)
    assert ready.number in said
    (standing,) = await Pushing(desk.work.app).board().of_documents([ready.id])
    assert standing.target == "procore"
    assert await hands.push_document(ready.number, "procore", cause) == said
