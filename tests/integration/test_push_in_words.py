"""What a superintendent reads when a document does not arrive: as the pages say it, and as the docs do."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.field_work import heic, ticket
from tests.factories.procore_site import Site, procore_site

from tiebeam.field.model import Kind
from tiebeam.identity.model import Role
from tiebeam.push.deliveries.procore.facts import CostCode, Facts
from tiebeam.simulators.base.faults import FaultRule

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

DOCS = Path(__file__).parents[2] / "docs" / "howto" / "when-a-document-does-not-arrive.md"
IN_THE_BUDGET = (
    "Choose a cost code that is in the budget, or have it added to the budget in Procore, then send it again."
)
TOLD = " ".join(DOCS.read_text("utf-8").split())


@pytest.fixture
async def site(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Site]:
    async with procore_site(store, clock, tenant, tmp_path) as made:
        yield made


def know(monkeypatch: pytest.MonkeyPatch, **facts: Any) -> None:
    """Have the copy say this of the project; how it comes to know it is tested elsewhere."""

    async def said(self: object, project: str) -> Facts:
        del self, project
        return Facts(**facts)

    monkeypatch.setattr("tiebeam.delivering.CopiedFacts.facts", said)


async def read(site: Site, path: str = "/push") -> str:
    """Return what a page says, without its tags."""
    office = await site.client(Role.OFFICE)
    page = (await office.get(path)).text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def told(site: Site, document_id: UUID, cause: str, action: str) -> None:
    """See that page, status and docs say both sentences, and who can do something."""
    standing = await site.standing(document_id)
    page = await read(site, f"/push/sent/{standing.intent_id}")
    for sentence in (cause, action):
        assert sentence in page
        assert sentence in TOLD


@pytest.mark.req("P2", "P12", "P19", "P20")
async def test_revoked_in_mid_batch(site: Site) -> None:
    documents = [await site.captured() for _ in range(2)]
    for document_id in documents:
        await site.pressed(document_id)
    site.fault(
        FaultRule("revoke_grant", match="timecards/bulk_create", count=1),
        FaultRule("status", match="oauth/token", status=401),
    )
    await site.worked()
    for document_id in documents:
        await told(
            site,
            document_id,
            "Procore no longer honours this connection: the grant was revoked, used already or has expired.",
            "Connect the company to Procore again; until then nothing is read. What is to be sent waits, and"
            " goes on by itself.",
        )


@pytest.mark.req("P6", "P12")
async def test_the_tool_is_off(site: Site) -> None:
    site.desk.state.set_tool(5, "time_and_materials", False)
    document_id = await site.captured()
    await site.pressed(document_id)
    await site.worked()
    await told(
        site,
        document_id,
        "The T&M tool is switched off in the project in Procore, or this connection may not write to it.",
        "Switch the tool on in the project's settings in Procore, or have tickets sent as documents"
        " (Settings, Integrations, Procore); then send the ticket again.",
    )


@pytest.mark.req("P7", "P12")
async def test_the_contract_is_missing(site: Site) -> None:
    document_id = await site.captured(Kind.CHANGE_ORDER_REQUEST)
    await site.pressed(document_id)
    await site.worked()
    await told(
        site,
        document_id,
        "COR-0001 names no contract, and Procore takes a change order only under one.",
        "Choose the contract on the change order request, then send it again. If there is none to choose, a"
        " prime contract has to be made in Procore first.",
    )


@pytest.mark.req("P10", "P12")
@pytest.mark.parametrize(
    ("codes", "cause", "action"),
    [
        (
            {"26-0500": CostCode(1, "Electrical", budgeted=False)},
            "TM-0001 names the cost code 26-0500 (Electrical), which is not in the budget.",
            IN_THE_BUDGET,
        ),
        (
            {"03-300": CostCode(1, "Concrete")},
            "TM-0001 names the cost code 26-0500, and the project in Procore has no such code.",
            "Choose a cost code that the project has, or have it added in Procore, then send it again.",
        ),
    ],
)
async def test_the_cost_code_is_not_in_the_budget(
    site: Site, monkeypatch: pytest.MonkeyPatch, codes: dict[str, CostCode], cause: str, action: str
) -> None:
    know(monkeypatch, cost_codes=codes, change_events=frozenset(), people={}, companies={})
    document_id = await site.captured(cost_code="26-0500")
    await site.pressed(document_id)
    await site.worked()
    await told(site, document_id, cause, action)
    assert site.rows("time_and_material_entries") == []


@pytest.mark.req("P13", "P14", "P12")
async def test_it_is_edited_during_its_sync_and_afterwards(site: Site) -> None:
    document_id = await site.captured()
    site.fault(FaultRule("status", match="materials/bulk_create", status=429))
    await site.pressed(document_id)
    await site.worked()
    await site.edited(document_id, ticket(description="Moved the riser in corridor C"), 1)
    site.fault()
    await site.worked(4, 1000)
    await told(
        site,
        document_id,
        "A part of the document was sent before the document was edited, and would be different now. (entry)",
        "Take the edit back; or correct that part in the target and press Keep what was sent.",
    )
    (standing,) = await site.pushing.board().of_documents([document_id])
    await site.pushing.send_again([standing.intent_id], sent_stands=True)
    await site.worked(2, 1000)
    sealed = "It was sent to Procore. Corrections are made there."
    assert sealed in await read(site, f"/field/{document_id}")
    assert sealed in TOLD


@pytest.mark.req("P14", "P12")
async def test_two_press_at_once_and_both_read_that_it_is_on_its_way(site: Site) -> None:
    document_id = await site.captured()
    first, second = [await site.client(role) for role in (Role.OFFICE, Role.TENANT_ADMIN)]
    wanted = {"document_ids": [str(document_id)], "target": "procore"}
    answers = await asyncio.gather(
        *(client.post("/api/v1/push/sendings", json=wanted) for client in (first, second))
    )
    assert [one.status_code for one in answers] == [202, 202]
    (one,), (other,) = (answer.json()["items"] for answer in answers)
    assert one["id"] == other["id"]
    assert one["code"] is other["code"] is None
    assert "On its way" in await read(site, f"/push/sent/{one['id']}")
    await site.worked()
    assert len(site.rows("time_and_material_entries")) == 1


@pytest.mark.req("P8", "P15")
async def test_a_photo_that_procore_refuses_is_told_of_and_sent_again_alone(site: Site) -> None:
    document_id = await site.captured()
    await site.pressed(document_id)
    site.fault(FaultRule("status", match="POST .*attachments", skip=1, status=422))
    await site.worked()
    standing = await site.standing(document_id)
    page = await read(site, f"/push/sent/{standing.intent_id}")
    for sentence in ("In Procore, a part is missing", "A rule of Procore's forbids this."):
        assert sentence in page
        assert sentence in TOLD
    site.fault()
    await site.pushing.send_again([standing.intent_id])
    await site.worked(2, 400)
    assert (await site.standing(document_id)).state == "done"
    assert len(site.rows("time_and_material_entry_attachments")) == 2
    assert len(site.rows("time_and_material_entries")) == 1


@pytest.mark.req("P8", "P25")
@pytest.mark.parametrize(
    ("data", "told_of"),
    [
        (b"", "This photo is empty: it has no bytes at all."),
        (b"%PDF-1.7 and so on", "This is a PDF, whatever its name says."),
    ],
)
async def test_what_is_no_photo_is_told_at_once(site: Site, data: bytes, told_of: str) -> None:
    office = await site.client(Role.OFFICE)
    answer = await office.put("/api/v1/field/photos/7610009e-0dd0-4916-9306-6feda3a0fddd", content=data)
    assert (answer.status_code, answer.json()["detail"]) == (422, told_of)
    assert told_of in TOLD


@pytest.mark.req("P8")
async def test_a_photo_from_an_iphone_with_an_arabic_name_arrives_as_it_is(site: Site) -> None:
    document_id = await site.captured(photo=heic())
    await site.pressed(document_id)
    await site.worked()
    assert (await site.standing(document_id)).state == "done"
    (name,) = [row["filename"] for row in site.rows("time_and_material_entry_attachments")][1:]
    assert "صورة" in name
    stored = [one.data for one in site.desk.simulator.storeroom.uploads._uploads.values()]
    assert heic() in stored


@pytest.mark.req("P12", "P16")
@pytest.mark.parametrize("ahead_seconds", [3600, -3600])
async def test_a_clock_an_hour_off_changes_nothing(site: Site, ahead_seconds: int) -> None:
    site.fault(FaultRule("skew_clock", skew_seconds=ahead_seconds))
    now = site.app.clock.now()
    document_id = await site.captured(ahead=timedelta(seconds=ahead_seconds))
    found = await site.pushing.documents().get(document_id)
    assert found.captured_at == now + timedelta(seconds=ahead_seconds)
    assert abs((found.received_at - now).total_seconds()) < 60
    await site.pressed(document_id)
    await site.worked()
    (entry,) = site.rows("time_and_material_entries")
    assert entry["work_performed_on_date"] == "2026-03-02"
    standing = await site.standing(document_id)
    assert standing.synced
    assert standing.cause is None
    assert standing.done_at is not None
    assert now <= standing.done_at <= site.app.clock.now()
