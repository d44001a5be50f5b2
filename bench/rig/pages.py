"""A vendor that costs next to nothing: submittals rendered before the clock starts, 1,000 a page.

`python bench/rig/pages.py --readings 2 COUNT…` listens on a free port of the loopback interface, prints it,
and serves until its input ends. Project 5000 holds 5,000 submittals: every COUNT is a project. The first part
of a path tells one reading from the next: `/signed-1/…` and `/signed-2/…` serve the same records, but the
links of their attachments are signed anew, so that no page has the same bytes twice, as with the real vendor.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import orjson
from aiohttp import web

PER_PAGE = 1000
_EPOCH = datetime(2026, 1, 5, 14, tzinfo=UTC)
_PEOPLE = ("Ann Kowalski", "Bola Adeyemi", "Chen Wei", "Dagny Berg", "Emil Novak", "Fatima Haddad")
_TITLES = (
    "Structural steel shop drawings, level {}",
    "Concrete mix design for foundation {}",
    "Curtain wall mock-up panel {}",
    "Air handling unit AHU-{} product data",
    "Fire sprinkler hydraulic calculations, zone {}",
)
_STATES = (("Draft", "Draft"), ("Open", "Open"), ("Approved", "Closed"), ("Revise and Resubmit", "Closed"))


def submittal(number: int, signature: str) -> dict[str, object]:
    """Return one row of a listing, about 1.1 kB as JSON."""
    status, group = _STATES[number % len(_STATES)]
    at = _moment(number)
    return {
        "id": 7_000_000 + number,
        "number": str(number % 400 + 1),
        "formatted_number": f"{number % 48:02d} 05 00-{number % 400 + 1}",
        "revision": str(number % 3),
        "current_revision": number % 3 == 2,
        "title": _TITLES[number % len(_TITLES)].format(number),
        "description": f"<p>Submitted for review under package {number // 20}; see the marked sheets.</p>",
        "status": {"id": 11 + number % 4, "name": status, "status": group},
        "type": {"id": 3, "name": "Shop Drawing"},
        "private": False,
        "due_date": at[:10],
        "required_on_site_date": None,
        "lead_time": number % 60,
        "submittal_manager": _person(number),
        "responsible_contractor": {"id": 900 + number % 30, "name": f"Contractor {number % 30} Ltd."},
        "received_from": _person(number + 1),
        "specification_section": {"id": 400 + number % 90, "number": f"{number % 48:02d} 05 00"},
        "ball_in_court": [_person(number + 2)],
        "approvers": [_approver(number)],
        "attachments": [_attachment(number, signature)],
        "created_at": at,
        "updated_at": at,
    }


def _person(number: int) -> dict[str, object]:
    name = _PEOPLE[number % len(_PEOPLE)]
    return {"id": 100 + number % 60, "name": name, "login": f"{name.split()[0].lower()}@example.com"}


def _approver(number: int) -> dict[str, object]:
    user = _person(number + 3)
    return {"id": 5000 + number, "user": user, "response": {"name": "Pending"}, "attachments": []}


def _attachment(number: int, signature: str) -> dict[str, object]:
    url = f"https://files.example.com/{number}?sig={signature}-{number * 2654435761 % 2**32:08x}"
    return {"id": 80_000 + number, "filename": f"submittal-{number}.pdf", "url": url}


def _moment(number: int) -> str:
    return (_EPOCH + timedelta(seconds=37 * number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def render(count: int, signature: str) -> list[bytes]:
    """Return the pages of a project, each record on a line of its own."""
    rows = [orjson.dumps(submittal(number, signature)) for number in range(count)]
    starts = range(0, count, PER_PAGE)
    return [b"[" + b",\n".join(rows[start : start + PER_PAGE]) + b"]" for start in starts]


class Vendor:
    """Answers for every project that was rendered."""

    def __init__(self, counts: list[int], readings: int) -> None:
        signatures = [f"signed-{number}" for number in range(1, readings + 1)]
        self._pages = {(count, text): render(count, text) for count in counts for text in signatures}

    def app(self) -> web.Application:
        """Return the routes."""
        app = web.Application()
        listing = "/{signature}/rest/v1.1/projects/{project}/submittals"
        app.router.add_get(listing, self.listing)
        app.router.add_get(f"{listing}/recycle_bin", self.recycle_bin)
        return app

    async def listing(self, request: web.Request) -> web.Response:
        """Return a page with the headers by which a client finds the next one."""
        signature, project = request.match_info["signature"], int(request.match_info["project"])
        page = int(request.query.get("page", "1"))
        pages = self._pages[project, signature]
        body = pages[page - 1] if page <= len(pages) else b"[]"
        return _answer(request, body, page=page, last=len(pages), total=project)

    async def recycle_bin(self, request: web.Request) -> web.Response:
        """Return an empty listing: nothing was ever deleted."""
        return _answer(request, b"[]", page=1, last=1, total=0)


def _answer(request: web.Request, body: bytes, *, page: int, last: int, total: int) -> web.Response:
    date = format_datetime(datetime.now(UTC), usegmt=True)
    headers = {"Total": str(total), "Per-Page": str(PER_PAGE), "Date": date}
    if page < last:
        url = request.url.update_query(page=page + 1)
        end = request.url.update_query(page=last)
        headers["Link"] = f'<{url}>; rel="next", <{end}>; rel="last"'
    return web.Response(body=body, content_type="application/json", headers=headers)


async def serve(vendor: Vendor) -> None:
    """Serve until standard input ends."""
    runner = web.AppRunner(vendor.app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def main() -> None:
    """Render, then serve."""
    parser = argparse.ArgumentParser(description="Serve pages of submittals.")
    parser.add_argument("--readings", type=int, default=1, help="how often the links are signed anew")
    parser.add_argument("counts", type=int, nargs="+", help="how many records a project has")
    asked = parser.parse_args()
    asyncio.run(serve(Vendor(asked.counts, asked.readings)))


if __name__ == "__main__":
    main()
