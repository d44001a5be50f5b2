"""Jobs and boards in a real Chromium: typed into, dragged, moved by keyboard, seen by two at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest
from playwright.sync_api import expect
from tests.factories.browser import NARROW, WIDE, chromium, hurdles, keep, overflows, window
from tests.factories.command_line import shell
from tests.factories.console_up import PASSWORD, sign_in
from tests.factories.copies import database_on
from tests.factories.serving import started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, StorageState
    from tests.factories.database import TestServer

pytestmark = pytest.mark.req("L6")

PEOPLE = {"ada@alder.test": "Ada Lovelace", "ben@alder.test": "Ben Ok"}
SOON_MS = 20_000


class Place(NamedTuple):
    """Where the console is, a browser to look at it, and two people who are signed in."""

    browser: Browser
    address: str
    ada: StorageState
    ben: StorageState


@pytest.fixture(scope="module")
def place(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with database_on(database_server) as url:
        user = shell(tmp_path_factory.mktemp("work"), database_url=url, web_port=0)
        user.run("init")
        for email, name in PEOPLE.items():
            words = ("people", "add", email, "--name", name, "--role", "tenant_admin", "--password-stdin")
            user.run(*words, stdin=f"{PASSWORD}\n")
        with started(user) as (_, address), chromium() as browser:
            yield Place(browser, address, *(came_in(browser, address, email) for email in PEOPLE))


def came_in(browser: Browser, address: str, email: str) -> StorageState:
    with window(browser, address) as page:
        sign_in(page, email)
        return page.context.storage_state()


def add_board(page: Page, name: str, *items: str) -> str:
    page.goto("/boards")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add the board").click()
    for item in items:
        page.locator("input[name=name]:not([form])").fill(item)
        page.get_by_role("button", name="Add the item").click()
        expect(page.get_by_role("status").first).to_contain_text("was added")
    return page.url


def looked_at(page: Page, name: str) -> None:
    """Keep what a page looks like on a desk by day and on a phone by night, and see that it is usable."""
    for width, scheme in ((WIDE, "light"), (NARROW, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        keep(page, f"work-{name}-{scheme}")
        assert not overflows(page), (name, width)
    assert hurdles(page) == [], name


def test_a_job_is_added_changed_and_looked_at(place: Place) -> None:
    with window(place.browser, place.address, state=place.ada) as page:
        page.goto("/jobs")
        page.get_by_label("Title").fill("New roof, 4 Elm Row")
        page.get_by_label("Lead").fill("Ben Ok")
        page.get_by_role("button", name="Add the job").click()
        page.get_by_role("heading", name="#1 New roof, 4 Elm Row").wait_for()
        page.get_by_label("Status").select_option("in_progress")
        page.get_by_label("Starts").fill("2026-11-23")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".timeline")).to_contain_text("Status: New In progress")
        looked_at(page, "job")
        page.goto("/jobs")
        looked_at(page, "jobs")


def test_cells_are_typed_into_and_saved_when_they_are_left(place: Place) -> None:
    with window(place.browser, place.address, state=place.ada) as page:
        here = add_board(page, "Snags", "Crack in the wall", "Loose rail")
        row = page.locator("tr", has=page.locator('input[value="Crack in the wall"]'))
        row.get_by_label("People").fill("Ada Lovelace, Ben Ok")
        row.get_by_label("People").press("Enter")
        expect(page.locator("#said")).to_have_text("Saved.")
        row.get_by_label("Status").select_option("At it")
        row.get_by_label("Due").fill("2026-12-01")
        row.get_by_label("Due").press("Tab")
        expect(page.locator("td.amber")).to_have_count(1)
        row.get_by_label("People").fill("Nobody Here")
        row.get_by_label("People").press("Tab")
        expect(page.locator("#said")).to_contain_text("There is nobody called")
        row.get_by_label("People").press("Escape")
        looked_at(page, "board")
        page.goto(here)
        expect(row.get_by_label("People")).to_have_value("Ada Lovelace, Ben Ok")
        expect(row.get_by_label("Status")).to_have_value("At it")
        expect(row.get_by_label("Due")).to_have_value("2026-12-01")
        page.get_by_role("link", name="Open Crack in the wall").click()
        expect(page.locator(".timeline")).to_contain_text("Ada Lovelace, Ben Ok")
        looked_at(page, "item")


def test_a_card_is_dragged_to_another_lane_and_moved_by_keyboard(place: Place) -> None:
    with window(place.browser, place.address, state=place.ada) as page:
        here = add_board(page, "Moves", "Paint", "Plaster")
        page.goto(f"{here}?view=kanban")
        lanes = {name: page.locator(f'[data-lane="{name}"]') for name in ("", "At it", "Done")}
        card = page.locator("article", has_text="Paint")
        card.drag_to(lanes["Done"])
        expect(page.locator("#said")).to_have_text("Paint: Done.")
        expect(lanes["Done"]).to_contain_text("Paint")
        other = page.locator("article", has_text="Plaster")
        other.locator("summary").press("Enter")
        other.get_by_role("button", name="At it").press("Enter")
        expect(page.locator("#said")).to_have_text("Plaster: At it.")
        expect(lanes["At it"].locator("summary")).to_be_focused()
        expect(lanes["Done"].get_by_role("heading")).to_contain_text("1")
        looked_at(page, "kanban")
        page.reload()
        expect(page.locator('[data-lane="At it"]')).to_contain_text("Plaster")


def test_rows_and_cards_are_put_in_another_order(place: Place) -> None:
    with window(place.browser, place.address, state=place.ada) as page:
        here = add_board(page, "Order", "First", "Second", "Third")
        rows, said = page.locator("tbody tr th input"), page.locator("#said")
        handle = page.locator("tr", has=page.locator('input[value="Third"]')).locator("summary")
        handle.drag_to(page.locator("tbody tr").first, target_position={"x": 40, "y": 3})
        expect(said).to_have_text("Third: moved.")
        assert [one.input_value() for one in rows.all()] == ["Third", "First", "Second"]
        first = page.locator("tr", has=page.locator('input[value="First"]'))
        first.locator("summary").press("Enter")
        first.get_by_role("button", name="Down").press("Enter")
        expect(said).to_have_text("First: moved.")
        expect(first.locator("summary")).to_be_focused()
        page.goto(here)
        assert [one.input_value() for one in rows.all()] == ["Third", "Second", "First"]
        looked_at(page, "order")
        page.set_viewport_size({"width": WIDE, "height": 900})
        page.goto(f"{here}?view=kanban")
        cards = page.locator("article > a")
        page.locator("article", has_text="First").drag_to(
            page.locator("article", has_text="Third"), target_position={"x": 20, "y": 3}
        )
        expect(said).to_have_text("First: moved.")
        page.reload()
        assert cards.all_text_contents() == ["First", "Third", "Second"]


def test_two_browsers_show_the_same_and_nobodys_typing_is_lost(place: Place) -> None:
    with (
        window(place.browser, place.address, state=place.ada) as ada,
        window(place.browser, place.address, state=place.ben) as ben,
    ):
        here = add_board(ada, "Shared", "Gutter", "Window")
        with ben.expect_response("**/live"):
            ben.goto(here)
        theirs = ben.locator("tr", has=ben.locator('input[value="Gutter"]')).locator("th input")
        theirs.fill("Gutter, no")
        row = ada.locator("tr", has=ada.locator('input[value="Gutter"]'))
        row.get_by_label("Status").select_option("Done")
        row.get_by_label("Status").press("Tab")
        row.locator("th input").fill("Gutter, north side")
        row.locator("th input").press("Enter")
        expect(ada.locator('input[value="Gutter, north side"]')).to_be_visible()
        expect(ben.locator("td.green")).to_have_count(1, timeout=SOON_MS)
        expect(theirs).to_have_value("Gutter, no")
        expect(theirs).to_be_focused()
        theirs.press("Enter")
        clash = ben.locator("#clash")
        expect(clash).to_contain_text("Gutter, north side")
        expect(clash).to_contain_text("Ada Lovelace")
        looked_at(ben, "clash")
        ben.set_viewport_size({"width": WIDE, "height": 900})
        clash.get_by_role("button", name="Take yours").click()
        expect(ben.locator('input[value="Gutter, no"]')).to_be_visible()
        expect(ada.locator('input[value="Gutter, no"]')).to_be_visible(timeout=SOON_MS)


def test_a_board_works_without_scripts(place: Place) -> None:
    with window(place.browser, place.address, state=place.ada) as page:
        here = add_board(page, "Plain", "Door")
    context = place.browser.new_context(
        base_url=place.address, java_script_enabled=False, storage_state=place.ada
    )
    page = context.new_page()
    page.goto(here)
    page.get_by_role("textbox", name="Due Door").fill("2026-12-24")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_have_text("Saved.")
    page.goto(f"{here}?view=kanban")
    expect(page.locator("article")).to_contain_text("2026-12-24")
    page.locator("summary").click()
    page.get_by_role("button", name="Done").click()
    expect(page.locator('[data-lane="Done"]')).to_contain_text("Door")
    context.close()


def test_columns_and_groups_are_set(place: Place) -> None:
    with window(place.browser, place.address, state=place.ada) as page:
        add_board(page, "Own columns")
        page.get_by_role("link", name="Columns and groups").click()
        added = page.locator("form", has=page.get_by_role("button", name="Add the column"))
        added.get_by_label("Title").fill("Trade")
        added.get_by_label("Kind").select_option("status")
        added.get_by_label("Labels").fill("Roofer, blue\nPainter, red, done")
        page.get_by_role("button", name="Add the column").click()
        expect(page.locator("#column-trade textarea")).to_have_value(re.compile("Roofer, blue"))
        looked_at(page, "setting")


def test_a_label_that_stands_for_no_status_waits_for_somebody(place: Place) -> None:
    with window(place.browser, place.address, state=place.ada) as page:
        page.goto("/jobs")
        page.get_by_label("Title").fill("Mend the gate")
        page.get_by_role("button", name="Add the job").click()
        # A rule does it by itself; what it shows moves what is below, so that nothing is pressed before.
        expect(page.get_by_role("link", name="Mend the gate", exact=True)).to_be_visible(timeout=SOON_MS)
        page.get_by_role("button", name="Bring the board up to date now").click()
        page.goto("/boards/active-jobs")
        page.get_by_role("link", name="Columns and groups").click()
        labels = page.locator("#column-status textarea")
        labels.fill(labels.input_value() + "\nWaits for a permit, violet")
        page.get_by_role("button", name="Keep Status").click()
        expect(page.get_by_role("status")).to_contain_text("The column was changed.")
        page.goto("/boards/active-jobs")
        page.get_by_role("link", name="Open Mend the gate").click()
        page.get_by_label("Status").select_option("Waits for a permit")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Bring the job up to date now").click()
        waiting = page.locator("#waiting")
        expect(waiting).to_contain_text("Waits for a permit")
        looked_at(page, "conflicts")
        page.set_viewport_size({"width": WIDE, "height": 900})
        waiting.get_by_role("button", name="Take the job's Status: New").click()
        expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(waiting).to_contain_text("Waits for a permit")
