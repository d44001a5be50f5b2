"""Pages that keep themselves current in a real Chromium, and leave alone what somebody is at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from playwright.sync_api import expect
from tests.factories.browser import chromium, window
from tests.factories.console_up import console_up, sign_in

from tiebeam.identity.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from tests.factories.command_line import Shell
    from tests.factories.database import TestServer

pytestmark = pytest.mark.req("P18", "R19", "Q3", "Q5")

EMAIL = "olga@alder.test"
SOON_MS = 20_000


class Place(NamedTuple):
    """Where the console is, a browser to look at it, and somebody at the command line beside it."""

    browser: Browser
    address: str
    user: Shell


@pytest.fixture(scope="module")
def place(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("live")
    with console_up(database_server, folder, EMAIL, Role.OPERATOR) as (user, address), chromium() as browser:
        yield Place(browser, address, user)


def test_a_change_elsewhere_shows_and_what_somebody_is_at_stays(place: Place) -> None:
    with window(place.browser, place.address) as page:
        sign_in(page, EMAIL)
        with page.expect_response("**/live"):
            page.goto("/queue")
        tidy = page.locator("#schedule-upkeep-tidy")
        expect(tidy).to_contain_text("On")
        half_filled = page.get_by_label("Minutes between two ticks of webhook.catch_up")
        half_filled.fill("7.5")
        page.get_by_text("The last that ended").click()
        held = page.get_by_role("button", name="Pause token.keep_alive")
        held.focus()
        place.user.run("queue", "pause", "upkeep.tidy")
        expect(tidy).to_contain_text("Paused", timeout=SOON_MS)
        expect(half_filled).to_have_value("7.5")
        expect(held).to_be_focused()
        expect(page.locator("details[open]")).to_have_count(1)
        # What stands above may have grown: where one looks is not by the pixel, but it is there.
        expect(held).to_be_in_viewport()
        assert page.evaluate("window.scrollY") > 0
        page.get_by_role("button", name="Resume upkeep.tidy").click()
        expect(tidy).to_contain_text("On")
        expect(page.get_by_role("status")).to_contain_text("every 1440 min")


def test_a_sync_that_is_asked_for_shows_by_itself_when_it_is_done(place: Place) -> None:
    with window(place.browser, place.address) as page:
        sign_in(page, EMAIL)
        page.goto("/runs")
        before = page.locator("#runs-over tbody tr").count()
        page.locator("select[name=what]").select_option("stream")
        page.locator("select[name=stream]").select_option("procore.rfis")
        page.get_by_role("button", name="Sync now").click()
        expect(page.get_by_role("status")).to_contain_text("Asked for: RFIs")
        expect(page.locator("#runs-over tbody tr")).not_to_have_count(before, timeout=SOON_MS)
        expect(page.locator("#runs-over")).to_contain_text("What changed, RFIs")


def test_the_pages_work_without_scripts(place: Place) -> None:
    context = place.browser.new_context(base_url=place.address, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, EMAIL)
    page.goto("/queue")
    page.locator("#schedule-webhook-keep").get_by_label("Minutes between").fill("90")
    page.locator("#schedule-webhook-keep").get_by_role("button", name="Set").click()
    expect(page.get_by_role("status")).to_contain_text("every 90 min")
    expect(page.locator("#schedule-webhook-keep")).to_contain_text("every 1 h 30 min")
    context.close()
