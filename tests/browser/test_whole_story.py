"""The whole story in a real Chromium: from the address that the first start prints to signing out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

import pytest
from playwright.sync_api import expect
from tests.factories.browser import NARROW, WIDE, chromium, hurdles, keep, overflows, window
from tests.factories.command_line import shell
from tests.factories.copies import database_on
from tests.factories.serving import started
from tests.factories.vendor_up import vendor_up

from tiebeam.cli.sim import COMPANY_ID

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page
    from tests.factories.database import TestServer
    from tests.factories.vendor_up import Vendor

EMAIL = "ada@alder.test"
PASSWORD = "correct horse battery"
SOON_MS = 25_000
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
SUBJECT = "Weld at gridline 7"
ANSWERED = "Weld at gridline 7: 6 mm, all around"
PAGE_BYTES_MAX = 100_000
INTEGRATION = "/settings/integrations/procore"


class Story(NamedTuple):
    """Somebody's window, the vendor, and what happened there before anybody came."""

    page: Page
    vendor: Vendor
    first_run: str
    home: int
    """The project that the story is about."""
    rfis: list[int]

    def station(self, name: str) -> None:
        """Keep what the page looks like by day and by night, and see that it stands in nobody's way."""
        page, width = self.page, (self.page.viewport_size or {"width": 0})["width"]
        assert not overflows(page), name
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            keep(page, f"story-{name}-{scheme}")
            # Colours are all that differs by night: the phone is looked at then, the desk by day.
            if (scheme == "dark") is (width == NARROW):
                assert hurdles(page) == [], (name, scheme)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).click()

    def go(self, path: str) -> None:
        answer = self.page.goto(path)
        assert answer
        assert answer.status == 200, path
        assert len(answer.body()) <= PAGE_BYTES_MAX, path

    def says(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("status").first).to_contain_text(text)


@pytest.mark.req("P1", "P2", "P3", "P4", "P18", "P23", "R15", "R16", "R19", "Q3", "Q5", "W12")
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_from_the_first_start_to_signing_out(database_server: TestServer, tmp_path: Path, width: int) -> None:
    with vendor_up() as vendor, database_on(database_server) as url:
        home = vendor.projects()[0]["id"]
        rfis = vendor.write_rfis(home, [SUBJECT, *(f"Anchor bolt {n}" for n in range(1, 30))])
        user = shell(tmp_path, database_url=url, web_port=0, **vendor.variables())
        with (
            started(user) as (up, address),
            chromium() as browser,
            window(browser, address, width=width) as page,
        ):
            assert up.stdout
            said = [up.stdout.readline() for _ in range(2)]
            assert "Nobody has an account yet" in said[0]
            assert said[1].startswith(f"{address}/first-run?token="), said
            story = Story(page, vendor, said[1].strip(), home, rfis)
            for part in PARTS:
                part(story)


def comes_in(story: Story) -> None:
    """Make the first account at the address that was printed, once, and sign in with it."""
    page = story.page
    page.goto(story.first_run)
    story.station("01-first-run")
    page.get_by_label("Your name").fill("Ada Alder")
    page.get_by_label("Your company's name").fill("Alder & Sons")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The password again").fill("something else entirely")
    story.press("Make the account")
    expect(page.get_by_role("alert")).to_contain_text("not the same")
    expect(page.get_by_label("E-mail address")).to_have_value(EMAIL)
    story.station("02-first-run-mended")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The password again").fill(PASSWORD)
    story.press("Make the account")
    story.says("Sign in with what you have just chosen")
    story.station("03-sign-in")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill("a wrong one")
    story.press("Sign in")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    story.press("Sign in")
    page.wait_for_url(re.compile("/$"))
    expect(page.get_by_role("heading", name="Nothing is connected yet")).to_be_visible()
    expect(page.get_by_role("banner")).to_contain_text("Alder & Sons")
    story.station("04-overview-empty")


def connects(story: Story) -> None:
    """Read what will be read and written, refuse at first, then allow, and choose the company."""
    page = story.page
    story.follow("Connect Procore")
    expect(page.get_by_role("heading", name="What is written")).to_be_visible()
    story.station("05-connect")
    story.press("Go on")
    page.wait_for_url(re.compile("/oauth/authorize"))
    story.station("06-consent")
    story.press("Deny")
    expect(page.get_by_text("Access was not granted on Procore's page")).to_be_visible()
    story.station("07-consent-denied")
    story.follow("Begin again")
    story.press("Go on")
    page.wait_for_url(re.compile("/oauth/authorize"))
    story.press("Allow")
    expect(page.get_by_role("heading", name="Choose the company")).to_be_visible()
    story.station("08-company")
    page.get_by_label(str(COMPANY_ID)).check()
    story.press("Connect this company")
    story.says("Procore is connected. Now choose what is copied.")


def chooses(story: Story) -> None:
    """Choose among projects and kinds; RFIs and submittals alone are proposed."""
    page, names = story.page, [one["name"] for one in story.vendor.projects()]
    for kind in ("RFIs", "Submittals"):
        expect(page.get_by_label(kind, exact=True)).to_be_checked()
    expect(page.get_by_label("Meetings", exact=True)).not_to_be_checked()
    for name in names:
        page.get_by_label(name).check()
    for tool in ("Observations", "Drawings", "Daily log"):
        for box in page.get_by_role("group", name=tool, exact=True).get_by_role("checkbox").all():
            box.check()
    story.station("09-choose")
    # As slow as the real one at a busy hour: what is being read can be watched.
    story.vendor.slow_down(0.25)
    story.press("Copy this")
    story.says("What is newly chosen is being read")


def watches_the_first_sync(story: Story) -> None:
    """See the first copy grow on a page that nobody loads again."""
    page = story.page
    story.go("/runs")
    page.evaluate("window.loadedOnce = true")
    bar = page.locator("progress").first
    expect(bar).to_be_visible(timeout=SOON_MS)
    begun = bar.inner_text()
    story.station("10-first-sync")
    expect(bar).not_to_have_text(begun, timeout=SOON_MS)
    story.vendor.slow_down(0)
    expect(page.locator("#runs-over tbody tr").first).to_contain_text("complete", timeout=SOON_MS)
    expect(page.locator("progress")).to_have_count(0, timeout=SOON_MS)
    assert page.evaluate("window.loadedOnce"), "the page was loaded again"
    story.station("11-first-sync-over")


def maps_projects(story: Story) -> None:
    """Map a project to ours by the suggestion, and take the other over."""
    page = story.page
    one = story.vendor.projects()[0]
    story.go(f"{INTEGRATION}/projects")
    page.get_by_label("Number", exact=True).fill(one["project_number"].replace("-", ""))
    page.get_by_label("Name", exact=True).fill("Northfork")
    story.press("Add")
    expect(page.get_by_text("Suggested: Northfork, by the same number")).to_be_visible()
    story.station("12-map")
    row = _row(page, one["name"])
    row.get_by_role("button", name="Map").click()
    story.says("Mapped to")
    page.get_by_role("button", name="Add as ours").first.click()
    story.says("was added")
    expect(page.get_by_role("button", name="Undo")).to_have_count(2)
    story.station("13-mapped")


def finds_the_rfi(story: Story) -> None:
    """Find one RFI among many by a search and a filter, and read it."""
    page = story.page
    story.go("/records")
    story.station("14-records")
    story.follow("RFIs")
    page.get_by_label("Search").fill("gridline")
    page.get_by_label("Project").select_option(str(story.home))
    page.get_by_text("Fields and columns").click()
    first = page.get_by_role("group", name="Condition 1")
    first.get_by_label("Field").select_option("status")
    first.get_by_label("What").fill("open")
    story.press("Show")
    expect(page.locator("table.list tbody tr")).to_have_count(1)
    story.says("1 record in this list")
    story.station("15-rfis-found")
    page.get_by_role("link", name=str(story.rfis[0])).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(SUBJECT)
    story.station("16-rfi")


def sees_what_changed(story: Story) -> None:
    """Have the RFI read again after an edit there; see its time line, and what differs."""
    page = story.page
    story.vendor.edit_rfi(story.rfis[0], story.home, subject=ANSWERED, status="closed")
    page.evaluate("window.loadedOnce = false")
    story.press("Refresh now")
    story.says("queued to be read again")
    page.evaluate("window.loadedOnce = true")
    expect(page.get_by_role("heading", level=1)).to_contain_text(ANSWERED, timeout=SOON_MS)
    assert page.evaluate("window.loadedOnce"), "the page was loaded again"
    page.get_by_role("link", name="What changed").first.click()
    changes = page.locator("#changes")
    expect(changes.locator("del", has_text="open")).to_be_visible()
    expect(changes.locator("ins", has_text=ANSWERED)).to_be_visible()
    story.station("17-rfi-changed")
    page.get_by_role("link", name="Version 1", exact=True).click()
    expect(page.get_by_text("Version 1, as it was")).to_be_visible()
    story.station("18-rfi-as-it-was")


def sees_it_broken_and_mends_it(story: Story) -> None:
    """The vendor takes the access back: plain words say so, an alert is raised, reconnecting repairs."""
    page = story.page
    story.go("/queue")
    story.station("19-queue")
    story.vendor.revoke()
    story.go("/runs")
    _sync_rfis(story)
    story.go(INTEGRATION)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Error", timeout=SOON_MS)
    reason = page.locator("p.error").first
    expect(reason).to_contain_text("revoked")
    expect(reason).not_to_contain_text(re.compile("invalid_grant|authorization|HTTP|40[01]"))
    story.station("20-error")
    story.go("/")
    expect(page.locator("p.error").first).to_contain_text("revoked")
    story.station("21-overview-error")
    story.go("/alerts")
    alert = page.locator("[id^=alert-]", has_text="revoked")
    expect(alert).to_be_visible(timeout=SOON_MS)
    story.station("22-alert")
    alert.get_by_role("button").click()
    story.says("The alert is yours")
    story.go(INTEGRATION)
    story.follow("Reconnect")
    story.press("Go on")
    page.wait_for_url(re.compile("/oauth/authorize"))
    story.press("Allow")
    story.says("Procore is connected again")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Connected")
    expect(page.locator("p.error")).to_have_count(0)
    story.station("23-reconnected")
    story.go("/alerts")
    expect(page.locator("[id^=over-]", has_text="revoked")).to_be_visible(timeout=SOON_MS)
    expect(page.locator("[id^=alert-]", has_text="revoked")).to_have_count(0)


def decides_on_held_deletions(story: Story) -> None:
    """Most RFIs of a project vanish at once: they are held, shown, and deleted by a person's word alone."""
    page, gone = story.page, story.rfis[1:]
    story.vendor.delete_rfis(gone, story.home)
    story.go("/runs")
    _sync_rfis(story)
    story.go("/deletions")
    button = page.get_by_role("button", name=f"Mark {len(gone)} as deleted")
    expect(button).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_text("Anchor bolt").first).to_be_visible()
    story.station("24-held")
    story.go(f"/records/rfis?project={story.home}&q=Anchor")
    expect(page.get_by_role("status").first).to_contain_text(f"{len(gone)} records")
    story.go("/deletions")
    page.get_by_label(f"Type {len(gone)} to confirm").fill(str(len(gone)))
    button.click()
    story.says(f"{len(gone)} records are marked as deleted")
    story.station("25-decided")
    story.go(f"/records/rfis?project={story.home}&q=Anchor")
    expect(page.get_by_text("Nothing here fits")).to_be_visible()
    story.go(f"/records/rfis?project={story.home}&q=Anchor&state=deleted")
    expect(page.get_by_role("status").first).to_contain_text(f"{len(gone)} records")


def leaves(story: Story) -> None:
    """Look at the overview and at what was noted of all this, and sign out."""
    page = story.page
    story.go("/")
    story.station("26-overview")
    story.go("/audit")
    trail = page.locator("main")
    for act in ("connection.connected", "connection.chosen", "project.mapped", "hold.approved"):
        expect(trail).to_contain_text(act)
    story.station("27-audit")
    story.press("Sign out")
    story.says("You are signed out")
    page.goto("/records")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(story.first_run)
    expect(page.get_by_role("heading", name="Nothing to do here")).to_be_visible()
    story.station("28-first-run-shut")


def _sync_rfis(story: Story) -> None:
    story.page.locator("select[name=what]").select_option("stream")
    story.page.locator("select[name=stream]").select_option("procore.rfis")
    story.press("Sync now")
    story.says("Asked for: RFIs")


def _row(page: Page, name: str) -> Locator:
    return page.locator("tr", has_text=name).first


PARTS: tuple[Callable[[Story], None], ...] = (
    comes_in,
    connects,
    chooses,
    watches_the_first_sync,
    maps_projects,
    finds_the_rfi,
    sees_what_changed,
    sees_it_broken_and_mends_it,
    decides_on_held_deletions,
    leaves,
)
