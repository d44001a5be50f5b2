"""Photos over the API in pieces, and whose photos somebody may open."""

from __future__ import annotations

import io
import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from pypdf import PdfReader
from tests.factories.console import NoVendor, console
from tests.factories.field_work import picture, ticket
from tests.factories.webhooks import connected

from tiebeam.capture import Capture
from tiebeam.duties import TIDY, Duties
from tiebeam.identity.model import Role
from tiebeam.link.repository import ProjectMap
from tiebeam.operations.queue.model import Job

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

API = "/api/v1/field"
DATA = picture(exif=True)
DIGEST = sha256(DATA).hexdigest()


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path, NoVendor()) as made:
        yield made


async def client_of(house: Console, role: Role, **more: Any) -> httpx.AsyncClient:
    client, came = await house.signed_in(role, **more)
    client.headers["X-CSRF-Token"] = came.session.csrf
    return client


async def piece(
    client: httpx.AsyncClient, photo: UUID, offset: int, content: bytes, **more: Any
) -> httpx.Response:
    about = {"sha256": DIGEST, "bytes": len(DATA), "offset": offset, "name": "riser.jpg", **more}
    return await client.put(f"{API}/photos/{photo}/pieces", params=about, content=content)


async def have(client: httpx.AsyncClient, photo: UUID) -> int:
    about: dict[str, str | int] = {"sha256": DIGEST, "bytes": len(DATA)}
    answer = await client.get(f"{API}/photos/{photo}/pieces", params=about)
    return int(answer.json()["received_bytes"])


@pytest.mark.req("P8", "P25")
async def test_a_photo_arrives_in_pieces_and_goes_on_where_it_was_cut(house: Console) -> None:
    phone, photo = await client_of(house, Role.FIELD), uuid4()
    assert await have(phone, photo) == 0
    first = await piece(phone, photo, 0, DATA[:1000])
    assert first.json() == {"received_bytes": 1000, "photo": None}
    assert (await phone.get(f"{API}/photos/{photo}")).status_code == 404
    # Nobody else goes on with it, or learns of it.
    assert await have(await client_of(house, Role.FIELD), photo) == 0
    assert (await piece(phone, photo, 5000, DATA[5000:])).json()["received_bytes"] == 1000
    assert await have(phone, photo) == 1000
    last = (await piece(phone, photo, 1000, DATA[1000:])).json()
    assert (last["received_bytes"], last["photo"]["sha256"]) == (len(DATA), DIGEST)
    assert (last["photo"]["name"], last["photo"]["taken_at"]) == ("riser.jpg", "2026-03-02T12:30:00Z")
    assert (await phone.get(f"{API}/photos/{photo}")).content == DATA
    # The answer to the last one was lost: what is there is told again, and is there once.
    assert (await piece(phone, photo, 1000, DATA[1000:])).json() == last
    assert (await phone.put(f"{API}/photos/{photo}", content=DATA)).json() == last["photo"]
    odd = await piece(phone, photo, 0, DATA, sha256="0" * 64)
    assert (odd.status_code, odd.json()["code"]) == (422, "field.photo")


async def test_pieces_that_make_another_photo_are_begun_anew(house: Console) -> None:
    phone, photo = await client_of(house, Role.FIELD), uuid4()
    bad = await piece(phone, photo, 0, DATA[:-1] + b"?")
    assert (bad.status_code, bad.json()) == (200, {"received_bytes": 0, "photo": None})
    assert (await piece(phone, photo, 0, DATA)).json()["photo"]["sha256"] == DIGEST


async def test_no_piece_and_no_photo_is_larger_than_it_may_be(house: Console) -> None:
    phone, photo = await client_of(house, Role.FIELD), uuid4()
    assert (await piece(phone, photo, 0, b"", bytes=100_000_001)).status_code == 422
    headers = {"Content-Length": "8000001"}
    about: dict[str, str | int] = {"sha256": DIGEST, "bytes": len(DATA), "offset": 0}
    answer = await phone.put(f"{API}/photos/{photo}/pieces", params=about, content=b"a", headers=headers)
    assert answer.status_code == 413
    assert (await piece(phone, photo, 0, DATA * 2)).json()["photo"]["bytes"] == len(DATA)


async def test_the_upkeep_sweeps_what_was_left_half(
    house: Console, store: Store, clock: ManualClock, tmp_path: Path
) -> None:
    phone, photo = await client_of(house, Role.FIELD), uuid4()
    await piece(phone, photo, 0, DATA[:1000])
    (part,) = parts_in(tmp_path)
    os.utime(part, (clock.now().timestamp(),) * 2)
    duties = Duties(house.house.settings, clock, store, NoVendor())
    tidy = duties.handlers()[TIDY]
    job = Job(1, house.tenant.id, TIDY, "all", {}, 1, clock.now())
    await tidy(job)
    assert await have(phone, photo) == 1000
    clock.advance(7 * 86_400 + 1)
    await tidy(job)
    assert parts_in(tmp_path) == []


def pictures_in(answer: httpx.Response) -> int:
    assert answer.status_code == 200
    return sum(len(page.images) for page in PdfReader(io.BytesIO(answer.content)).pages)


def parts_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*.part"))


async def named(client: httpx.AsyncClient, project: UUID, photo: UUID) -> UUID:
    """Have somebody capture a ticket of a project that names a photo."""
    document = uuid4()
    sent = {
        "kind": "tm_ticket",
        "project_id": str(project),
        "captured_at": "2026-03-02T09:00:00Z",
        "body": ticket(photos=[str(photo)]),
    }
    assert (await client.put(f"{API}/documents/{document}", json=sent)).status_code == 200
    return document


@pytest.mark.req("P17", "P21")
async def test_whoever_sees_some_projects_opens_the_photos_of_those_alone(
    house: Console, store: Store
) -> None:
    app = await house.house.app(house.tenant.id)
    connection = await connected(store, house.tenant.id)
    ours, theirs = [(await Capture(app).projects().add(f"24-{n}", "Library")).id for n in (1, 2)]
    for vendors, own in (("77", ours), ("78", theirs)):
        await ProjectMap(store, app.tenant.id).map(connection, vendors, own)
    phone = await client_of(house, Role.FIELD)
    here, away = uuid4(), uuid4()
    for photo in (here, away):
        await phone.put(f"{API}/photos/{photo}", params={"name": f"{photo}.jpg"}, content=DATA)
    await named(phone, ours, here)
    await named(phone, theirs, away)
    some = await client_of(house, Role.OFFICE, projects=["77"])
    for path in ("", "/about", "/thumbnail"):
        assert (await some.get(f"{API}/photos/{here}{path}")).status_code == 200
        assert (await some.get(f"{API}/photos/{away}{path}")).status_code == 404
    # To name a photo whose id one knows does not make it one's own, neither over the API nor on the page.
    mine = await named(some, ours, away)
    assert (await some.get(f"{API}/photos/{away}")).status_code == 404
    page = (await some.get(f"/field/{mine}")).text
    assert f"{away}.jpg" not in page
    assert "1 that it names has not arrived yet, or is of another project" in page
    assert pictures_in(await some.get(f"{API}/documents/{mine}/paper")) == 0
    # Nor does it go on from here into a system of others.
    await some.post(f"{API}/documents/{mine}/submit", json={"version": 1})
    refused = await some.post(f"{API}/documents/{mine}/approve", json={"version": 1})
    assert (refused.status_code, "another project" in refused.json()["detail"]) == (409, True)
    everything = await client_of(house, Role.OFFICE)
    assert pictures_in(await everything.get(f"{API}/documents/{mine}/paper")) == 1
    sly = await client_of(house, Role.FIELD)
    assert pictures_in(await sly.get(f"{API}/documents/{await named(sly, ours, here)}/paper")) == 0
    assert (await everything.get(f"{API}/photos/{away}")).status_code == 200
    assert f"{away}.jpg" in (await everything.get(f"/field/{mine}")).text
