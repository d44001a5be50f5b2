"""A real Chromium, pages as people see them, and what they look like kept for whoever wants to look."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState

SCREENSHOTS: Final = Path(__file__).resolve().parents[2] / "build" / "screenshots"
WIDE: Final = 1440
NARROW: Final = 390
SERIOUS: Final = frozenset({"serious", "critical"})
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the machine's Chromium without a window."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    assert found, "no Chromium was found: `sh requirements/browser.sh` installs one"
    with sync_playwright() as playwright:
        # Its own sandbox does not start for root; it sees nothing but our pages on this machine.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(
    browser: Browser, address: str, *, width: int = WIDE, state: StorageState | None = None
) -> Iterator[Page]:
    """Open a window, with the cookies of another if given, and see that no page in it complains."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": 900 if width == WIDE else 844},
        storage_state=state,
    )
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # That a form was refused is a status, and Chromium tells of it as an error.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            said.append(message.text)

    page = context.new_page()
    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert said == []


def keep(page: Page, name: str) -> None:
    """Keep what a page looks like."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    width = (page.viewport_size or {"width": 0})["width"]
    page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)


def hurdles(page: Page) -> list[str]:
    """Return what axe finds serious or worse on a page, a sentence each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['help']} ({'; '.join(str(node['target']) for node in one['nodes'][:3])})"
        for one in found
        if one["impact"] in SERIOUS
    ]


def overflows(page: Page) -> bool:
    """Say whether a page is wider than its window, so that people would have to scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def look_at(page: Page, name: str) -> None:
    """Keep what a page looks like in both widths; it fits, and axe finds nothing serious."""
    for width, scheme in ((WIDE, "light"), (NARROW, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        keep(page, f"{name}-{scheme}")
        assert not overflows(page), (name, width)
        assert hurdles(page) == [], (name, width)
    page.set_viewport_size({"width": WIDE, "height": 900})
