"""Jobs and the board in step before one's eyes: real Chromium, a real worker that answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.factories.browser import WIDE, chromium, look_at, window
from tests.factories.command_line import shell
from tests.factories.console_up import PASSWORD, sign_in
from tests.factories.copies import database_on
from tests.factories.serving import started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page
    from tests.factories.database import TestServer

EMAIL = "ada@alder.test"
SOON_MS = 30_000


@pytest.fixture
def page(database_server: TestServer, tmp_path: Path) -> Iterator[Page]:
    with database_on(database_server) as url:
        user = shell(tmp_path, database_url=url, web_port=0)
        user.run("init")
        words = ("people", "add", EMAIL, "--name", "Ada", "--role", "tenant_admin", "--password-stdin")
        user.run(*words, stdin=f"{PASSWORD}\n")
        with (
            started(user) as (_, address),
            chromium() as browser,
            window(browser, address, width=WIDE) as made,
        ):
            sign_in(made, EMAIL)
            yield made


def add_job(page: Page, title: str) -> str:
    """Create a job by the form; return its address."""
    page.goto("/jobs")
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Add the job").click()
    page.get_by_role("heading", name=title, level=1).wait_for()
    return page.url


@pytest.mark.req("L1", "L2", "L3", "L6")
def test_a_job_shows_on_the_board_is_dragged_to_done_and_is_done(page: Page) -> None:
    job = add_job(page, "Depot roof")
    expect(page.locator("main")).to_contain_text("Active Jobs", timeout=SOON_MS)
    look_at(page, "work-story-job")
    page.goto("/boards/active-jobs")
    page.goto(f"{page.url}?view=kanban")
    card = page.locator("article", has_text="Depot roof")
    expect(page.locator('[data-lane="New"]')).to_contain_text("Depot roof", timeout=SOON_MS)
    look_at(page, "work-story-kanban")
    card.drag_to(page.locator('[data-lane="Done"]'))
    expect(page.locator("#said")).to_have_text("Depot roof: Done.")
    page.goto(job)
    expect(page.get_by_label("Status")).to_have_value("done", timeout=SOON_MS)
    expect(page.locator(".timeline").first).to_contain_text("Done")


@pytest.mark.req("L3", "L5", "L6")
def test_two_sides_that_were_changed_apart_are_settled_in_the_inbox(page: Page) -> None:
    job = add_job(page, "Depot roof")
    expect(page.locator("main")).to_contain_text("Active Jobs", timeout=SOON_MS)
    page.goto("/boards/active-jobs")
    board = page.url
    page.get_by_role("link", name="Columns and groups").click()
    page.get_by_role("link", name="How it is kept in step with jobs").click()
    status = page.get_by_role("group", name="Status")
    status.get_by_label("Of two that differ counts").select_option("ask")
    look_at(page, "work-story-in-step")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("status").first).to_contain_text("in step by this from now on")

    page.goto("/automations")
    for _ in range(2):
        page.get_by_role("button", name="Switch off").first.click()
        expect(page.get_by_role("status").first).to_be_visible()
    expect(page.get_by_role("button", name="Switch off")).to_have_count(0)
    look_at(page, "work-story-automations")

    page.goto(job)
    page.get_by_label("Status").select_option("in_progress")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".timeline").first).to_contain_text("In progress")
    page.goto(board)
    row = page.locator("tr", has=page.locator('input[value="Depot roof"]'))
    row.get_by_label("Status").select_option("On hold")
    expect(page.locator("#said")).to_have_text("Saved.")
    page.goto(job)
    page.get_by_role("button", name="Bring the board up to date now").click()

    page.goto("/conflicts")
    waiting = page.locator("#waiting")
    expect(waiting).to_contain_text("In progress")
    expect(waiting).to_contain_text("On hold")
    look_at(page, "work-story-inbox")
    waiting.get_by_role("button", name="Take the board's").click()
    expect(page.locator("#waiting")).to_have_count(0)
    page.goto(job)
    expect(page.get_by_label("Status")).to_have_value("on_hold")
    page.goto("/conflicts")
    page.locator("#decided").get_by_role("button", name="Undo").click()
    expect(page.locator("#waiting")).to_contain_text("In progress")
    page.goto(job)
    expect(page.get_by_label("Status")).to_have_value("in_progress")
