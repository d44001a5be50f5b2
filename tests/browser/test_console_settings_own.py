"""Retention and channels in a real Chromium: a channel is added, tried and removed; days are shortened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories.browser import NARROW, WIDE, chromium, hurdles, keep, overflows, window
from tests.factories.console_up import console_up, sign_in

from tiebeam.identity.model import Role

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page
    from tests.factories.database import TestServer

pytestmark = pytest.mark.req("P18", "P23", "R15")

EMAIL = "ada@alder.test"
SECRET = "TIiajkdnlazkcOXrIdevi7FQ"
URL = f"https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/{SECRET}"


def looked_at(page: Page, name: str) -> None:
    keep(page, name)
    assert not overflows(page)
    assert hurdles(page) == []


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_channel_comes_and_goes_and_days_are_shortened(
    database_server: TestServer, tmp_path: Path, width: int
) -> None:
    with (
        console_up(database_server, tmp_path, EMAIL, Role.TENANT_ADMIN) as (_, address),
        chromium() as browser,
        window(browser, address, width=width) as page,
    ):
        sign_in(page, EMAIL)
        page.goto("/settings")
        form = page.locator("form[action='/settings/channels']")
        form.get_by_label("URL").fill(URL)
        form.get_by_label("Name").fill("Site office")
        form.get_by_role("button", name="Add the channel").click()
        page.get_by_text("Site office is added, by Slack.").wait_for()
        unfold(page)
        looked_at(page, "settings-channel")
        assert SECRET not in page.content()
        page.get_by_role("button", name="Remove Site office").click()
        page.get_by_role("heading", name="Remove Site office?").wait_for()
        looked_at(page, "settings-channel-remove")
        page.get_by_role("button", name="Remove").click()
        page.get_by_text("Site office is removed").wait_for()
        page.locator("#retention summary").first.click()
        page.locator("#retention input[name=days]").first.fill("45")
        page.locator("#retention button").first.click()
        page.get_by_role("heading", name="Keep it for less?").wait_for()
        looked_at(page, "settings-retention")
        page.get_by_role("button", name="Keep 45 days").click()
        page.get_by_text("45 days, from the next tidying on").wait_for()
