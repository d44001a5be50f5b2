"""A board of monday.com before one's eyes: real Chromium, real processes, webhooks over real sockets."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.factories.browser import WIDE, chromium, look_at, window
from tests.factories.command_line import Shell, shell
from tests.factories.console_up import PASSWORD, sign_in
from tests.factories.copies import database_on
from tests.factories.monday_up import MondayUp, Relay, monday_up
from tests.factories.serving import started, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page
    from tests.factories.database import TestServer

EMAIL = "ada@alder.test"
PEOPLE = ("ana", "ben", "carla", "dmitri")
SOON_MS = 60_000
HERE = "/settings/integrations/monday"


@pytest.fixture
def monday(tmp_path: Path) -> Iterator[MondayUp]:
    with monday_up(tmp_path / "sim", "--items", 4) as up:
        yield up


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay() as found:
        yield found


@pytest.fixture
def user(database_server: TestServer, tmp_path: Path, monday: MondayUp, relay: Relay) -> Iterator[Shell]:
    with database_on(database_server) as url:
        named = {"monday_api_url": monday.url, "webhook_url": relay.url, "public_url": relay.url}
        found = shell(
            tmp_path, database_url=url, web_port=0, monday_signing_secret=monday.signing_secret, **named
        ).hiding(monday.token, monday.signing_secret)
        found.run("init")
        words = ("people", "add", EMAIL, "--name", "Ada", "--role", "tenant_admin", "--password-stdin")
        found.run(*words, stdin=f"{PASSWORD}\n")
        for name in PEOPLE:
            words = ("people", "add", f"{name}@example.com", "--name", name, "--role", "office", *words[-1:])
            found.run(*words, stdin=f"{PASSWORD}\n")
        yield found


def join_board(page: Page, monday: MondayUp) -> None:
    """Connect by the form, and make a board of ours of the one there."""
    page.goto(HERE)
    page.get_by_label("Token").fill(monday.token)
    page.get_by_label("Plan of the account").select_option("pro")
    look_at(page, "monday-connect")
    page.get_by_role("button", name="Connect").click()
    expect(page.locator("main")).to_contain_text("Make-believe Builders")
    page.get_by_role("link", name="Choose a board").click()
    look_at(page, "monday-boards")
    page.get_by_role("link", name=re.compile("^Keep the same")).click()
    look_at(page, "monday-board")
    page.get_by_label("Board here").select_option(label="Active Jobs")
    page.get_by_role("button", name="Choose its columns").click()
    expect(page.get_by_label("Status")).to_have_value("status")
    look_at(page, "monday-join")
    page.get_by_role("button", name="Join the two boards").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Kept the same", timeout=SOON_MS)
    expect(page.locator("main")).to_contain_text("by webhooks", timeout=SOON_MS)


@pytest.mark.req("L1", "L2", "L3")
def test_a_board_there_is_one_here_whoever_changes_it_and_whatever_dies(
    user: Shell, monday: MondayUp, relay: Relay
) -> None:
    with chromium() as browser:
        with started(user) as (up, address), window(browser, address, width=WIDE) as page:
            relay.target = address
            sign_in(page, EMAIL)
            join_board(page, monday)
            look_at(page, "monday-kept")
            # A job that is made here is on the board there, and is done as soon as somebody there says so.
            page.goto("/jobs")
            page.get_by_label("Title").fill("Depot roof")
            page.get_by_role("button", name="Add the job").click()
            page.get_by_role("heading", name="Depot roof").wait_for()
            job = page.url.removeprefix(address)
            until(lambda: "Depot roof" in monday.items())
            there = monday.items()["Depot roof"]
            assert there["values"]["status"] == "New"
            before = relay.passed
            monday.edit("set", item=there["id"], column="status", value={"label": "Done"})
            expect(page.get_by_label("Status")).to_have_value("done", timeout=SOON_MS)
            assert relay.passed > before, "it was told by a webhook"
            page.get_by_label("Title").fill("Depot roof, north")
            page.get_by_role("button", name="Save").click()
            until(lambda: "Depot roof, north" in monday.items())
            writes = monday.writes()
            # Every process of ours dies, and something happens there meanwhile.
            os.killpg(up.pid, signal.SIGKILL)
            up.wait(30)
            monday.edit("set", item=there["id"], column="address", value="9 Dock Rd")
        with started(user) as (_, address), window(browser, address, width=WIDE) as page:
            relay.target = address
            sign_in(page, EMAIL)
            page.goto(job)
            expect(page.get_by_label("Address")).to_have_value("9 Dock Rd", timeout=SOON_MS)
            assert monday.writes() == writes, "what came from there was never said there"
            monday.control(revoke=[monday.token])
            page.goto(HERE)
            page.get_by_role("button", name="Try the connection").click()
            page.goto(HERE)
            expect(page.locator("main")).to_contain_text("refused the token")
            expect(page.locator("main")).to_contain_text("Waits for another token")
            look_at(page, "monday-refused")
