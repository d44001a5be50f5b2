"""From what was captured on site to another system: approved, sent once, explained, read-only afterwards."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from tests.factories.console import NoVendor, console
from tests.factories.field_work import FOREMANS, OFFICES, in_chunks, picture, ticket

from tiebeam.capture import Capture
from tiebeam.duties import LOOK, PUSH_DUE, Duties, again
from tiebeam.field.model import Kind
from tiebeam.identity.model import Role
from tiebeam.operations.queue.model import Done, Job, NewJob, Snooze
from tiebeam.push.deliveries.folder import FolderTarget
from tiebeam.push.errors import BusyError, GoneError, RejectedError, UncertainError
from tiebeam.push.triggers.model import Triggers
from tiebeam.pushing import NOT_SENT, PUSH, Pushing, push_job
from tiebeam.store.errors import AccessDeniedError
from tiebeam.wishes import BY_HAND

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.app import App
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.push.board.model import Standing
    from tiebeam.store.pool import Store

API = "/api/v1/push"
PHOTO = picture(size=(40, 30))


@dataclass(slots=True)
class Site:
    house: Console
    app: App
    folder: Path
    project: UUID

    @property
    def pushing(self) -> Pushing:
        return Pushing(self.app)

    async def client(self, role: Role = Role.OFFICE) -> httpx.AsyncClient:
        client, came = await self.house.signed_in(role)
        client.headers["X-CSRF-Token"] = came.session.csrf
        return client

    async def captured(self, **more: Any) -> UUID:
        """Return a ticket with a photo that the foreman has handed in."""
        document_id, photo_id, now = uuid4(), uuid4(), self.app.clock.now()
        await Capture(self.app).photos().put(photo_id, in_chunks(PHOTO), FOREMANS.by, name="صورة.jpg")
        body = ticket(photos=[str(photo_id)], **more)
        documents = self.pushing.documents()
        await documents.put(document_id, Kind.TM_TICKET, self.project, body, FOREMANS, captured_at=now)
        await documents.submit(document_id, FOREMANS, version=1)
        return document_id

    async def approved(self, **more: Any) -> UUID:
        document_id = await self.captured(**more)
        await self.pushing.documents().approve(document_id, OFFICES, version=1)
        return document_id

    async def pressed(self, document_id: UUID) -> UUID:
        document = await self.pushing.documents().get(document_id)
        (intent_id,) = await self.pushing.send([document], "folder", by="Olga Office")
        return intent_id

    async def worked(self) -> None:
        """Do what the queue would."""
        for job in await self.pushing.due():
            await self.pushing.runner().run(UUID(job.key))

    async def standing(self, document_id: UUID) -> Standing:
        (found,) = await self.pushing.board().of_documents([document_id])
        return found


@pytest.fixture
async def site(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Site]:
    folder = tmp_path / "outside"
    async with console(store, clock, tenant, tmp_path, NoVendor(), push_folder=folder) as house:
        app = await house.house.app(tenant.id)
        project = await Capture(app).projects().add("24-017", "Library")
        yield Site(house, app, folder, project.id)


@pytest.mark.req("P6", "P8", "P12", "P22")
async def test_an_approved_ticket_arrives_whole_and_is_read_only_then(site: Site) -> None:
    document_id = await site.approved()
    await site.pressed(document_id)
    await site.worked()
    standing = await site.standing(document_id)
    assert (standing.state, standing.synced, standing.can_send_again) == ("done", True, False)
    (document,) = site.folder.rglob("document.json")
    assert json.loads(document.read_text("utf-8"))["body"]["labour"][0]["worker"] == "A. Aziz"
    (photo,) = site.folder.rglob("*.jpg")
    assert photo.read_bytes() == PHOTO
    kept = await site.pushing.documents().get(document_id)
    assert kept.locked_reason == "It was sent to Folder. Corrections are made there."


@pytest.mark.req("P14")
async def test_two_presses_at_once_and_one_more_later_send_once(site: Site) -> None:
    document_id = await site.approved()
    first, second = await site.pressed(document_id), await site.pressed(document_id)
    assert first == second
    await site.worked()
    assert await site.pressed(document_id) == first
    await site.worked()
    sent = [one.name for one in await site.pushing.board().attempts(first) if one.event == "begin"]
    assert len(sent) == len(set(sent)) == 3  # The ticket, its photo, and the ticket on paper.


@pytest.mark.req("P11")
async def test_only_the_button_sends_until_a_company_chooses_otherwise(site: Site) -> None:
    await site.approved()
    assert not await site.pushing.due()
    await site.pushing.triggers().choose("folder", Triggers(button=False, on_approval=True))
    by_approval = await site.approved()
    assert (await site.standing(by_approval)).trigger == "approval"
    with pytest.raises(Exception, match="by hand is switched off"):
        await site.pressed(by_approval)


@pytest.mark.req("P11")
async def test_a_batch_sends_what_is_approved_and_was_not_sent(site: Site, clock: ManualClock) -> None:
    first, blocked = await site.approved(), await site.captured()
    await site.pushing.triggers().choose("folder", Triggers(batch_minutes=60))
    await site.worked()
    assert (await site.standing(first)).trigger == "schedule"
    assert not await site.pushing.board().of_documents([blocked])
    await site.pushing.documents().approve(blocked, OFFICES, version=1)
    assert not await site.pushing.due()
    clock.advance(3600)
    assert len(await site.pushing.due()) == 1


@pytest.mark.req("P15")
async def test_a_photo_that_is_refused_does_not_fail_its_ticket(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    document_id = await site.approved()
    intent_id = await site.pressed(document_id)
    with monkeypatch.context() as patched:
        fail(patched, "file", RejectedError("The photo is empty.", action="Take it again."))
        await site.worked()
    standing = await site.standing(document_id)
    assert (standing.state, standing.synced) == ("done_with_failures", True)
    assert (standing.cause, standing.action) == ("The photo is empty.", "Take it again.")
    files = [step.name for step in await site.pushing.board().steps(intent_id) if step.best_effort]
    await site.pushing.send_again([intent_id], files)
    await site.worked()
    assert (await site.standing(document_id)).state == "done"


@pytest.mark.req("P13", "P19")
async def test_a_ticket_that_is_refused_is_corrected_and_goes_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    document_id = await site.approved()
    await site.pressed(document_id)
    cause = "The cost code 01-500 is not in the budget."
    with monkeypatch.context() as patched:
        fail(patched, "document", RejectedError(cause, action="Choose another.", field="cost_code"))
        await site.worked()
    standing = await site.standing(document_id)
    assert (standing.state, standing.cause, standing.field) == ("blocked", cause, "cost_code")
    assert [one.document_id for one in await site.pushing.board().stuck()] == [document_id]
    (stays,) = await site.pushing.board().stuck(code="push.rejected")
    assert stays.in_words == "blocked"
    await corrected(site, document_id, description="Moved the riser in corridor C")
    await site.worked()
    assert (await site.standing(document_id)).state == "done"
    (document,) = site.folder.rglob("document.json")
    assert "corridor C" in document.read_text("utf-8")


async def corrected(site: Site, document_id: UUID, **more: Any) -> None:
    """Have the office decide for a later version of an approved document."""
    documents = site.pushing.documents()
    before = await documents.get(document_id)
    body = {**before.body, **more}
    now = site.app.clock.now()
    await documents.put(
        document_id,
        before.kind,
        before.project_id,
        body,
        OFFICES,
        captured_at=now,
        base_version=before.version,
    )
    newest = (await documents.versions(document_id))[-1].number
    if (await documents.get(document_id)).version != newest:
        await documents.settle(document_id, OFFICES, version=newest)


@pytest.mark.req("P13")
async def test_a_ticket_edited_after_a_part_was_sent_is_a_persons_to_decide(
    site: Site, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    document_id = await site.approved()
    intent_id = await site.pressed(document_id)
    whole = site.pushing.ledger()

    async def no_arrival(*_: Any) -> None:
        raise UncertainError("The power went out.")

    with monkeypatch.context() as patched:
        patched.setattr(type(whole), "arrive", no_arrival)
        with pytest.raises(UncertainError):
            await site.worked()
    await corrected(site, document_id, description="Something else")
    await site.worked()
    standing = await site.standing(document_id)
    assert (standing.state, standing.code) == ("blocked", "push.sent_part_changed")
    assert "press Keep what was sent" in (standing.action or "")
    await site.pushing.send_again([intent_id], sent_stands=True)
    await site.worked()
    assert (await site.standing(document_id)).state == "done"
    (document,) = site.folder.rglob("document.json")
    assert "corridor B" in document.read_text("utf-8")
    assert clock.now() >= standing.wanted_at


@pytest.mark.req("P14", "P19")
async def test_an_answer_that_is_lost_is_looked_for_and_nothing_is_sent_twice(
    site: Site, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    document_id = await site.approved()
    intent_id = await site.pressed(document_id)
    with monkeypatch.context() as patched:
        fail(patched, "document", UncertainError("No answer came within 30 s."), after=True)
        await site.worked()
    standing = await site.standing(document_id)
    assert (standing.in_words, standing.uncertain) == ("uncertain", 1)
    assert [one.document_id for one in await site.pushing.board().stuck()] == [document_id]
    clock.advance(31)
    await site.worked()
    assert (await site.standing(document_id)).state == "done"
    events = [one.event for one in await site.pushing.board().attempts(intent_id) if one.name == "document"]
    assert events == ["begin", "unanswered", "found"]


@pytest.mark.req("P19", "P20")
async def test_a_target_that_is_down_is_tried_again_by_itself(
    site: Site, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    document_id = await site.approved()
    await site.pressed(document_id)
    with monkeypatch.context() as patched:
        fail(patched, "", BusyError("503", until=clock.now() + timedelta(minutes=5)))
        await site.worked()
    assert not await site.pushing.due()
    standing = await site.standing(document_id)
    assert standing.state == "open"
    assert standing.next_at == clock.now() + timedelta(minutes=5)
    clock.advance(301)
    await site.worked()
    assert (await site.standing(document_id)).state == "done"


@pytest.mark.req("P16")
async def test_what_was_sent_can_be_shown_and_not_be_changed(site: Site) -> None:
    intent_id = await site.pressed(await site.approved())
    await site.worked()
    (begun, answered) = [
        one for one in await site.pushing.board().attempts(intent_id) if one.name == "document"
    ]
    assert begun.sent is not None
    assert begun.sent["body"]["description"] == "Moved the riser in corridor B"
    assert answered.answer is not None
    assert begun.correlation_id == answered.correlation_id
    (step,) = [one for one in await site.pushing.board().steps(intent_id) if one.name == "document"]
    canonical = json.dumps(begun.sent, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert step.payload_sha256 == hashlib.sha256(canonical).digest()


@pytest.mark.req("P16")
@pytest.mark.parametrize("table", ["push_attempt", "push_receipt"])
@pytest.mark.parametrize("change", ["update tiebeam.{} set answer = '{{}}'", "delete from tiebeam.{}"])
async def test_nobody_changes_what_was_sent(site: Site, table: str, change: str) -> None:
    await site.pressed(await site.approved())
    await site.worked()
    with pytest.raises(AccessDeniedError):
        async with site.app.store.transaction(site.app.tenant.id) as tx:
            await tx.run(change.format(table))


@pytest.mark.req("P12", "P15", "P17")
async def test_the_api_previews_sends_explains_and_shows(site: Site) -> None:
    client, document_id, draft = await site.client(), await site.approved(), await site.captured()
    wanted = {"document_ids": [str(document_id), str(draft), str(uuid4())], "target": "folder"}
    previews = (await client.post(f"{API}/previews", json=wanted)).json()["items"]
    assert [write["name"] for write in previews[0]["writes"]][-1] == "document"
    assert previews[2]["waits_for"] == "There is no such document."
    assert not site.folder.exists()
    sent = await client.post(f"{API}/sendings", json=wanted)
    assert sent.status_code == 202
    results = sent.json()["items"]
    assert [one["code"] for one in results] == [None, "push.not_ready", "field.unknown"]
    await site.worked()
    (standing,) = (await client.get(f"{API}/documents/{document_id}")).json()["items"]
    assert (standing["synced"], standing["trouble"]) == (True, None)
    assert standing["wanted_by"].startswith("office")
    whole = (await client.get(f"{API}/standings/{results[0]['id']}")).json()
    assert {one["state"] for one in whole["steps"]} == {"done"}
    assert whole["attempts"][0]["event"] == "begin"
    assert (await client.get(f"{API}/stuck")).json()["items"] == []


@pytest.mark.req("P17", "P21")
async def test_nobody_else_sees_what_a_company_sends(site: Site) -> None:
    document_id = await site.approved()
    intent_id = await site.pressed(document_id)
    other = await site.house.company("elm")
    stranger, _ = await site.house.signed_in(Role.TENANT_ADMIN, tenant=other)
    assert (await stranger.get(f"{API}/standings/{intent_id}")).status_code == 404
    assert (await stranger.get(f"{API}/documents/{document_id}")).json()["items"] == []
    limited, _ = await site.house.signed_in(Role.OFFICE, projects=["5"])
    assert (await limited.get(f"{API}/standings/{intent_id}")).status_code == 404
    assert (await limited.get(f"{API}/documents/{document_id}")).json()["items"] == []
    estimator = await site.client(Role.ESTIMATOR)
    assert (await estimator.get(f"{API}/stuck")).status_code == 403


async def test_the_api_sends_again_what_is_stuck(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    document_id, client = await site.approved(), await site.client()
    intent_id = await site.pressed(document_id)
    with monkeypatch.context() as patched:
        fail(patched, "document", RejectedError("The contract is missing.", action="Add it in the target."))
        await site.worked()
    (stuck,) = (await client.get(f"{API}/stuck", params={"kind": "blocked"})).json()["items"]
    assert stuck["trouble"]["cause"] == "The contract is missing."
    assert stuck["can_send_again"] is True
    again_ = await client.post(f"{API}/again", json={"ids": [str(intent_id), str(uuid4())]})
    assert again_.json()["ids"] == [str(intent_id)]
    await site.worked()
    assert (await site.standing(document_id)).state == "done"
    assert (await client.post(f"{API}/again", json={"ids": [str(intent_id)]})).json()["ids"] == []


@pytest.mark.req("P11")
async def test_only_an_admin_chooses_what_has_documents_sent(site: Site) -> None:
    office, admin = await site.client(), await site.client(Role.TENANT_ADMIN)
    wanted = {"button": False, "on_approval": True, "batch_minutes": 30}
    assert (await office.put(f"{API}/targets/folder/triggers", json=wanted)).status_code == 403
    assert (await admin.put(f"{API}/targets/nowhere/triggers", json=wanted)).status_code == 404
    assert (await admin.put(f"{API}/targets/folder/triggers", json=wanted)).status_code == 200
    items = (await office.get(f"{API}/targets")).json()["items"]
    (target,) = [one for one in items if one["name"] == "folder"]
    assert target == {"name": "folder", "triggers": wanted}
    causes = {one["code"] for one in (await office.get(f"{API}/causes")).json()["items"]}
    assert "push.sent_part_changed" in causes


@pytest.mark.req("P12", "P15")
async def test_the_page_shows_what_is_stuck_and_its_button_sends_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    document_id = await site.approved()
    intent_id = await site.pressed(document_id)
    client, came = await site.house.signed_in(Role.OFFICE)
    with monkeypatch.context() as patched:
        fail(patched, "document", RejectedError("The contract is missing.", action="Add it in the target."))
        await site.worked()
    page = (await client.get("/push")).text
    assert "The contract is missing." in page
    assert "Add it in the target." in page
    assert "for an administrator" in page
    form = {"csrf": came.session.csrf, "intent": str(intent_id), "wish": "again"}
    assert (await client.post("/push/again", data=form)).status_code == 303
    await site.worked()
    shown = (await client.get(f"/push/sent/{intent_id}")).text
    assert "Moved the riser in corridor B" in shown
    assert "Send again" not in shown
    assert "nothing to send" in await notice_after(client, "/push/again", form)
    assert "not for you to see" in await notice_after(client, f"/push/sent/{uuid4()}")


async def notice_after(client: httpx.AsyncClient, path: str, form: dict[str, str] | None = None) -> str:
    answer = await client.post(path, data=form) if form else await client.get(path)
    assert answer.status_code == 303
    return (await client.get(answer.headers["location"])).text


@pytest.mark.req("P11")
async def test_an_admin_sets_the_triggers_on_the_page(site: Site) -> None:
    client, came = await site.house.signed_in(Role.TENANT_ADMIN)
    form = {"csrf": came.session.csrf, "on_approval": "on", "batch_minutes": "45"}
    assert "is saved" in await notice_after(client, "/push/triggers/folder", form)
    found = await site.pushing.triggers().of("folder")
    assert found == Triggers(button=False, on_approval=True, batch_minutes=45)
    for minutes in ("x", "1"):
        answer = await client.post("/push/triggers/folder", data={**form, "batch_minutes": minutes})
        assert answer.status_code == 400


@pytest.mark.req("P11", "P13")
async def test_what_the_office_does_on_its_pages_is_heard_of(site: Site) -> None:
    await site.pushing.triggers().choose("folder", Triggers(on_approval=True))
    document_id = await site.captured()
    client, came = await site.house.signed_in(Role.OFFICE)
    form = {"csrf": came.session.csrf, "version": "1", "act": "approve"}
    assert (await client.post(f"/field/{document_id}/act", data=form)).status_code == 303
    assert (await site.standing(document_id)).trigger == "approval"
    await site.worked()
    assert (await site.standing(document_id)).state == "done"


async def test_only_what_is_approved_is_sent_by_the_button_of_its_page(site: Site) -> None:
    document_id = await site.captured()
    client, came = await site.house.signed_in(Role.OFFICE)
    form = {"csrf": came.session.csrf, "document": str(document_id), "target": "folder"}
    assert "Only what is approved is sent" in await notice_after(client, "/push/send", form)
    assert await site.pushing.board().of_documents([document_id]) == []
    await site.pushing.documents().approve(document_id, OFFICES, version=1)
    assert "/push/preview/folder/" in (await client.get(f"/field/{document_id}")).text
    preview = (await client.get(f"/push/preview/folder/{document_id}")).text
    assert "Moved the riser in corridor B" in preview
    assert (await client.post("/push/send", data=form)).status_code == 303
    await site.worked()
    assert "In Folder" in (await client.get(f"/field/{document_id}")).text


@pytest.mark.req("P11", "P15")
async def test_many_are_sent_at_once_and_each_is_told_of(site: Site) -> None:
    ready = [await site.approved(), await site.approved()]
    waits = await site.captured()
    client, came = await site.house.signed_in(Role.OFFICE)
    page = (await client.get("/field")).text
    assert [str(one) in re.findall(r'name="document" value="([^"]+)"', page) for one in [*ready, waits]] == [
        True,
        True,
        False,
    ]
    form = {"csrf": came.session.csrf, "target": "folder", "document": [str(one) for one in [*ready, waits]]}
    answer = await client.post("/push/send", data=form)
    told = (await client.get(answer.headers["location"])).text
    assert (
        "TM-0001, TM-0002 go to Folder. Only what is approved is sent, so not: TM-0003 (submitted)." in told
    )
    await site.worked()
    found = await site.pushing.board().of_documents([*ready, waits])
    assert {one.document_id: one.state for one in found} == dict.fromkeys(ready, "done")
    none = await client.post("/push/send", data={"csrf": came.session.csrf, "target": "folder"})
    assert (none.status_code, "No document was ticked" in none.text) == (400, True)


@pytest.mark.req("P18")
async def test_the_queue_goes_on_with_documents_by_itself(site: Site) -> None:
    duties = Duties(site.app.settings, site.app.clock, site.app.store, NoVendor())
    document_id = await site.approved()
    intent_id = await site.pressed(document_id)
    (schedule,) = [one for one in duties.schedules() if one.name == PUSH_DUE]
    (job,) = await schedule.jobs(site.app.tenant.id)
    assert (job.kind, job.key) == (PUSH, str(intent_id))
    assert job == push_job(intent_id, "folder", priority=0)
    assert again(PUSH, str(intent_id)) == NewJob(PUSH, str(intent_id), {}, priority=BY_HAND)
    now = site.app.clock.now()
    in_hand = Job(1, site.app.tenant.id, PUSH, job.key, {}, 1, now)
    assert await duties.handlers()[PUSH](in_hand) == Done()
    assert (await site.standing(document_id)).state == "done"


@pytest.mark.req("P24")
async def test_however_many_documents_are_stuck_there_is_one_alert(
    site: Site, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    duties, tenant_id = Duties(site.app.settings, clock, site.app.store, NoVendor()), site.app.tenant.id
    look = Job(1, tenant_id, LOOK, "all", {}, 1, clock.now())
    fail(monkeypatch, "document", RejectedError("The contract is missing.", action="Add it."))
    for _ in range(2):
        await site.pressed(await site.approved())
        await site.worked()
        await duties.handlers()[LOOK](look)
        assert await alerts_of(site) == []
    clock.advance(3600)
    await duties.handlers()[LOOK](look)
    (told,) = await alerts_of(site)
    assert told == "2 documents could not be sent. The oldest: The contract is missing."


async def alerts_of(site: Site) -> list[str]:
    found = await site.app.alert_desk().open_alerts(site.app.tenant.id)
    return [one.summary for one in found if one.rule == NOT_SENT]


@pytest.mark.req("P2", "P19")
async def test_a_connection_that_is_revoked_lets_everything_wait(
    site: Site, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    ids = [await site.approved() for _ in range(2)]
    for document_id in ids:
        await site.pressed(document_id)
    with monkeypatch.context() as patched:
        fail(patched, "", GoneError("Access was revoked in the target.", action="Connect it again."))
        await site.worked()
    standings = [await site.standing(document_id) for document_id in ids]
    assert {(one.state, one.cause) for one in standings} == {("waiting", "Access was revoked in the target.")}
    assert not await site.pushing.due()
    clock.advance(601)
    await site.worked()
    assert {(await site.standing(one)).state for one in ids} == {"done"}


async def test_a_job_comes_again_when_the_document_waits(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    duties = Duties(site.app.settings, site.app.clock, site.app.store, NoVendor())
    intent_id = await site.pressed(await site.approved())
    until = site.app.clock.now() + timedelta(minutes=5)
    fail(monkeypatch, "", BusyError("503", until=until))
    in_hand = Job(1, site.app.tenant.id, PUSH, str(intent_id), {}, 1, site.app.clock.now())
    assert await duties.handlers()[PUSH](in_hand) == Snooze(until)


def fail(patched: pytest.MonkeyPatch, kind: str, error: Exception, *, after: bool = False) -> None:
    """Have the folder fail to write steps of a kind, before or after they were written."""

    whole = FolderTarget.send

    async def send(self: FolderTarget, step: Any, receipts: Any, paper: Any) -> Any:
        hit = not kind or step.kind == kind
        if hit and not after:
            raise error
        receipt = await whole(self, step, receipts, paper)
        if hit:
            raise error
        return receipt

    patched.setattr(FolderTarget, "send", send)
