"""A phone on site and the office that enrolled it, as people use them in a browser."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.factories.browser import window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

PHONE: Final = 390
PINS: Final = {"Finn": "482913", "Gus": "731946"}
_DOOR: Final = "/phone/door"
_CODE = re.compile(r'class="secret">([^<]+)<')


@dataclass
class Site:
    """Where the console is, a browser, and somebody of the office in it."""

    browser: Browser
    office: Page
    address: str
    database: str

    def ask(self, path: str, method: str = "GET", **fields: Any) -> Any:
        """Return what the API answers the office."""
        answer = self.office.request.fetch(
            f"/api/v1{path}", method=method, data=fields or None, headers={"X-CSRF-Token": self.csrf()}
        )
        assert answer.ok, answer.text()
        return answer.json()

    def send(self, path: str, **fields: str) -> str:
        """Send a form of the console; return the page that answers."""
        answer = self.office.request.post(path, form={"csrf": self.csrf(), **fields})
        assert answer.ok, answer.text()
        return answer.text()

    def csrf(self) -> str:
        """Return what every form of the office's session sends along."""
        return str(self.office.request.get(_DOOR).json()["viewer"]["csrf"])

    def documents(self, kind: str, words: str) -> list[dict[str, Any]]:
        """Return the documents of a kind whose body holds some words."""
        found: list[dict[str, Any]] = self.ask(f"/field/documents?kind={kind}")["items"]
        return [one for one in found if words in str(one["body"])]

    def code(self) -> str:
        """Make a code that enrols a phone."""
        shown = _CODE.search(self.send("/settings/devices", name="North phone"))
        assert shown
        return shown[1]

    def add(self, name: str) -> None:
        """Add somebody of the field, with a PIN."""
        made = self.ask("/people", "POST", email=f"{name}@alder.test", name=name, role="field")
        self.send(f"/settings/people/{made['id']}/pin", pin=PINS[name])


@contextmanager
def phone(site: Site, name: str = "Finn", *, width: int = PHONE, dark: bool = False) -> Iterator[Page]:
    """Give an enrolled phone with somebody on it, who needs no network from now on."""
    with window(site.browser, site.address, width=width) as page:
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.goto("/phone")
        page.get_by_label("Code").fill(site.code())
        page.get_by_role("button", name="Enrol").click()
        come_in(page, name)
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        yield page


def come_in(page: Page, name: str) -> None:
    page.get_by_label(name).check()
    page.get_by_label("PIN").fill(PINS[name])
    page.get_by_role("button", name="Come in").click()
    page.get_by_role("heading", name="Capture").wait_for()


def picture(data: bytes, name: str = "IMG_1.png") -> Any:
    return {"name": name, "mimeType": "image/png", "buffer": data}


def take(page: Page, *files: Any) -> None:
    for one in files:
        page.get_by_label("Take a photo").set_input_files([one])


def draw(page: Page) -> None:
    pad = page.locator("canvas.pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 30)
    page.mouse.move(box["x"] + 220, box["y"] + 80)
    page.mouse.up()


def capture(page: Page, words: str) -> None:
    """Begin a ticket with the crew of the site."""
    page.get_by_role("link", name="T&M ticket").click()
    page.get_by_label("What was done").fill(words)
    page.get_by_role("button", name="All of North").click()


def done(page: Page) -> None:
    page.get_by_role("button", name="Done").click()
    page.get_by_role("heading", name="Capture").wait_for()


def mark(page: Page, words: str, mark: str) -> Locator:
    return page.locator(".items > li", has_text=words).get_by_text(mark, exact=True)
