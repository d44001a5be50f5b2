"""What was sent and answered, as evidence: in dossiers to the letter, and recorded so that a change shows."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zipfile import ZipFile

import psycopg
import pytest
from pypdf import PdfReader
from tests.factories.console import NoVendor
from tests.factories.database import at
from tests.factories.field_work import FOREMAN, FOREMANS, OFFICE, OFFICES, in_chunks, picture, ticket
from tests.factories.webhooks import KEY

from tiebeam.app import App
from tiebeam.capture import Capture
from tiebeam.field.model import Kind
from tiebeam.operations.alerts.model import Severity
from tiebeam.operations.audit.anchors.model import TrailBrokenError
from tiebeam.operations.audit.dossier.check import check_dossier
from tiebeam.operations.audit.dossier.model import Asked, Form
from tiebeam.operations.audit.model import Wanted
from tiebeam.proof import Proof
from tiebeam.push.deliveries.folder import FolderTarget
from tiebeam.pushing import Pushing
from tiebeam.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.factories.database import TestServer

    from tiebeam.field.model import Document
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

    Meddle = Callable[[str], Awaitable[None]]

pytestmark = pytest.mark.req("P16")

DAY = 24 * 3600.0


@pytest.fixture
def app(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> App:
    given = {"data": tmp_path / "data", "master_key": KEY, "push_folder": tmp_path / "out"}
    settings = Settings.model_validate({**given, "tenant": tenant.slug})
    return App(settings, clock, store, tenant, NoVendor())


@pytest.fixture
async def sent(app: App) -> Document:
    """A ticket with a photo that was approved and sent to a folder."""
    capture, pushing, id_, photo = Capture(app), Pushing(app), uuid4(), uuid4()
    project = await capture.projects().add("24-017", "Library")
    await capture.photos().put(photo, in_chunks(picture()), FOREMAN, name="IMG_1.jpg")
    documents, now = capture.documents(), app.clock.now()
    body = ticket(photos=[str(photo)])
    await documents.put(id_, Kind.TM_TICKET, project.id, body, FOREMANS, captured_at=now)
    await documents.submit(id_, FOREMANS, version=1)
    approved = await documents.approve(id_, OFFICES, version=1)
    (intent,) = await pushing.send([approved], FolderTarget.name, by=OFFICE.name)
    await pushing.runner().run(intent)
    return await documents.get(id_)


@pytest.fixture
def meddle(database_server: TestServer, database_name: str) -> Meddle:
    """Do what only somebody who may do anything to the database can."""
    if database_server.embedded is None:
        pytest.skip("this server was given by URL, without its superuser")

    async def meddle(sql: str) -> None:
        url = at(database_server.admin_url, database_name)
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await connection.execute(b"set session_replication_role = replica")
            await connection.execute(sql.encode())

    return meddle


async def exhibits(app: App, sent: Document) -> list[dict[str, Any]]:
    wish = Asked(item=f"field_document:{sent.id}")
    made = await Proof(app).dossiers().make(wish, OFFICE, forms=[Form.JSON, Form.PDF])
    assert check_dossier(made.data).faults == ()
    with ZipFile(io.BytesIO(made.data)) as archive:
        found: list[dict[str, Any]] = json.loads(archive.read("dossier.json"))["exhibits"]
    return found


@pytest.mark.req("P12")
async def test_a_dossier_says_exactly_what_was_sent_and_answered(app: App, sent: Document) -> None:
    found = await exhibits(app, sent)
    (delivery,) = [one["told"] for one in found if one["kind"] == "delivery"]
    assert (delivery["target"], delivery["state"], delivery["wanted_by"]) == ("folder", "sent", OFFICE.name)
    assert all(len(one["sha256_of_what_was_sent"]) == 64 for one in delivery["receipts"])
    attempts = [one["told"] for one in found if one["kind"] == "attempt"]
    assert any("sent" in one for one in attempts)
    assert any("answer" in one for one in attempts)
    assert {one["correlation_id"] for one in attempts} != {""}


@pytest.mark.req("P6")
async def test_the_paper_goes_along_with_its_rates(app: App, sent: Document) -> None:
    folder = app.settings.push_folder
    assert folder
    (pdf,) = [path for path in folder.rglob("*") if path.suffix == ".pdf"]
    assert "857.70" in PdfReader(pdf).pages[0].extract_text()
    printed = await Capture(app).printer().paper(sent)
    # Read-only by now, and approved as it was when it went out: the same bytes.
    assert printed.data == pdf.read_bytes()


@pytest.mark.usefixtures("sent")
async def test_what_was_sent_is_recorded_once_it_is_settled(app: App, clock: ManualClock) -> None:
    proof, tenant_id = Proof(app), app.tenant.id
    await proof.anchor()
    assert await app.evidence.trail.entries(tenant_id, Wanted(act="push.recorded")) == []
    for _ in range(3):
        clock.advance(DAY)
        await proof.anchor()
    (noted,) = await app.evidence.trail.entries(tenant_id, Wanted(act="push.recorded"))
    assert noted.detail["attempts"] > 1
    assert (await proof.dossiers().prove()).fault is None


_LATE = """
insert into tiebeam.push_attempt (tenant_id, intent_id, name, attempt, event, at, correlation_id, sent)
select tenant_id, intent_id, name, 9, event, at, correlation_id, sent from tiebeam.push_attempt limit 1
"""


@pytest.mark.usefixtures("sent")
async def test_changed_evidence_is_one_alert_until_it_is_as_it_was(app: App, meddle: Meddle) -> None:
    desk, change = app.alert_desk(), "update tiebeam.audit set actor_name = '{}' where number = 1"
    (first,) = await app.evidence.trail.entries(app.tenant.id, before=2)
    await meddle(change.format("x"))
    for _ in range(2):
        with pytest.raises(TrailBrokenError):
            await Proof(app).anchor()
    (alert,) = await desk.open_alerts(app.tenant.id)
    assert (alert.severity, "the entry 1 was changed" in alert.summary) == (Severity.CRITICAL, True)
    await meddle(change.format(first.actor.name))
    assert await Proof(app).anchor()
    assert await desk.open_alerts(app.tenant.id) == []


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize(
    "meddling",
    [
        "update tiebeam.push_attempt set sent = jsonb_set(sent, '{x}', '1') where sent is not null",
        "update tiebeam.push_attempt set answer = '{}' where answer is not null",
        "update tiebeam.push_attempt set correlation_id = 'other'",
        "delete from tiebeam.push_attempt where answer is not null",
        _LATE,
    ],
)
async def test_a_change_of_what_was_sent_shows(
    app: App, clock: ManualClock, meddle: Meddle, meddling: str
) -> None:
    clock.advance(DAY)
    await Proof(app).anchor()
    await meddle(meddling)
    fault = (await Proof(app).dossiers().prove()).fault
    assert fault
    assert fault.startswith("what was sent from")
    await Proof(app).anchor()
    (alert,) = await app.alert_desk().open_alerts(app.tenant.id)
    assert (alert.rule, fault in alert.summary) == ("evidence_changed", True)
