"""From a phone without a network into Procore and a signed dossier: real Chromium, real workers."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
from playwright.sync_api import expect
from psycopg.conninfo import conninfo_to_dict
from tests.factories.browser import chromium, hurdles, keep, overflows, window
from tests.factories.command_line import shell
from tests.factories.console_up import PASSWORD, sign_in
from tests.factories.copies import database_on
from tests.factories.database import at
from tests.factories.field_work import picture
from tests.factories.phone import PHONE, Site, done, draw, mark, phone, take
from tests.factories.serving import started, until
from tests.factories.vendor_up import vendor_up

from tiebeam.cli.exits import Exit
from tiebeam.cli.sim import COMPANY_ID
from tiebeam.operations.audit.dossier.check import check_dossier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page
    from tests.factories.command_line import Shell
    from tests.factories.database import TestServer
    from tests.factories.vendor_up import Vendor

    from tiebeam.simulators.procore.app import ProcoreSimulator
    from tiebeam.simulators.procore.uploads import Blob

EMAIL = "ada@alder.test"
DESK: Final = 1280
CODE: Final = "04-200"
EXTRA: Final = "Extra works agreement"
WORDS: Final = "Moved the riser in corridor B"
PHOTOS: Final = {"riser.jpg": picture(exif=True), "صورة.png": picture("PNG", size=(640, 480))}
SOON_MS: Final = 60_000
USUAL_MS: Final = 5_000
CHECKED: Final = ["procore.change_events", "procore.cost_codes", "procore.prime_contracts"]


@dataclass
class Story:
    """Everybody and everything that is in it."""

    site: Site
    phone: Page
    vendor: Vendor
    user: Shell
    folder: Path
    superuser: str
    project: str
    """The project in Procore."""
    contract: str
    """The second of its prime contracts: there are two, so one has to be chosen."""
    seen: dict[str, Any] = field(default_factory=dict)
    """What an earlier part leaves for a later one."""

    @property
    def office(self) -> Page:
        """The window of the office, 1,280 pixels wide."""
        return self.site.office

    def station(self, name: str) -> None:
        """Keep what the office sees on a desk by day and on a phone by night, and see that it is usable."""
        page = self.office
        # Nothing is caught on its way from one colour to another.
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        keep(page, f"field-story-{name}-light")
        assert not overflows(page), name
        page.set_viewport_size({"width": PHONE, "height": 844})
        page.emulate_media(color_scheme="dark")
        keep(page, f"field-story-{name}-dark")
        assert not overflows(page), name
        assert hurdles(page) == [], name
        page.set_viewport_size({"width": DESK, "height": 900})
        page.emulate_media(color_scheme="light")

    def on_the_phone(self, name: str) -> None:
        """Keep what the foreman sees."""
        keep(self.phone, f"field-story-{name}")
        assert not overflows(self.phone), name

    def press(self, name: str) -> None:
        self.office.get_by_role("button", name=name, exact=True).click()

    def says(self, text: str) -> None:
        expect(self.office.get_by_role("status").first).to_contain_text(text)

    def rows(self, resource: str) -> list[dict[str, Any]]:
        """Return what Procore holds of a kind."""
        return self.vendor.do(lambda there: [dict(row) for row in there.state.rows(resource)])

    def files(self, *names: str) -> list[bytes]:
        """Return what Procore's storage holds under such names."""

        def look(there: ProcoreSimulator) -> list[Blob | None]:
            return [there.storeroom.kept(f"/files/{name}") for name in names]

        return [one.data if one else b"" for one in self.vendor.do(look)]


@pytest.fixture
def story(database_server: TestServer, tmp_path: Path) -> Iterator[Story]:
    with vendor_up() as vendor, database_on(database_server) as url:
        project = vendor.projects()[0]
        contract = vendor.do(lambda there: another_contract(there, project["id"]))
        settings = {**vendor.variables(), "procore_pages_url": vendor.url}
        user = shell(tmp_path, database_url=url, web_port=0, **settings)
        user.run("init")
        connecting = user.start("connect", "procore", "--company", COMPANY_ID)
        words = ("people", "add", EMAIL, "--name", "Ada", "--role", "tenant_admin", "--password-stdin")
        user.run(*words, stdin=f"{PASSWORD}\n")
        said = connecting.communicate(timeout=60)
        assert connecting.returncode == 0, said
        superuser = at(database_server.admin_url, str(conninfo_to_dict(url)["dbname"]))
        with (
            started(user) as (_, address),
            chromium() as browser,
            window(browser, address, width=DESK) as office,
        ):
            sign_in(office, EMAIL)
            site = Site(browser, office, address, url)
            until(lambda: is_copied(superuser, project["id"]))
            set_up(site, project)
            with phone(site) as page:
                yield Story(site, page, vendor, user, tmp_path, superuser, str(project["id"]), str(contract))


def another_contract(there: ProcoreSimulator, project_id: int) -> int:
    """Have the client sign a second contract in Procore."""
    first = next(iter(there.truth("prime_contracts", project_id=project_id))).list
    fields = {**first, "title": EXTRA, "number": "2"}
    del fields["id"]
    return int(there.state.insert("prime_contracts", fields, project_id=project_id)["id"])


def is_copied(superuser: str, project_id: int) -> bool:
    """Say whether the workers have read what documents are checked against."""
    with closing(psycopg.connect(superuser)) as connection:
        rows = connection.execute(
            b"select count(*) from tiebeam.feed where scope = %s and stream = any(%s)"
            b" and completed_at is not null",
            (f"project_id={project_id}", CHECKED),
        ).fetchall()
    return bool(rows == [(len(CHECKED),)])


def set_up(site: Site, project: dict[str, Any]) -> None:
    """Do what the office does before anybody captures."""
    here = "/settings/integrations/procore/projects/add"
    site.send(here, vendor_project=str(project["id"]), number="26-1", name="Parking garage")
    ((ours),) = [one["id"] for one in site.ask("/field/setting")["projects"]]
    site.ask("/field/crews", "PUT", name="North", members=[{"name": "Kim Lee", "trade": "Mason"}])
    site.ask("/field/cost-codes", "PUT", project_id=ours, code=CODE, name="Masonry")
    site.add("Finn")


def captures(story: Story) -> None:
    """Without a network, a foreman writes a ticket with two photos and a signature."""
    page = story.phone
    page.context.set_offline(True)
    page.reload()
    page.get_by_role("link", name="T&M ticket").click()
    page.get_by_label("What was done").fill(WORDS)
    page.get_by_role("button", name="All of North").click()
    page.get_by_role("button", name="More: Hours of Kim Lee").click()
    page.get_by_label("Cost code").select_option(CODE)
    kinds = {"riser.jpg": "image/jpeg", "صورة.png": "image/png"}
    for name, data in PHOTOS.items():
        take(page, {"name": name, "mimeType": kinds[name], "buffer": data})
    page.get_by_role("button", name="Take away photo 2").wait_for()
    page.get_by_label("Who signs").fill("Bo Berg")
    draw(page)
    story.on_the_phone("01-ticket")
    done(page)
    mark(page, WORDS, "saved on this phone").wait_for()
    story.on_the_phone("02-saved")
    assert story.site.documents("tm_ticket", WORDS) == []


def comes_online(story: Story) -> None:
    """The network is back: everything goes off by itself."""
    story.phone.context.set_offline(False)
    mark(story.phone, WORDS, "sent").wait_for()
    (there,) = story.site.documents("tm_ticket", WORDS)
    story.seen["ticket"] = there["id"]
    kept = [story.office.request.get(f"/api/v1/field/photos/{one}") for one in there["body"]["photos"]]
    assert [one.body() for one in kept] == list(PHOTOS.values())
    about = story.site.ask(f"/field/photos/{there['body']['photos'][0]}/about")
    assert about["taken_at"] == "2026-03-02T12:30:00Z"
    assert about["place"] == {"latitude": 52.52, "longitude": 13.405}


def approves(story: Story) -> None:
    """The office corrects the hours, says what they cost, and approves."""
    office = story.office
    office.goto("/field")
    office.get_by_role("link", name="TM-0001").click()
    expect(office.get_by_role("heading", level=1)).to_contain_text("submitted")
    expect(office.locator("figure img")).to_have_count(3)
    story.station("05-ticket")
    office.get_by_label("Hours", exact=True).first.fill("7.25")
    office.get_by_label("Rate", exact=True).first.fill("95.00")
    story.press("Keep the correction")
    story.says("what was captured stays")
    story.press("Approve")
    story.says("TM-0001 is approved, at version 2")
    expect(office.locator("ins", has_text="7.25")).to_be_visible()


def sends_the_ticket(story: Story) -> None:
    """It is looked at before it goes; the button sends it; it is in Procore, once, with every byte."""
    office = story.office
    office.get_by_role("link", name="See what would be sent to Procore").click()
    expect(office.get_by_role("heading", level=1)).to_have_text("What would be sent of TM-0001")
    expect(office.locator("tbody tr").first).to_contain_text("time_and_material_entries")
    office.locator("summary").first.click()
    expect(office.locator("pre").first).to_contain_text(WORDS)
    story.station("06-preview")
    assert story.rows("time_and_material_entries") == []
    story.press("Send to Procore")
    expect(office.locator(".standing .badge")).to_have_text("In Procore")
    story.station("07-ticket-in-procore")
    (entry,) = story.rows("time_and_material_entries")
    assert entry["reference_number"].endswith(story.seen["ticket"])
    assert [one["hours_worked"] for one in story.rows("time_and_material_timecards")] == [7.25]
    hung = story.rows("time_and_material_entry_attachments")
    pictures = [one for one in hung if one["content_type"].startswith("image/")]
    there = story.files(*(str(one["id"]) for one in pictures))
    # Its two photos and the signature, each once and as it was taken; and its paper.
    assert len(hung) == 4
    assert {sha256(one).digest() for one in PHOTOS.values()} < {sha256(one).digest() for one in there}
    assert len({sha256(one).digest() for one in there}) == 3


def is_blocked(story: Story) -> None:
    """A change order request made from the ticket names no contract, and there are two of them."""
    office = story.office
    office.goto("/field")
    office.get_by_role("checkbox", name="TM-0001").check()
    office.get_by_label("Title").fill("Riser in corridor B")
    office.keyboard.press("Enter")
    story.says("was made of TM-0001")
    story.press("Submit")
    story.press("Approve")
    story.seen["order"] = office.url.rpartition("/")[2]
    office.get_by_role("link", name="See what would be sent to Procore").click()
    expect(office.get_by_role("heading", name="It would be blocked")).to_be_visible()
    story.press("Send to Procore")
    expect(office.locator(".standing .badge")).to_have_text("Blocked")
    expect(office.locator(".standing")).to_contain_text("names no contract")
    story.station("09-blocked")
    assert story.rows("potential_change_orders") == story.seen["orders"]


def is_mended_in_place(story: Story) -> None:
    """On the page of what is stuck, the contract is chosen; that sends it again; it is in Procore."""
    office = story.office
    office.goto("/push")
    row = office.locator("tr", has_text="COR-0001")
    expect(row).to_contain_text("names no contract")
    expect(row).to_contain_text("for the office")
    story.station("10-stuck")
    row.get_by_label("Prime contract").select_option(label=EXTRA)
    row.get_by_role("button", name="Keep it and send COR-0001 again").click()
    story.says("COR-0001 was corrected, and goes on")
    expect(office.get_by_text("Nothing: what is wanted is there")).to_be_visible()
    office.goto(f"/field/{story.seen['order']}")
    expect(office.locator(".standing .badge")).to_have_text("In Procore")
    made = [one for one in story.rows("potential_change_orders") if one not in story.seen["orders"]]
    (order,) = made
    assert order["origin_id"].endswith(story.seen["order"])
    assert str(order["contract_id"]) == story.contract
    lines = story.rows("potential_change_order_line_items")
    assert [one["amount"] for one in lines if str(one.get("origin_id", "")).startswith("tiebeam:")] == [
        "688.75"
    ]
    place = f"prime_contracts/{story.contract}/change_orders/potential_change_orders/{order['id']}"
    link = office.get_by_role("link", name="Open it in Procore")
    expect(link).to_have_attribute("href", f"{story.vendor.url}/{story.project}/project/{place}")
    images = [one for one in story.rows("images") if one["filename"].startswith("COR-0001")]
    there = story.files(*(f"images/{one['id']}" for one in images))
    assert sorted(map(len, there)) == sorted(map(len, PHOTOS.values()))
    assert {sha256(one).digest() for one in there} == {sha256(one).digest() for one in PHOTOS.values()}
    expect(office.locator("main")).to_contain_text(f"Contract{EXTRA}", use_inner_text=False)
    story.station("12-order-in-procore")


def is_read_only(story: Story) -> None:
    """Nobody changes it here any more: the page and the API say why, and the phone says where it is."""
    office, id_ = story.office, story.seen["ticket"]
    office.goto(f"/field/{id_}")
    expect(office.locator("main")).to_contain_text("It was sent to Procore. Corrections are made there.")
    expect(office.get_by_label("Hours", exact=True)).to_have_count(0)
    expect(office.get_by_role("cell", name="7.25").first).to_be_visible()
    for name in ("Keep the correction", "Give back", "Approve"):
        expect(office.get_by_role("button", name=name)).to_have_count(0)
    there = story.site.ask(f"/field/documents/{id_}")
    sent = {name: there[name] for name in ("kind", "project_id", "captured_at")}
    body = {**there["body"], "notes": "Too late"}
    answer = story.site.ask(f"/field/documents/{id_}", "PUT", base_version=2, body=body, **sent)
    assert answer["outcome"] == "aside"
    assert "read-only" in answer["told"]
    headers = {"X-CSRF-Token": story.site.csrf()}
    refused = office.request.post(
        f"/api/v1/field/documents/{id_}/return", data={"version": 2, "why": "Again"}, headers=headers
    )
    assert not refused.ok
    assert "read-only: It was sent to Procore" in refused.text()
    page = story.phone
    page.reload()
    mark(page, WORDS, "in Procore").wait_for()
    story.on_the_phone("13-phone")
    # Neither who approved it nor what became of its request: the field sees one mark.
    expect(page.locator(".items > li")).to_have_count(1)
    expect(page.locator(".items > li .badge")).to_have_text(["in Procore"])


def gives_evidence(story: Story) -> None:
    """A signed dossier is taken from the page, and holds for whoever has the key and the photos."""
    office = story.office
    office.goto(f"/field/{story.seen['ticket']}")
    story.station("14-read-only")
    office.goto("/audit")
    command = office.locator("#dossier code").inner_text()
    key = command.rpartition(" ")[2]
    photos = []
    for name, data in PHOTOS.items():
        (story.folder / name).write_bytes(data)
        photos += ["--photo", story.folder / name]
    found = said(story, "verify-dossier", dossier(story), "--key", key, *photos)
    assert (found["holds"], len(found["photos"])) == (True, 3)


def shows_a_changed_byte(story: Story) -> None:
    """Somebody who may do everything in the database changes one letter: it shows wherever one looks."""
    with closing(psycopg.connect(story.superuser)) as connection:
        connection.execute(b"set session_replication_role = replica")
        changed = connection.execute(
            b"update tiebeam.field_version set body = replace(body::text, '\"7.25\"', '\"9.25\"')::jsonb"
            b" where document_id = %s and number = 2",
            (story.seen["ticket"],),
        ).rowcount
        connection.commit()
    assert changed == 1
    told = said(story, "verify", expect=Exit.INCOMPLETE)
    assert told["fault"] == f"version 2 of field_document:{story.seen['ticket']} was changed"
    faults = check_dossier(dossier(story).read_bytes()).faults
    assert faults == ("when it was made, the audit trail did not hold",)
    office = story.office
    office.goto("/audit")
    story.press("Verify the chain now")
    expect(office.get_by_role("alert")).to_contain_text(f"version 2 of field_document:{story.seen['ticket']}")
    story.station("15-changed")


def dossier(story: Story) -> Path:
    """Take a dossier from the page of the ticket."""
    story.office.goto(f"/field/{story.seen['ticket']}")
    with story.office.expect_download() as downloading:
        story.office.get_by_role("link", name="Signed dossier").click()
    path = story.folder / "dossier.zip"
    downloading.value.save_as(path)
    return path


def said(story: Story, *words: object, expect: int = Exit.OK) -> Any:
    """Return what `tiebeam audit` says; its hashes and keys are public, and look like secrets."""
    process = story.user.start("audit", *words, "--json")
    out, err = process.communicate(timeout=60)
    assert process.returncode == expect, (out, err)
    return json.loads(out)


PARTS: tuple[Callable[[Story], None], ...] = (
    captures,
    comes_online,
    approves,
    sends_the_ticket,
    is_blocked,
    is_mended_in_place,
    is_read_only,
    gives_evidence,
    shows_a_changed_byte,
)


@pytest.mark.req("P6", "P7", "P8", "P11", "P12", "P13", "P16", "P17", "P20", "P25")
def test_a_ticket_goes_from_a_phone_without_a_network_to_procore_and_into_a_dossier(story: Story) -> None:
    story.seen["orders"] = story.rows("potential_change_orders")
    # A worker looks and sends in a second or two, and a page is there at once; a slow machine has time.
    expect.set_options(timeout=SOON_MS)
    try:
        for part in PARTS:
            part(story)
    finally:
        expect.set_options(timeout=USUAL_MS)
