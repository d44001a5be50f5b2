"""A change event that is chosen when a document is approved or sent already: tied to it by itself, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.field_work import OFFICES
from tests.factories.procore_site import Site, procore_site
from tests.factories.replicas import Copy

from tiebeam.field.model import Kind
from tiebeam.field.rules import NotPossibleError
from tiebeam.identity.model import Role
from tiebeam.kernel.errors import BadInputError
from tiebeam.push.deliveries.procore.choices.repository import ProcoreChoices
from tiebeam.push.deliveries.procore.facts import Choices
from tiebeam.push.model import Steps
from tiebeam.simulators.base.faults import FaultRule
from tiebeam.store.errors import AccessDeniedError
from tiebeam.tying import Tie, Tying

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from uuid import UUID

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

OFFICE = OFFICES.by
LINK = "PATCH .*/bulk_update"


@pytest.fixture
async def site(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Site]:
    async with procore_site(store, clock, tenant, tmp_path) as made:
        yield made


async def sent(site: Site, kind: Kind = Kind.TM_TICKET, **more: Any) -> UUID:
    document_id = await site.captured(kind, **more)
    await site.pressed(document_id)
    await site.worked()
    assert (await site.standing(document_id)).state == "done"
    return document_id


async def tie(site: Site, document_id: UUID) -> Tie:
    tied = await Tying(site.app).of(await site.pushing.documents().get(document_id))
    assert tied is not None
    return tied.state


async def begun(site: Site, document_id: UUID, name: str) -> int:
    intent_id = (await site.standing(document_id)).intent_id
    attempts = await site.pushing.board().attempts(intent_id)
    return sum(one.event == "begin" and one.name.startswith(name) for one in attempts)


@pytest.mark.req("P5", "P6", "P12", "P13", "P14")
async def test_a_ticket_that_was_sent_without_one_is_tied_once_it_is_chosen(site: Site) -> None:
    event = site.desk.put("change_events", number="7", title="Riser in B")
    document_id = await sent(site)
    before = await site.pushing.documents().get(document_id)
    assert (before.locked_reason is not None, await tie(site, document_id)) == (True, Tie.NONE_YET)
    (entry,) = site.rows("time_and_material_entries")
    assert entry["change_event_id"] is None
    after = await Tying(site.app).choose(document_id, str(event), OFFICE)
    assert (after.body, after.version) == (before.body, before.version)
    plan = await site.pushing.preview(after, "procore")
    assert isinstance(plan, Steps)
    assert [step.name for step in plan.steps] == [f"change-event-{event}"]
    assert (await site.standing(document_id)).synced
    assert await tie(site, document_id) is Tie.ON_ITS_WAY
    await site.worked(3, 301)
    (entry,) = site.rows("time_and_material_entries")
    assert entry["change_event_id"] == event
    assert await tie(site, document_id) is Tie.TIED
    plan = await site.pushing.preview(after, "procore")
    assert isinstance(plan, Steps)
    assert plan.steps == ()
    # What somebody corrects in Procore afterwards stays, whatever is pressed here.
    site.desk.state.update("time_and_material_entries", entry["id"], {"change_event_id": 1})
    await Tying(site.app).choose(document_id, str(event), OFFICE)
    await site.pressed(document_id)
    await site.worked(3, 301)
    (entry,) = site.rows("time_and_material_entries")
    assert (entry["change_event_id"], await begun(site, document_id, "change-event")) == (1, 1)
    with pytest.raises(NotPossibleError, match="is tied to the change event"):
        await Tying(site.app).choose(document_id, "99", OFFICE)


@pytest.mark.req("P7")
async def test_an_order_is_tied_by_a_change_of_its_own_and_looked_for_when_its_answer_is_lost(
    site: Site,
) -> None:
    contract = site.desk.put("prime_contracts", number="PC-1", title="Prime", vendor={"id": 11})
    event = site.desk.put("change_events", number="7", title="Riser in B")
    document_id = await sent(site, Kind.CHANGE_ORDER_REQUEST, contract=str(contract))
    await Tying(site.app).choose(document_id, str(event), OFFICE)
    site.fault(FaultRule("drop_answer", match="PATCH .*potential_change_orders/[0-9]+$", count=1))
    await site.worked(3, 301)
    (order,) = site.rows("potential_change_orders")
    assert order["prime_change_event_id"] == event
    assert await tie(site, document_id) is Tie.TIED
    assert await begun(site, document_id, "change-event") == 1


@pytest.mark.req("P5", "P14")
async def test_a_ticket_on_its_way_takes_the_event_along_and_a_lost_answer_ties_it_once(site: Site) -> None:
    first, second = (site.desk.put("change_events", number=n, title="Riser") for n in ("7", "8"))
    document_id = await site.captured()
    await Tying(site.app).choose(document_id, str(first), OFFICE)
    await Tying(site.app).choose(document_id, str(second), OFFICE)
    assert await tie(site, document_id) is Tie.CHOSEN
    site.fault(FaultRule("drop_request", match=LINK, count=1))
    await site.pressed(document_id)
    await site.worked(3, 301)
    (entry,) = site.rows("time_and_material_entries")
    assert (entry["change_event_id"], await tie(site, document_id)) == (second, Tie.TIED)
    assert await begun(site, document_id, f"change-event-{first}") == 0


@pytest.mark.req("P13", "P15")
async def test_an_event_that_procore_refuses_is_told_and_another_one_goes(site: Site) -> None:
    event = site.desk.put("change_events", number="7", title="Riser")
    document_id = await sent(site)
    await Tying(site.app).choose(document_id, "404404", OFFICE)
    await site.worked()
    standing = await site.standing(document_id)
    assert (standing.state, standing.synced) == ("blocked", True)
    assert "change_event_id: must exist" in (standing.cause or "")
    assert await tie(site, document_id) is Tie.STUCK
    await site.pushing.send_again([standing.intent_id])
    await Tying(site.app).choose(document_id, str(event), OFFICE)
    await site.worked(3, 301)
    assert (await site.standing(document_id)).state == "done"
    (entry,) = site.rows("time_and_material_entries")
    assert entry["change_event_id"] == event


@pytest.mark.req("P5")
async def test_one_is_chosen_only_where_that_can_come_true(site: Site) -> None:
    tying = Tying(site.app)
    report = await site.pushing.documents().get(await site.captured())
    with pytest.raises(BadInputError, match="has no such event"):
        await tying.choose(report.id, "the first", OFFICE)
    await site.pushing.documents().give_back(report.id, OFFICES, version=1, why="Whose lift?")
    with pytest.raises(NotPossibleError, match="is returned"):
        await tying.choose(report.id, "7", OFFICE)
    named = await site.captured(change_event="7")
    with pytest.raises(NotPossibleError, match="names the change event 7 already"):
        await tying.choose(named, "8", OFFICE)
    await ProcoreChoices(site.app.store, site.app.tenant.id).choose(Choices("documents"))
    as_document = await sent(site)
    with pytest.raises(BadInputError, match="ties no document to a change event"):
        await tying.choose(as_document, "7", OFFICE)


@pytest.mark.req("P16")
async def test_a_choice_is_kept_for_ever_and_noted(site: Site, store: Store) -> None:
    document_id = await site.captured()
    await Tying(site.app).choose(document_id, "7", OFFICE)
    subject = f"field_document:{document_id}"
    async with store.transaction(site.app.tenant.id) as tx:
        noted = await tx.rows(
            "select act, actor_name from tiebeam.audit where subject = %(subject)s order by number",
            {"subject": subject},
        )
        assert noted[-1] == ("field_document.change_event_chosen", OFFICE.name)
    for change in (
        "update tiebeam.field_later_event set change_event = '8'",
        "delete from tiebeam.field_later_event",
    ):
        with pytest.raises(AccessDeniedError):
            async with store.transaction(site.app.tenant.id) as tx:
                await tx.run(change)


@pytest.mark.req("P5", "P12")
async def test_the_office_chooses_on_the_page_and_a_program_over_the_api(site: Site, store: Store) -> None:
    event = site.desk.put("change_events", number="7", title="Riser in B", status={"id": 1, "name": "Open"})
    site.desk.put("change_events", number="8", title="Thrown away", in_recycle_bin=True)
    await Copy(site.desk, store, site.app.tenant.id, "change_events", connection_id=site.connection.id).sync()
    on_page, over_api = await sent(site), await sent(site)
    office = await site.client(Role.OFFICE)
    page = (await office.get(f"/field/{on_page}")).text
    assert "None yet. It is sent all the same" in page
    assert f'<option value="{event}">7 Riser in B (Open)</option>' in page
    assert "Thrown away" not in page
    form = {"csrf": office.headers["X-CSRF-Token"], "change_event": str(event)}
    assert (await office.post(f"/field/{on_page}/change-event", data=form)).status_code == 303
    page = (await office.get(f"/field/{on_page}")).text
    assert "<strong>7 Riser in B</strong>" in page
    path = f"/api/v1/field/documents/{over_api}/change-event"
    shown = (await office.get(path)).json()
    assert (shown["state"], [one["id"] for one in shown["choices"]]) == ("none_yet", [str(event)])
    refused = await office.put(path, json={"change_event": "12345"})
    assert refused.status_code == 400
    assert "has no such event" in refused.text
    chosen = (await office.put(path, json={"change_event": str(event)})).json()
    assert (chosen["state"], chosen["change_event"], chosen["chosen_by"] is not None) == (
        "on_its_way",
        str(event),
        True,
    )
    await site.worked(2, 301)
    assert {row["change_event_id"] for row in site.rows("time_and_material_entries")} == {event}
    assert (await office.get(path)).json()["can_choose"] is False
    field = await site.client(Role.FIELD)
    assert (await field.put(path, json={"change_event": str(event)})).status_code in {403, 404}
