"""The phone pages in a real Chromium: captured without a network, sent once although answers were lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.factories.browser import chromium, hurdles, keep, overflows, window
from tests.factories.command_line import shell
from tests.factories.console_up import PASSWORD, sign_in
from tests.factories.copies import database_on
from tests.factories.phone import (
    PINS,
    Site,
    capture,
    come_in,
    done,
    draw,
    mark,
    phone,
    picture,
    take,
)
from tests.factories.serving import started

from tiebeam.field.repository import Documents, Hand
from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import SystemClock
from tiebeam.operations.audit.model import Actor
from tiebeam.store.pool import Store
from tiebeam.web.bundle import content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Request, Route
    from tests.factories.database import TestServer

pytestmark = pytest.mark.req("P25", "P20")

SMALL = 360
FINGER_PIXELS = 48
EMAIL = "ada@alder.test"
CREW = ["Kim Lee", "Jo Abara"]
PHOTOS = [content("icon-192.png"), content("icon-512.png")]
API = "/api/v1/field"
# Chromium lets no test make its storage small: this is what a full one does to whoever writes.
FULL = """() => {
  window.formerPut = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""
AGAIN = "dispatchEvent(new Event('online'))"


@pytest.fixture(scope="module")
def site(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with database_on(database_server) as url:
        user = shell(folder, database_url=url, web_port=0)
        user.run("init")
        words = ("people", "add", EMAIL, "--name", "Ada", "--role", "tenant_admin", "--password-stdin")
        user.run(*words, stdin=f"{PASSWORD}\n")
        with (
            started(user, "web", "web") as (_, address),
            chromium() as browser,
            window(browser, address) as office,
        ):
            sign_in(office, EMAIL)
            made = Site(browser, office, address, url)
            for name in PINS:
                made.add(name)
            project = made.ask("/field/projects", "POST", number="12", name="Mill Street")["id"]
            made.ask("/field/crews", "PUT", name="North", members=[{"name": name} for name in CREW])
            made.ask("/field/cost-codes", "PUT", project_id=project, code="02-300", name="Earthwork")
            yield made


def deliver(site: Site, document_id: str) -> None:
    """Do what a delivery does that has ended: the document can be changed no more."""

    async def lock() -> None:
        async with await Store.open(site.database, clock=SystemClock()) as store:
            tenant = await Tenants(store).find("default")
            assert tenant
            hand = Hand(Actor.command("tests"), reviews=True)
            assert await Documents(store, tenant.id).lock(UUID(document_id), "It is in Procore.", hand)

    # Playwright has an event loop of its own in this thread.
    with ThreadPoolExecutor(1) as beside:
        beside.submit(asyncio.run, lock()).result()


def fits(page: Page, name: str) -> None:
    """See that nothing is in anybody's way, and that a gloved finger hits what it means."""
    keep(page, name)
    assert not overflows(page)
    assert hurdles(page) == []
    low = page.locator(
        "button, .button, input:not([type=checkbox], [type=radio]), select, .item"
    ).evaluate_all("all => all.filter(one => one.offsetParent).map(one => [one.outerHTML, one.offsetHeight])")
    assert [one for one in low if one[1] < FINGER_PIXELS] == []


def parsed(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


@dataclass
class LostAnswers:
    """Lets the server take whatever is sent, and loses the first answer to each."""

    seen: Counter[str] = field(default_factory=Counter)

    def __call__(self, route: Route) -> None:
        request = route.request
        if request.method == "GET":
            route.continue_()
            return
        name = f"{request.method} {request.url.partition(API)[2].partition('?')[0]}"
        self.seen[name] += 1
        if self.seen[name] > 1:
            route.continue_()
            return
        answer = route.fetch()
        assert answer.ok, answer.text()
        route.abort()


@pytest.mark.req("P14")
def test_a_ticket_captured_without_a_network_is_there_once_though_answers_are_lost(site: Site) -> None:
    with phone(site) as page:
        page.context.set_offline(True)
        page.reload()
        capture(page, "Moved the fence")
        page.get_by_role("button", name="More: Hours of Kim Lee").click()
        page.get_by_label("Cost code").select_option("02-300")
        take(page, picture(PHOTOS[0]), picture(PHOTOS[1], "صورة.png"))
        page.get_by_label("Who signs").fill("Bo Berg")
        draw(page)
        page.get_by_role("button", name="Take away photo 2").wait_for()
        fits(page, "phone-ticket")
        page.get_by_label("Notes").fill("Gate stays open")
        page.reload()
        assert page.get_by_label("Notes").input_value() == "Gate stays open"
        page.get_by_role("button", name="Take away photo 2").wait_for()
        done(page)
        mark(page, "Moved the fence", "saved on this phone").wait_for()
        fits(page, "phone-waiting")
        page.reload()
        mark(page, "Moved the fence", "saved on this phone").wait_for()
        assert site.documents("tm_ticket", "Moved the fence") == []
        lost = LostAnswers()
        page.route(f"**{API}/**", lost)
        failed: list[Request] = []
        page.on("requestfailed", lambda request: failed.append(request))  # noqa: PLW0108 - Playwright marks what it is given
        page.context.set_offline(False)
        for so_many in range(1, len(PHOTOS) + 4):
            page.evaluate(AGAIN)
            # The phone tries again by itself too, so that two may fail before one looks.
            while len(failed) < so_many:
                page.wait_for_event("requestfailed")
        # The server may have it: it is changed no more here.
        page.get_by_role("link", name="Moved the fence").wait_for(state="detached")
        page.evaluate(AGAIN)
        mark(page, "Moved the fence", "sent").wait_for()
        fits(page, "phone-sent")
        # Each photo again for its own answer; the ticket also for that to its handing in, of which it tells.
        assert sorted(lost.seen.values()) == [1, 2, 2, 2, 3]
        (there,) = site.documents("tm_ticket", "Moved the fence")
        deliver(site, there["id"])
        page.reload()
        mark(page, "Moved the fence", "in Procore").wait_for()
    assert (there["standing"], there["version"], there["author"]["name"]) == (
        "submitted",
        1,
        "finn@alder.test",
    )
    assert there["device_id"]
    assert len(site.ask(f"/field/documents/{there['id']}/versions")["items"]) == 1
    body = there["body"]
    assert [(one["worker"], one["hours"]) for one in body["labour"]] == [(CREW[0], "8.5"), (CREW[1], "8")]
    assert (body["cost_code"], body["notes"], body["signature"]["name"]) == (
        "02-300",
        "Gate stays open",
        "Bo Berg",
    )
    kept = [site.office.request.get(f"{API}/photos/{one}").body() for one in body["photos"]]
    assert [sha256(one).digest() for one in kept] == [sha256(one).digest() for one in PHOTOS]
    drawn = site.office.request.get(f"{API}/photos/{body['signature']['photo']}").body()
    assert drawn.startswith(b"\x89PNG")


def test_a_session_that_ended_keeps_everything_until_the_pin_is_there(site: Site) -> None:
    with phone(site) as page:
        page.context.clear_cookies(name="tiebeam_session")
        capture(page, "Dug the trench")
        done(page)
        page.get_by_text("Type in your PIN to send.").wait_for()
        mark(page, "Dug the trench", "saved on this phone").wait_for()
        assert site.documents("tm_ticket", "Dug the trench") == []
        page.get_by_role("link", name="Type it in").click()
        come_in(page, "Finn")
        mark(page, "Dug the trench", "sent").wait_for()
        page.get_by_role("link", name="T&M ticket").click()
        page.get_by_role("heading", name="Who worked").wait_for()
        assert [one.input_value() for one in page.get_by_label("Worker", exact=True).all()] == CREW


def test_what_one_captured_is_not_sent_in_the_name_of_another(site: Site) -> None:
    with phone(site) as page:
        page.context.set_offline(True)
        capture(page, "Broke the slab")
        done(page)
        page.route(f"**{API}/documents/**", lambda route: route.abort())
        page.context.set_offline(False)
        page.get_by_role("link", name="Somebody else").click()
        page.get_by_role("heading", name="Who are you?").wait_for()
        fits(page, "phone-pin")
        come_in(page, "Gus")
        page.get_by_text("1 of somebody else wait on this phone").wait_for()
        page.unroute_all()
        capture(page, "Swept the yard")
        done(page)
        mark(page, "Swept the yard", "sent").wait_for()
        assert site.documents("tm_ticket", "Broke the slab") == []
        page.get_by_role("link", name="Somebody else").click()
        come_in(page, "Finn")
        mark(page, "Broke the slab", "sent").wait_for()
    (there,) = site.documents("tm_ticket", "Broke the slab")
    assert there["author"]["name"] == "finn@alder.test"


def test_what_the_office_gives_back_is_corrected_on_the_phone(site: Site) -> None:
    with phone(site) as page:
        capture(page, "Hung the doors")
        take(page, picture(PHOTOS[0]))
        done(page)
        mark(page, "Hung the doors", "sent").wait_for()
        (there,) = site.documents("tm_ticket", "Hung the doors")
        there["body"]["labour"][0]["rate"] = "85.00"
        corrected = {name: there[name] for name in ("kind", "project_id", "captured_at", "body")}
        site.ask(f"/field/documents/{there['id']}", "PUT", base_version=1, **corrected)
        site.ask(f"/field/documents/{there['id']}/return", "POST", version=2, why="Which doors?")
        page.reload()
        page.get_by_text("The office asks: Which doors?").wait_for()
        page.get_by_role("link", name="Hung the doors").click()
        page.get_by_label("What was done").fill("Hung the doors of the stair")
        done(page)
        mark(page, "Hung the doors of the stair", "sent").wait_for()
    (there,) = site.documents("tm_ticket", "Hung the doors")
    assert (there["version"], there["standing"], len(there["body"]["photos"])) == (3, "submitted", 1)
    assert there["body"]["labour"][0]["rate"] == "85.00"


@pytest.mark.req("P15")
def test_a_file_that_is_no_photo_holds_up_nothing(site: Site) -> None:
    with phone(site) as page:
        capture(page, "Set the curb")
        take(page, picture(b"", "empty.jpg"))
        page.get_by_text("empty.jpg is empty").wait_for()
        take(page, picture(b"these are words", "words.jpg"), picture(PHOTOS[0]))
        page.get_by_role("button", name="Take away photo 2").wait_for()
        done(page)
        mark(page, "Set the curb", "sent").wait_for()
        page.get_by_text("1 of its photos could not be kept").wait_for()
    (there,) = site.documents("tm_ticket", "Set the curb")
    assert len(there["body"]["photos"]) == 1


def test_full_storage_and_a_wrong_clock_are_told_in_words_and_nothing_is_lost(site: Site) -> None:
    with phone(site) as page:
        page.clock.set_system_time(datetime.now(UTC) + timedelta(hours=1))
        page.reload()
        capture(page, "Poured the pad")
        page.evaluate(FULL)
        take(page, picture(PHOTOS[1]))
        page.get_by_text("This phone's storage is full.").wait_for()
        fits(page, "phone-full")
        page.evaluate("() => { IDBObjectStore.prototype.put = window.formerPut; }")
        take(page, picture(PHOTOS[1]))
        page.get_by_role("button", name="Take away photo 1").wait_for()
        done(page)
        mark(page, "Poured the pad", "sent").wait_for()
        page.get_by_text("This phone's clock is 60 minutes off").wait_for()
    (there,) = site.documents("tm_ticket", "Poured the pad")
    assert parsed(there["captured_at"]) - parsed(there["received_at"]) > timedelta(minutes=50)


def test_reports_check_ins_and_photos_on_a_small_phone_in_the_dark(site: Site) -> None:
    with phone(site, width=SMALL, dark=True) as page:
        page.get_by_role("link", name="Daily report").click()
        page.get_by_label("What was done").fill("Formed the west wall")
        page.get_by_label("Sky").select_option("Rain")
        page.get_by_role("button", name="Add a crew").click()
        page.get_by_label("Company or trade").fill("Alder concrete")
        page.get_by_role("button", name="More: Workers").click()
        fits(page, "phone-report")
        done(page)
        page.get_by_role("link", name="Crew check-in").click()
        page.get_by_label("Crew", exact=True).fill("North")
        page.get_by_label("Crew", exact=True).blur()
        page.get_by_label("is here").nth(1).uncheck()
        fits(page, "phone-check-in")
        done(page)
        page.get_by_role("link", name="Photo", exact=True).click()
        page.get_by_role("button", name="Done").click()
        page.get_by_text("Take the photo first.").wait_for()
        take(page, picture(PHOTOS[0]))
        page.get_by_label("What it shows").fill("The west wall")
        page.get_by_role("button", name="Take away photo 1").wait_for()
        fits(page, "phone-photo")
        done(page)
        for words in ("Daily report", "Crew check-in", "The west wall"):
            mark(page, words, "sent").wait_for()
        fits(page, "phone-home")
    (report,) = site.documents("daily_report", "Formed the west wall")
    assert report["body"]["crew"][0]["workers"] == 2
    assert report["body"]["weather"]["sky"] == "Rain"
    (checked,) = site.documents("check_in", "North")
    assert [(one["name"], one["present"]) for one in checked["body"]["people"]] == [
        (CREW[0], True),
        (CREW[1], False),
    ]
    (photo,) = site.documents("photo", "The west wall")
    there = site.office.request.get(f"{API}/photos/{photo['body']['photo']}").body()
    assert there == PHOTOS[0]


LARGE = b"\xff\xd8\xff" + bytes(range(256)) * 14_000
PIECE_BYTES = 1 << 20


@pytest.mark.req("P8")
def test_a_large_photo_goes_on_in_the_middle_after_the_network_broke_off(site: Site) -> None:
    with phone(site) as page:
        cut: list[str] = []

        def break_off(route: Route) -> None:
            # The second piece and all after it: they never leave the phone.
            if route.request.method == "PUT" and "offset=0" not in route.request.url:
                cut.append(route.request.url)
                route.abort()
            else:
                route.continue_()

        page.route(f"**{API}/photos/*/pieces*", break_off)
        through: list[str] = []
        page.on("requestfinished", lambda one: through.append(one.url) if "offset=" in one.url else None)
        capture(page, "Laid the pipe")
        take(page, picture(LARGE, "pipe.jpg"))
        page.get_by_role("button", name="Take away photo 1").wait_for()
        with page.expect_event("requestfailed"):
            done(page)
        mark(page, "Laid the pipe", "saved on this phone").wait_for()
        page.unroute_all()
        page.evaluate(AGAIN)
        mark(page, "Laid the pipe", "sent").wait_for()
    assert {offset_of(one) for one in cut} == {PIECE_BYTES}
    # Each piece went through once, though the rest of them were begun anew.
    assert [offset_of(one) for one in through] == list(range(0, len(LARGE), PIECE_BYTES))
    (there,) = site.documents("tm_ticket", "Laid the pipe")
    kept = site.office.request.get(f"{API}/photos/{there['body']['photos'][0]}").body()
    assert sha256(kept).digest() == sha256(LARGE).digest()


def offset_of(url: str) -> int:
    return int(url.partition("offset=")[2].partition("&")[0])


TAPS = """() => {
  window.taps = 0;
  addEventListener("pointerdown", () => window.taps++, { capture: true });
}"""


@pytest.mark.req("P25")
def test_the_quickest_ticket_takes_three_taps_and_the_words(site: Site) -> None:
    with phone(site) as page:
        capture(page, "Patched the roof")
        done(page)
        mark(page, "Patched the roof", "sent").wait_for()
        page.evaluate(TAPS)
        page.get_by_role("link", name="T&M ticket", exact=True).click()
        page.get_by_label("What was done").click()
        page.keyboard.type("Cut the joint")
        page.get_by_role("button", name="Done").click()
        mark(page, "Cut the joint", "sent").wait_for()
        assert page.evaluate("window.taps") == 3
    (there,) = site.documents("tm_ticket", "Cut the joint")
    body = there["body"]
    # The project, the day, and yesterday's crew with its hours were there already.
    assert [(one["worker"], one["hours"]) for one in body["labour"]] == [(name, "8") for name in CREW]
    assert there["standing"] == "submitted"
