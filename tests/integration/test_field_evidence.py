"""What was captured, as evidence: in a dossier whole, and any byte of it that is changed later shows."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID, uuid4
from zipfile import ZipFile

import psycopg
import pytest
from tests.factories.console import NoVendor
from tests.factories.database import at
from tests.factories.field_work import FOREMAN, FOREMANS, OFFICE, OFFICES, in_chunks, picture, ticket
from tests.factories.webhooks import KEY

from tiebeam.app import App
from tiebeam.capture import Capture
from tiebeam.field.model import Kind
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.dossier.check import check_dossier
from tiebeam.operations.audit.dossier.model import Asked, Form
from tiebeam.proof import Proof
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

PHOTO = picture()


@dataclass
class OnSite:
    """A ticket with a photo, corrected by the office and approved."""

    capture: Capture
    ticket: Document
    photo: UUID
    project: UUID
    empty: UUID
    """A project in which nothing was captured."""

    async def dossier(self, wish: Asked) -> tuple[bytes, dict[str, list[dict[str, object]]]]:
        """Return a dossier, and what its JSON says."""
        made = await Proof(self.capture.app).dossiers().make(wish, OFFICE, forms=[Form.JSON, Form.PDF])
        with ZipFile(io.BytesIO(made.data)) as archive:
            return made.data, json.loads(archive.read("dossier.json"))

    async def fault(self, *, originals: bool = False) -> str | None:
        """Return what does not hold."""
        return (await Proof(self.capture.app).dossiers().prove(originals=originals)).fault


@pytest.fixture
async def site(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> OnSite:
    settings = Settings.model_validate({"data": tmp_path, "master_key": KEY, "tenant": tenant.slug})
    capture = Capture(App(settings, clock, store, tenant, NoVendor()))
    project = (await capture.projects().add("24-017", "Library")).id
    empty = (await capture.projects().add("24-018", "Bridge")).id
    photo, id_, documents = uuid4(), uuid4(), capture.documents()
    await capture.photos().put(photo, in_chunks(PHOTO), FOREMAN, name="صورة.jpg")
    # The zone of the device's clock: what is noted and what is kept write it down differently.
    taken = clock.now() - timedelta(hours=5)
    first = ticket(photos=[str(photo)])
    await documents.put(id_, Kind.TM_TICKET, project, first, FOREMANS, captured_at=taken)
    await documents.submit(id_, FOREMANS, version=1)
    await documents.put(
        id_, Kind.TM_TICKET, project, first | {"notes": "8 h"}, OFFICES, captured_at=taken, base_version=1
    )
    stale = first | {"notes": "9 h"}
    await documents.put(id_, Kind.TM_TICKET, project, stale, FOREMANS, captured_at=taken, base_version=1)
    await documents.settle(id_, OFFICES, version=3)
    approved = await documents.approve(id_, OFFICES, version=4)
    return OnSite(capture, approved, photo, project, empty)


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


async def test_a_dossier_of_a_ticket_holds_all_of_its_versions_and_photos(site: OnSite) -> None:
    data, whole = await site.dossier(Asked(item=f"field_document:{site.ticket.id}"))
    assert [one["act"] for one in whole["entries"]] == [
        "field_document.captured",
        "field_document.submitted",
        "field_document.changed",
        "field_document.kept_aside",
        "field_document.settled",
        "field_document.approved",
    ]
    photo, *versions = whole["exhibits"]
    assert [one["kind"] for one in whole["exhibits"]] == ["photo"] + ["version"] * 4
    assert (photo["sha256"], photo["title"]) == (sha256(PHOTO).hexdigest(), "صورة.jpg")
    assert "(as captured)" in str(versions[0]["title"])
    assert "(counts)" in str(versions[3]["title"])
    told = versions[0]["told"]
    assert isinstance(told, dict)
    assert told["body"]["labour"][0]["hours"] == "8.50"
    checked = check_dossier(data)
    assert checked.faults == ()
    assert list(checked.photos.values()) == [sha256(PHOTO).hexdigest()]


async def test_of_too_many_photos_the_originals_are_not_read_and_it_says_so(
    site: OnSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tiebeam.field.evidence.repository._READ_MAX", 0)
    _, whole = await site.dossier(Asked(item=f"field_document:{site.ticket.id}"))
    told = whole["exhibits"][0]["told"]
    assert isinstance(told, dict)
    assert told["original"] == "was not read again, among so many"


async def test_a_dossier_of_a_project_holds_its_items_alone(site: OnSite) -> None:
    _, whole = await site.dossier(Asked(project=str(site.project)))
    assert {str(one["subject"]).partition(":")[0] for one in whole["entries"]} == {
        "field_document",
        "field_photo",
    }
    with pytest.raises(BadInputError, match="Nothing was noted"):
        await site.dossier(Asked(project=str(site.empty)))
    with pytest.raises(BadInputError, match="is no id"):
        await site.dossier(Asked(project="library"))


async def test_what_was_captured_is_as_it_was_noted(site: OnSite) -> None:
    assert await site.fault(originals=True) is None


_COPY = """
insert into tiebeam.field_version
select tenant_id, document_id, 5, base, body, hash, captured_at, received_at, author_kind, author_id,
    author_name, device_id, aside
from tiebeam.field_version where number = 1
"""


@pytest.mark.parametrize(
    ("meddling", "what"),
    [
        (
            "update tiebeam.field_version set body = replace(body::text, '8', '9')::json where number = 1",
            "version 1 of field_document:{id} was changed",
        ),
        ("update tiebeam.field_version set hash = set_byte(hash, 0, 1) where number = 2", "version 2 of"),
        (
            "update tiebeam.field_version set captured_at = captured_at + interval '1 ms' where number = 1",
            "not of when",
        ),
        ("update tiebeam.field_version set author_name = 'Finn Forenan' where number = 1", "not by whom"),
        ("delete from tiebeam.field_version where number = 3", "version 3 of field_document:{id} is missing"),
        (_COPY, "version 5 of field_document:{id} was never noted"),
        ("update tiebeam.field_photo set sha256 = set_byte(sha256, 0, 1)", "field_photo:{photo} was changed"),
        ("delete from tiebeam.field_photo", "field_photo:{photo} is missing"),
    ],
)
async def test_one_changed_byte_of_what_was_captured_shows(
    site: OnSite, meddle: Meddle, meddling: str, what: str
) -> None:
    await meddle(meddling)
    fault = await site.fault()
    assert fault
    assert what.format(id=site.ticket.id, photo=site.photo) in fault
    data, _ = await site.dossier(Asked(item=f"field_document:{site.ticket.id}"))
    assert check_dossier(data).faults


async def test_one_changed_byte_of_an_original_shows(site: OnSite) -> None:
    photos = site.capture.photos()
    path = photos.path(await photos.get(site.photo))
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(bytes(changed))
    assert await site.fault(originals=True) == f"the original of field_photo:{site.photo} was changed"
    _, whole = await site.dossier(Asked(item=f"field_document:{site.ticket.id}"))
    assert whole["exhibits"][0]["title"] == "صورة.jpg (the original was changed)"
    path.unlink()
    assert await site.fault(originals=True) == f"the original of field_photo:{site.photo} cannot be read"
    # Reading every original takes its time: it is left out unless asked for.
    assert await site.fault() is None
