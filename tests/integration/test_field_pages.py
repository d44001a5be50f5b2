"""The field's pages for the office: looked at, corrected, decided on, given back, approved, put together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from tests.factories.console import console
from tests.factories.field_work import FOREMAN, FOREMANS, WHOLE, in_chunks, picture, ticket

from tiebeam.capture import Capture
from tiebeam.field.model import Kind, Standing
from tiebeam.field.paper.printer import PAPERS
from tiebeam.identity.model import Role
from tiebeam.operations.audit.dossier.check import check_dossier

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.field.model import Document
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("P25")


class Desk:
    """Somebody of the office at the console, and what the field has sent."""

    def __init__(self, client: httpx.AsyncClient, csrf: str, capture: Capture, project: UUID) -> None:
        self.client = client
        self.csrf = csrf
        self.capture = capture
        self.project = project

    async def sent(self, kind: Kind = Kind.TM_TICKET, **more: Any) -> Document:
        documents, at = self.capture.documents(), self.capture.app.clock.now()
        body = {**(ticket() if kind is Kind.TM_TICKET else WHOLE[kind]), **more}
        return (await documents.put(uuid4(), kind, self.project, body, FOREMANS, captured_at=at)).document

    async def page(self, document: Document) -> str:
        answer = await self.client.get(f"/field/{document.id}")
        assert answer.status_code == 200, answer.text
        return answer.text

    async def post(self, path: str, **form: str | list[str]) -> httpx.Response:
        return await self.client.post(f"/field/{path}", data={"csrf": self.csrf, **form})

    async def act(self, document: Document, act: str, version: int = 1, **form: str) -> httpx.Response:
        return await self.post(f"{document.id}/act", act=act, version=str(version), **form)

    async def now(self, document: Document) -> Document:
        return await self.capture.documents().get(document.id)


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path) as made:
        yield made


@pytest.fixture
async def desk(house: Console) -> Desk:
    client, came = await house.signed_in(Role.OFFICE)
    capture = Capture(await house.house.app(house.tenant.id))
    project = await capture.projects().add("24-017", "Library")
    return Desk(client, came.session.csrf, capture, project.id)


def form_on(page: str) -> dict[str, str]:
    """Return what a browser would send of the form for corrections, as it stands."""
    form = page.split("/correct")[1].split("</form>", maxsplit=1)[0]
    found = dict(re.findall(r'<input(?: type="date")? name="(f\.[^"]+)" value="([^"]*)"', form))
    found |= dict(re.findall(r'<textarea name="(f\.[^"]+)"[^>]*>([^<]*)<', form))
    found |= dict.fromkeys(re.findall(r'type="checkbox" name="(f\.[^"]+)" value="yes" checked', form), "yes")
    for name, options in re.findall(r'<select name="(f\.[^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r"<option selected>([^<]+)<", options) or re.findall(r"<option>([^<]+)<", options)
        found[name] = chosen[0]
    return found


@pytest.mark.req("P20")
async def test_from_an_empty_page_to_an_approved_ticket(house: Console) -> None:
    client, came = await house.signed_in(Role.OFFICE)
    assert "Nothing here" in (await client.get("/field")).text
    made = await client.post(
        "/field/projects", data={"csrf": came.session.csrf, "number": "24-017", "name": "Library"}
    )
    assert made.status_code == 303
    capture = Capture(await house.house.app(house.tenant.id))
    (project,) = await capture.projects().all()
    desk = Desk(client, came.session.csrf, capture, project.id)
    document = await desk.sent()
    listed = (await client.get("/field")).text
    assert "TM-0001" in listed
    assert "857.70" in listed
    for act, standing in (("submit", "submitted"), ("return", "returned"), ("submit", "submitted")):
        answer = await desk.act(document, act, why="Whose truck?")
        assert answer.status_code == 303, answer.text
        assert (await desk.now(document)).standing == standing
    assert (await desk.act(document, "approve")).status_code == 303
    assert (await desk.now(document)).standing is Standing.APPROVED


@pytest.mark.parametrize("kind", Kind)
async def test_a_form_that_nobody_touched_changes_nothing_of_any_kind(desk: Desk, kind: Kind) -> None:
    photo = UUID(int=7)
    await desk.capture.photos().put(photo, in_chunks(picture()), FOREMAN, name="<b>riser.jpg")
    document = await desk.sent(kind, **WHOLE[kind])
    page = await desk.page(document)
    assert "<b>riser" not in page
    answer = await desk.post(f"{document.id}/correct", version="1", **form_on(page))
    assert answer.status_code == 303, answer.text
    assert (await desk.now(document)).body == document.body
    assert len(await desk.capture.documents().versions(document.id)) == 1


async def test_a_correction_stands_beside_what_was_captured(desk: Desk) -> None:
    document = await desk.sent(photos=[str(UUID(int=7)), str(UUID(int=9))])
    page = await desk.page(document)
    assert "2 that it names have not arrived yet" in page
    form = form_on(page) | {
        "f.labour.0.hours": "7.25",
        "f.materials.0.name": "",
        "f.materials.0.unit": "",
        "f.materials.0.quantity": "",
        "f.materials.0.unit_cost": "",
        "f.labour.1.worker": "B. Baker",
        "f.labour.1.hours": "2",
        "without": str(UUID(int=9)),
    }
    answer = await desk.post(f"{document.id}/correct", version="1", **form)
    assert answer.status_code == 303, answer.text
    now = await desk.now(document)
    assert [(one["worker"], one["hours"]) for one in now.body["labour"]] == [
        ("A. Aziz", "7.25"),
        ("B. Baker", "2"),
    ]
    assert (now.body["materials"], now.body["photos"]) == ([], [str(UUID(int=7))])
    page = await desk.page(document)
    assert "<del>8.50</del>" in page
    assert "<ins>7.25</ins>" in page
    assert (await desk.capture.documents().original(document.id)).body == document.body
    wrong = await desk.post(f"{document.id}/correct", version="2", **{**form, "f.labour.0.hours": "25"})
    assert (wrong.status_code, "labour.0.hours cannot be used" in wrong.text) == (422, True)


async def test_corrected_on_two_desks_at_once_the_page_asks_which_counts(desk: Desk) -> None:
    document = await desk.sent()
    form = form_on(await desk.page(document))
    for notes in ("first", "second"):
        await desk.post(f"{document.id}/correct", version="1", **{**form, "f.notes": notes})
    page = await desk.page(document)
    assert "Two versions: which one counts?" in page
    assert "TM-0001" in (await desk.client.get("/field?aside=yes")).text
    await desk.act(document, "settle", 3)
    now = await desk.now(document)
    assert (now.body["notes"], now.aside_version) == ("second", None)


def form_fields(page: str) -> list[str]:
    """Return what could be typed into the document on its page."""
    return re.findall(r'<(?:input|textarea|select)[^>]* name="(f\.[^"]+)"', page)


@pytest.mark.req("P13")
async def test_what_is_read_only_offers_nothing_to_press(desk: Desk) -> None:
    document = await desk.sent()
    form = form_on(await desk.page(document))
    assert form_fields(await desk.page(document))
    await desk.capture.documents().lock(document.id, "It is in Procore.", FOREMANS)
    page = await desk.page(document)
    assert "It is read-only: It is in Procore." in page
    assert not form_fields(page)
    assert "Moved the riser in corridor B" in page.split("What it says")[1]
    assert "<button" not in page.split("<main")[1]
    await desk.post(f"{document.id}/correct", version="1", **{**form, "f.notes": "late"})
    assert (await desk.now(document)).body == document.body
    refused = await desk.act(document, "submit")
    assert (refused.status_code, "read-only: It is in Procore" in refused.text) == (409, True)


async def test_a_request_is_made_of_tickets_and_says_what_has_no_price(desk: Desk) -> None:
    bare = [{"worker": "B. Baker", "hours": "2", "time_type": "double"}]
    tickets = [await desk.sent(photos=[str(UUID(int=7))]), await desk.sent(labour=bare, cost_code="26-0500")]
    answer = await desk.post("requests", title="Riser", ticket=[str(one.id) for one in tickets])
    assert answer.status_code == 303, answer.text
    page = (await desk.client.get(answer.headers["location"])).text
    assert "COR-0001 was made of TM-0001, TM-0002. 1 of its lines had no rate and stand at 0" in page
    (made,) = [
        one for one in await desk.capture.documents().search() if one.kind is Kind.CHANGE_ORDER_REQUEST
    ]
    assert made.body["tickets"] == [str(one.id) for one in tickets]
    assert made.body["photos"] == [str(UUID(int=7))]
    lines = [
        (one["kind"], one["description"], one["quantity"], one["unit_cost"]) for one in made.body["lines"]
    ]
    assert lines == [
        ("labour", "TM-0001 A. Aziz, Electrician", "8.50", "95.00"),
        ("material", "TM-0001 EMT 3/4", "40", "1.255"),
        ("labour", "TM-0002 B. Baker, double", "2", "0"),
        ("material", "TM-0002 EMT 3/4", "40", "1.255"),
    ]
    other = await desk.capture.projects().add("24-018", "Bridge")
    far = Desk(desk.client, desk.csrf, desk.capture, other.id)
    strange = str((await far.sent()).id)
    for chosen, told in (
        ([], "made from T&amp;M tickets"),
        ([str(made.id)], "made from T&amp;M tickets"),
        ([str(tickets[0].id), strange], "of several projects"),
    ):
        refused = await desk.post("requests", title="Riser", ticket=chosen)
        assert (refused.status_code, told in refused.text) == (409, True)


@pytest.mark.req("P17", "P21")
async def test_the_office_sees_the_projects_it_may_and_no_other_company(desk: Desk, house: Console) -> None:
    document = await desk.sent()
    other = await house.company("birch")
    for client, _ in (
        await house.signed_in(Role.OFFICE, projects=["77"]),
        await house.signed_in(Role.TENANT_ADMIN, tenant=other),
    ):
        assert "TM-0001" not in (await client.get("/field")).text
        assert (await client.get(f"/field/{document.id}")).status_code == 404


async def test_lists_are_filtered_and_go_on(
    desk: Desk, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tiebeam.web.pages.field.PAGE", 2)
    for number in range(3):
        clock.advance(60)
        await desk.sent(notes=str(number))
    first = (await desk.client.get("/field")).text
    assert re.findall(r">(TM-\d+)</a>", first) == ["TM-0003", "TM-0002"]
    (older,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert re.findall(r">(TM-\d+)</a>", (await desk.client.get(older)).text) == ["TM-0001"]
    assert "Nothing here" in (await desk.client.get("/field?standing=approved")).text
    for odd in ("kind=x", "standing=x", "project=x", "before=x", "before=2026-01-01~x"):
        assert (await desk.client.get(f"/field?{odd}")).status_code == 400


@pytest.mark.req("P6", "P7", "P16")
async def test_paper_and_evidence_are_a_click_away_for_whom_they_are(desk: Desk, house: Console) -> None:
    found = {kind: await desk.sent(kind) for kind in Kind}
    with_paper = set()
    for kind, document in found.items():
        page = await desk.page(document)
        assert "Signed dossier" not in page
        if 'paper">PDF</a>' in page:
            with_paper.add(kind)
            answer = await desk.client.get(f"/api/v1/field/documents/{document.id}/paper")
            assert answer.content.startswith(b"%PDF-"), answer.text
    assert with_paper == set(PAPERS)
    admin, _ = await house.signed_in(Role.TENANT_ADMIN)
    ticket_page = (await admin.get(f"/field/{found[Kind.TM_TICKET].id}")).text
    (link,) = re.findall(r'href="(/audit/dossier[^"]+)"', ticket_page)
    assert check_dossier((await admin.get(link)).content).faults == ()


async def test_crews_and_cost_codes_are_pasted_in_and_taken_out(desk: Desk) -> None:
    place = str(desk.project)
    for path, form, told in (
        ("crews", {"name": "Night crew", "members": "A. Aziz, Electrician\n\n B. Baker \n"}, "has 2 members"),
        ("cost-codes", {"project": place, "codes": "26-0500 Wiring\n26-0600\tTrays\n99"}, "3 cost codes"),
    ):
        answer = await desk.post(f"setting/{path}", **form)
        assert answer.status_code == 303, answer.text
        assert told in (await desk.client.get("/field/setting")).text
    projects = desk.capture.projects()
    (crew,) = await projects.crews()
    assert [(one.name, one.trade) for one in crew.members] == [("A. Aziz", "Electrician"), ("B. Baker", None)]
    codes = [(one.code, one.name) for one in await projects.cost_codes()]
    assert codes == [("26-0500", "Wiring"), ("26-0600", "Trays"), ("99", "")]
    page = (await desk.client.get("/field/setting")).text
    assert "B. Baker" in page
    assert "Trays" in page
    await desk.post("setting/crews/remove", name="Night crew")
    await desk.post("setting/cost-codes/remove", project=place, code="99")
    assert (await projects.crews(), len(await projects.cost_codes())) == ([], 2)


async def test_what_cannot_be_a_crew_or_a_code_is_told_in_words(desk: Desk) -> None:
    place = str(desk.project)
    for path, form, told in (
        ("crews", {"name": "", "members": "A"}, "A name has 1 to 200 characters"),
        ("crews", {"name": "A", "members": "x\n" * 201}, "at most 200 members"),
        ("cost-codes", {"project": str(uuid4()), "codes": "1"}, "no such project"),
        ("cost-codes", {"project": place, "codes": "x" * 81}, "at most 80 characters"),
        ("cost-codes", {"project": place, "codes": "1\n" * 501}, "At most 500 codes"),
    ):
        answer = await desk.post(f"setting/{path}", **form)
        assert (answer.status_code, told in answer.text) == (400, True), answer.text
    assert (await desk.capture.projects().crews(), await desk.capture.projects().cost_codes()) == ([], [])


async def test_whoever_may_capture_finds_the_page_of_the_phones(house: Console) -> None:
    for role in (Role.OFFICE, Role.OPERATOR, Role.TENANT_ADMIN):
        client, _ = await house.signed_in(role)
        assert '<a href="/phone">Capture</a>' in (await client.get("/")).text
    estimator, _ = await house.signed_in(Role.ESTIMATOR)
    assert "/phone" not in (await estimator.get("/")).text
    admin, _ = await house.signed_in(Role.TENANT_ADMIN)
    assert '<a href="/phone">' in (await admin.get("/settings/devices")).text.split("<main")[1]
