"""What the field sends over the API, by PIN, session or key: kept once, and shown to whom it is for."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from pypdf import PdfReader
from tests.factories.console import NoVendor, console
from tests.factories.field_work import heic, picture, request_form, ticket
from tests.factories.webhooks import connected

from tiebeam.capture import Capture
from tiebeam.identity.model import Role, SignedIn
from tiebeam.identity.permissions import Permission
from tiebeam.link.repository import ProjectMap
from tiebeam.operations.audit.model import Actor
from tiebeam.web.guard import SESSION_COOKIE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("P25")

API = "/api/v1/field"


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path, NoVendor()) as made:
        yield made


@pytest.fixture
async def project(house: Console) -> UUID:
    capture = Capture(await house.house.app(house.tenant.id))
    return (await capture.projects().add("24-017", "Library")).id


async def client_of(house: Console, role: Role, **more: Any) -> httpx.AsyncClient:
    client, came = await house.signed_in(role, **more)
    client.headers["X-CSRF-Token"] = came.session.csrf
    return client


async def by_pin(house: Console) -> tuple[httpx.AsyncClient, SignedIn]:
    """Return somebody of the field who came in on a device with a PIN."""
    boss, devices = Actor.command("tests"), house.house.devices
    person = await house.house.accounts.add_person(
        house.tenant.id, email="finn@oak.test", name="Finn", role=Role.FIELD, by=boss
    )
    await devices.set_pin(house.tenant.id, person.id, "402913", by=boss)
    _, code = await devices.invite(house.tenant.id, name="Gate phone", by=boss)
    enrolled = await devices.enrol(code, address="192.0.2.7")
    assert isinstance(enrolled, tuple)
    came = await devices.sign_in(enrolled[1], person.id, "402913", address="192.0.2.7")
    assert isinstance(came, SignedIn)
    client = house.stranger()
    client.cookies.set(SESSION_COOKIE, came.token)
    client.headers["X-CSRF-Token"] = came.session.csrf
    return client, came


def sent(project: UUID, *, base: int = 0, **body: Any) -> dict[str, Any]:
    return {
        "kind": "tm_ticket",
        "project_id": str(project),
        "captured_at": "2026-03-02T09:00:00-05:00",
        "base_version": base,
        "body": ticket(**body),
    }


@pytest.mark.req("P20")
async def test_a_foreman_captures_by_pin_and_the_office_approves_with_no_vendor_anywhere(
    house: Console, project: UUID
) -> None:
    phone, came = await by_pin(house)
    setting = (await phone.get(f"{API}/setting")).json()
    assert [one["number"] for one in setting["projects"]] == ["24-017"]
    assert setting["person"]["name"] == "Finn"
    id_, photo = uuid4(), uuid4()
    first = await phone.put(f"{API}/photos/{photo}?name=IMG_1.jpg", content=picture())
    assert first.status_code == 200, first.text
    kept = (await phone.put(f"{API}/documents/{id_}", json=sent(project, photos=[str(photo)]))).json()
    assert (kept["outcome"], kept["document"]["number"], kept["document"]["total"]) == (
        "kept",
        "TM-0001",
        "857.70",
    )
    assert kept["document"]["device_id"] == str(came.session.device_id)
    again = (await phone.put(f"{API}/documents/{id_}", json=sent(project, photos=[str(photo)]))).json()
    assert (again["outcome"], again["document"]) == ("unchanged", kept["document"])
    for _ in range(2):
        done = await phone.post(f"{API}/documents/{id_}/submit", json={"version": 1})
        assert done.json()["standing"] == "submitted", done.text
    assert (await phone.post(f"{API}/documents/{id_}/approve", json={"version": 1})).status_code == 403
    office = await client_of(house, Role.OFFICE)
    (listed,) = (await office.get(f"{API}/documents?standing=submitted")).json()["items"]
    assert listed["id"] == str(id_)
    approved = await office.post(f"{API}/documents/{id_}/approve", json={"version": 1})
    assert approved.json()["standing"] == "approved", approved.text


@pytest.mark.req("P6")
async def test_a_ticket_is_put_on_paper_for_whom_it_is(house: Console, project: UUID) -> None:
    phone, _ = await by_pin(house)
    id_, report = uuid4(), uuid4()
    await phone.put(f"{API}/documents/{id_}", json=sent(project))
    made = await phone.get(f"{API}/documents/{id_}/paper")
    assert made.headers["content-type"] == "application/pdf", made.text
    assert 'filename="TM-0001-v1.pdf"' in made.headers["content-disposition"]
    assert "857.70" in PdfReader(io.BytesIO(made.content)).pages[0].extract_text()
    body = {"date": "2026-03-02"}
    await phone.put(f"{API}/documents/{report}", json={**sent(project), "kind": "daily_report", "body": body})
    none = await phone.get(f"{API}/documents/{report}/paper")
    assert (none.status_code, none.json()["code"]) == (409, "field.not_possible"), none.text
    assert (await phone.get(f"{API}/documents/{uuid4()}/paper")).status_code == 404
    stranger = await client_of(house, Role.FIELD)
    assert (await stranger.get(f"{API}/documents/{id_}/paper")).status_code == 404


async def test_the_office_corrects_and_what_was_captured_stays(house: Console, project: UUID) -> None:
    phone, _ = await by_pin(house)
    office, id_ = await client_of(house, Role.OFFICE), uuid4()
    await phone.put(f"{API}/documents/{id_}", json=sent(project))
    await phone.post(f"{API}/documents/{id_}/submit", json={"version": 1})
    fixed = await office.put(f"{API}/documents/{id_}", json=sent(project, base=1, notes="By the office"))
    assert (fixed.json()["outcome"], fixed.json()["document"]["version"]) == ("kept", 2)
    late = (
        await phone.put(f"{API}/documents/{id_}", json=sent(project, base=1, notes="By the phone"))
    ).json()
    assert (late["outcome"], late["aside"]) == ("aside", "stale")
    assert "Both are kept" in late["told"]
    refused = await office.post(f"{API}/documents/{id_}/approve", json={"version": 2})
    assert (refused.status_code, refused.json()["code"]) == (409, "field.not_possible")
    settled = await office.post(f"{API}/documents/{id_}/settle", json={"version": 3})
    assert (settled.json()["version"], settled.json()["body"]["notes"]) == (4, "By the phone")
    back = await office.post(f"{API}/documents/{id_}/return", json={"version": 4, "why": "Sign it."})
    assert (back.json()["standing"], back.json()["returned_reason"]) == ("returned", "Sign it.")
    versions = (await phone.get(f"{API}/documents/{id_}/versions")).json()["items"]
    assert [one["number"] for one in versions] == [1, 2, 3, 4]
    assert (await phone.get(f"{API}/documents/{id_}/original")).json()["body"]["notes"] == ""


@pytest.mark.req("P17", "P21")
async def test_one_sees_ones_own_and_the_office_what_lies_in_its_projects(
    house: Console, store: Store, project: UUID
) -> None:
    phone, _ = await by_pin(house)
    id_, photo = uuid4(), uuid4()
    await phone.put(f"{API}/documents/{id_}", json=sent(project))
    await phone.put(f"{API}/photos/{photo}", content=picture())
    app = await house.house.app(house.tenant.id)
    connection = await connected(store, house.tenant.id)
    other = await house.company("birch")
    for stranger in (
        await client_of(house, Role.FIELD),
        await client_of(house, Role.OFFICE, projects=["77"]),
        await client_of(house, Role.TENANT_ADMIN, tenant=other),
    ):
        assert (await stranger.get(f"{API}/documents")).json()["items"] == []
        for path in ("", "/versions", "/original"):
            assert (await stranger.get(f"{API}/documents/{id_}{path}")).status_code == 404
    sly = await client_of(house, Role.FIELD)
    answer = (await sly.put(f"{API}/documents/{id_}", json=sent(project, base=1, notes="mine"))).json()
    assert (answer["aside"], answer["document"]) == ("not_the_author", None)
    for path in ("", "/about", "/thumbnail"):
        assert (await sly.get(f"{API}/photos/{photo}{path}")).status_code == 404
    away = await client_of(house, Role.FIELD, projects=["77"])
    assert (await away.get(f"{API}/setting")).json()["projects"] == []
    assert (await away.put(f"{API}/documents/{uuid4()}", json=sent(project))).status_code == 404
    await ProjectMap(store, app.tenant.id).map(connection, "77", project)
    assert len((await away.get(f"{API}/setting")).json()["projects"]) == 1
    assert (await away.put(f"{API}/documents/{uuid4()}", json=sent(project))).status_code == 200


async def test_a_photo_comes_back_byte_for_byte(house: Console) -> None:
    phone, _ = await by_pin(house)
    photo, data = uuid4(), picture(exif=True)
    name = "صورة الموقع.jpg"
    kept = await phone.put(f"{API}/photos/{photo}", params={"name": name}, content=data)
    about = kept.json()
    assert (about["name"], about["media_type"], about["bytes"]) == (name, "image/jpeg", len(data))
    assert (about["taken_at"], about["place"]) == (
        "2026-03-02T12:30:00Z",
        {"latitude": 52.52, "longitude": 13.405},
    )
    found = await phone.get(f"{API}/photos/{photo}")
    assert (found.content, found.headers["content-type"]) == (data, "image/jpeg")
    same = await phone.get(f"{API}/photos/{photo}", headers={"If-None-Match": found.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    small = await phone.get(f"{API}/photos/{photo}/thumbnail")
    assert (small.headers["content-type"], small.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert (await phone.put(f"{API}/photos/{photo}", content=data)).json() == {**about, "name": name}
    other = await phone.put(f"{API}/photos/{photo}", content=picture("PNG"))
    assert (other.status_code, other.json()["code"]) == (422, "field.photo")


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [
        (b"", 422, "This photo is empty: it has no bytes at all."),
        (b"%PDF-1.7 and so on", 422, "This is a PDF, whatever its name says."),
        (b"MZ\x90\x00 a program", 422, "This is no photo that is known here, whatever its name says."),
    ],
)
async def test_what_is_no_photo_is_refused_in_a_sentence(
    house: Console, content: bytes, status: int, told: str
) -> None:
    phone, _ = await by_pin(house)
    answer = await phone.put(f"{API}/photos/{uuid4()}?name=a.jpg", content=content)
    assert (answer.status_code, answer.json()["detail"]) == (status, told)


async def test_what_is_said_to_be_larger_than_a_photo_may_be_is_not_even_read(house: Console) -> None:
    phone, _ = await by_pin(house)
    huge = {"Content-Length": "100000001"}
    answer = await phone.put(f"{API}/photos/{uuid4()}", content=b"\xff\xd8\xff", headers=huge)
    assert (answer.status_code, answer.json()["detail"]) == (413, "The body is larger than 100 MB.")


async def test_of_heic_there_is_the_original_and_no_small_picture(house: Console) -> None:
    phone, _ = await by_pin(house)
    photo = uuid4()
    about = (await phone.put(f"{API}/photos/{photo}", content=heic())).json()
    assert (about["media_type"], about["has_thumbnail"], about["width"]) == ("image/heic", False, None)
    assert (await phone.get(f"{API}/photos/{photo}")).content == heic()
    answer = await phone.get(f"{API}/photos/{photo}/thumbnail")
    assert (answer.status_code, answer.json()["action"]) == (404, "Look at the original.")


async def test_an_original_that_was_lost_says_what_to_do(house: Console, tmp_path: Path) -> None:
    phone, _ = await by_pin(house)
    photo = uuid4()
    await phone.put(f"{API}/photos/{photo}", content=picture())
    (file,) = [path for path in (tmp_path / "photos").rglob("*") if path.is_file()]
    file.unlink()
    answer = await phone.get(f"{API}/photos/{photo}")
    assert (answer.status_code, "restored from a backup" in answer.json()["action"]) == (404, True)


async def test_a_program_captures_and_reviews_with_a_key_of_that_scope(house: Console, project: UUID) -> None:
    async def keyed(*scopes: Permission) -> httpx.AsyncClient:
        by = Actor.command("tests")
        _, secret = await house.house.keys.make(house.tenant.id, name="tests", scopes=scopes, by=by)
        client = house.stranger()
        client.headers["Authorization"] = f"Bearer {secret}"
        return client

    captures = await keyed(Permission.FIELD_CAPTURE)
    reviews = await keyed(Permission.FIELD_CAPTURE, Permission.FIELD_REVIEW)
    id_ = uuid4()
    assert (await captures.put(f"{API}/documents/{id_}", json=sent(project))).status_code == 200
    assert (await captures.post(f"{API}/documents/{id_}/submit", json={"version": 1})).status_code == 200
    assert (await captures.post(f"{API}/documents/{id_}/approve", json={"version": 1})).status_code == 403
    assert (await reviews.post(f"{API}/documents/{id_}/approve", json={"version": 1})).status_code == 200
    nobody = await keyed(Permission.RECORDS_READ)
    assert (await nobody.get(f"{API}/documents")).status_code == 403


async def test_a_long_ticket_is_taken_and_an_endless_one_is_not(house: Console, project: UUID) -> None:
    office = await client_of(house, Role.OFFICE)
    labour = [{"worker": "W" * 200, "trade": "T" * 200, "hours": "8"}] * 200
    long = await office.put(f"{API}/documents/{uuid4()}", json=sent(project, labour=labour))
    assert long.status_code == 200, long.text
    over = await office.put(f"{API}/documents/{uuid4()}", json=sent(project, labour=[*labour, labour[0]]))
    assert over.status_code == 422
    endless = await office.put(f"{API}/documents/{uuid4()}", json=sent(project, notes="n" * 1_000_000))
    assert endless.status_code == 413


async def test_lists_go_on_from_page_to_page(house: Console, project: UUID) -> None:
    office = await client_of(house, Role.OFFICE)
    for number in range(5):
        await office.put(f"{API}/documents/{uuid4()}", json=sent(project, notes=str(number)))
    seen, cursor = [], ""
    while cursor is not None:
        asked = {"limit": "2", "project_id": str(project), **({"cursor": cursor} if cursor else {})}
        page = (await office.get(f"{API}/documents", params=asked)).json()
        seen += [one["number"] for one in page["items"]]
        cursor = page["next"]
    assert sorted(seen) == [f"TM-000{number}" for number in range(1, 6)]
    assert len(set(seen)) == 5
    odd = await office.get(f"{API}/documents?cursor=WyJ4IiwieSJd")
    assert (odd.status_code, odd.json()["code"]) == (400, "api.cursor")


async def test_crews_cost_codes_and_projects_are_kept_for_the_phones(house: Console, project: UUID) -> None:
    office = await client_of(house, Role.OFFICE)
    crew = {"name": "Night crew", "members": [{"name": "A. Aziz", "trade": "Electrician"}]}
    code = {"project_id": str(project), "code": "26-0500", "name": "Wiring"}
    assert (await office.put(f"{API}/crews", json=crew)).json() == crew
    assert (await office.put(f"{API}/cost-codes", json=code)).json() == code
    added = await office.post(f"{API}/projects", json={"number": "24-018", "name": "Bridge"})
    assert added.status_code == 201
    setting = (await office.get(f"{API}/setting")).json()
    assert (setting["crews"], setting["cost_codes"], len(setting["projects"])) == ([crew], [code], 2)
    elsewhere = await office.put(f"{API}/cost-codes", json={**code, "project_id": str(uuid4())})
    assert elsewhere.status_code == 400
    for path in ("crews?name=Night crew", f"cost-codes?project_id={project}&code=26-0500"):
        assert (await office.delete(f"{API}/{path}")).status_code == 204
        assert (await office.delete(f"{API}/{path}")).status_code == 404
    assert (await office.get(f"{API}/setting")).json()["crews"] == []


async def test_a_request_says_what_it_comes_to(house: Console, project: UUID) -> None:
    office = await client_of(house, Role.OFFICE)
    asked = {**sent(project), "kind": "change_order_request", "body": request_form()}
    kept = (await office.put(f"{API}/documents/{uuid4()}", json=asked)).json()
    assert (kept["document"]["number"], kept["document"]["total"]) == ("COR-0001", "931.51")
