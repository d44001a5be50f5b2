"""Every page in a real Chromium, on a desk and on a phone, over the copy of a simulated company."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest
from playwright.sync_api import expect
from tests.factories.browser import NARROW, WIDE, chromium, hurdles, keep, overflows, window
from tests.factories.console_up import PASSWORD, console_up, sign_in
from tests.factories.field_work import ticket

from tiebeam.identity.model import Role
from tiebeam.web.pages.table import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, StorageState
    from tests.factories.database import TestServer

EMAIL = "ada@alder.test"
PAGE_BYTES_MAX = 100_000
FILES = frozenset({"/audit/dossier", "/audit/export", "/live", "/settings/integrations/procore/callback"})
"""What is fetched, or come back to, and not looked at."""
PLAIN = sorted(
    {row.path for row in ROWS if row.method == "GET" and "{" not in row.path and row.permission} - FILES
)


class Place(NamedTuple):
    """Where the console is, and a browser to look at it."""

    browser: Browser
    address: str
    state: StorageState
    """The cookies of somebody who is signed in."""


@pytest.fixture(scope="module")
def place(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("console")
    with console_up(database_server, folder, EMAIL, Role.TENANT_ADMIN) as (_, address), chromium() as browser:
        yield Place(browser, address, signed_in(browser, address))


def signed_in(browser: Browser, address: str) -> StorageState:
    with window(browser, address) as page:
        sign_in(page, EMAIL)
        return page.context.storage_state()


@pytest.mark.req("P18", "P23", "R15")
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("path", PLAIN)
def test_every_page_is_light_fits_and_stands_in_nobodys_way(place: Place, path: str, width: int) -> None:
    with window(place.browser, place.address, width=width, state=place.state) as page:
        answer = page.goto(path)
        assert answer
        # That one is for whoever runs Tiebeam for many companies.
        assert answer.status == (403 if path == "/health" else 200)
        assert len(answer.body()) <= PAGE_BYTES_MAX
        keep(page, path.strip("/").replace("/", "-") or "overview")
        assert not overflows(page)
        assert hurdles(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_door_in_light_and_in_dark(place: Place, scheme: str) -> None:
    with window(place.browser, place.address, width=NARROW) as page:
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto("/sign-in")
        keep(page, f"sign-in-{scheme}")
        assert hurdles(page) == []
        sign_in(page, EMAIL)
        keep(page, f"overview-{scheme}")
        assert hurdles(page) == []


@pytest.mark.req("R15", "R6")
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_an_rfi_is_found_and_read(place: Place, width: int) -> None:
    with window(place.browser, place.address, width=width, state=place.state) as page:
        page.goto("/records/rfis")
        page.locator("table.list tbody a").first.click()
        page.get_by_role("heading", level=1).wait_for()
        keep(page, "record")
        assert not overflows(page)
        assert hurdles(page) == []


SEND = """
async ([project, body, csrf]) => {
  const headers = {"Content-Type": "application/json", "X-CSRF-Token": csrf};
  const sent = {kind: "tm_ticket", project_id: project, captured_at: "2026-03-02T15:00:00Z", body};
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  canvas.getContext("2d").fillRect(8, 8, 48, 48);
  const photo = await new Promise(done => canvas.toBlob(done, "image/png"));
  const type = {"Content-Type": "application/octet-stream", "X-CSRF-Token": csrf};
  const place = `/api/v1/field/photos/${body.photos[0]}?name=Riser.png`;
  await fetch(place, {method: "PUT", headers: type, body: photo});
  const id = crypto.randomUUID();
  const text = JSON.stringify(sent);
  await fetch(`/api/v1/field/documents/${id}`, {method: "PUT", headers, body: text});
  const late = JSON.stringify({...sent, body: {...body, notes: "From another phone"}});
  return (await fetch(`/api/v1/field/documents/${id}`, {method: "PUT", headers, body: late})).status;
}
"""


@pytest.mark.req("P25")
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_ticket_from_site_is_decided_on_corrected_and_approved(place: Place, width: int) -> None:
    with window(place.browser, place.address, width=width, state=place.state) as page:
        page.goto("/field")
        page.get_by_label("Number").fill(f"24-{width}")
        page.get_by_label("Name").fill("Library")
        page.get_by_role("button", name="Add").click()
        page.get_by_role("status").wait_for()
        project = (
            page.get_by_label("Project").locator("option", has_text=f"24-{width}").get_attribute("value")
        )
        csrf = page.locator("input[name=csrf]").first.get_attribute("value")
        photo = f"00000000-0000-4000-8000-00000000{width:04}"
        body = ticket(photos=[photo], notes="From one phone")
        assert page.evaluate(SEND, [project, body, csrf]) == 200
        page.goto(f"/field?project={project}")
        keep(page, "field-list")
        assert not overflows(page)
        page.get_by_role("link", name="TM-0001").click()
        page.get_by_role("heading", name="Two versions: which one counts?").wait_for()
        keep(page, "field-ticket")
        assert not overflows(page)
        assert hurdles(page) == []
        page.get_by_role("button", name="Take version 2").click()
        page.get_by_label("Hours", exact=True).first.fill("7.25")
        page.get_by_role("button", name="Keep the correction").click()
        page.get_by_role("button", name="Submit").click()
        page.get_by_role("button", name="Approve").click()
        assert "approved, at version 4" in page.get_by_role("status").inner_text()
        assert page.locator("ins", has_text="7.25").is_visible()
        assert hurdles(page) == []


def test_it_is_used_by_keyboard_alone(place: Place) -> None:
    with window(place.browser, place.address) as page:
        page.goto("/sign-in")
        # A browser moves to the first field in its own time, and what is typed before is typed nowhere.
        expect(page.get_by_label("E-mail address")).to_be_focused()
        page.keyboard.type(EMAIL)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/$"))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_the_menu_of_a_phone_opens_and_closes(place: Place) -> None:
    with window(place.browser, place.address, width=NARROW, state=place.state) as page:
        page.goto("/")
        button = page.get_by_role("button", name="Menu")
        link = page.get_by_role("link", name="Overview", exact=True)
        assert not link.is_visible()
        button.click()
        assert link.is_visible()
        page.keyboard.press("Escape")
        assert not link.is_visible()
