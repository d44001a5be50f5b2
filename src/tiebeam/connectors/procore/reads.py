"""Procore, read: pages, records and counts behind the `Reader` port, and what `connect` needs to know."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tiebeam.connectors.answers import ShapeError, parse_json, read_object, read_row, read_rows
from tiebeam.connectors.paging import days_allowed, has_next, per_page_of, smaller_page, total_of
from tiebeam.connectors.ports import Detail, Page, PageRequest, Refusal, RefusalKind, Share
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.procore.client import Call
from tiebeam.connectors.procore.errors import PAGE_TOO_LARGE
from tiebeam.connectors.procore.plan import UNPAGED, counts_call, detail_call, page_call, place_of
from tiebeam.connectors.streams import Scope
from tiebeam.kernel.errors import TiebeamError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from tiebeam.connectors.answers import Rows
    from tiebeam.connectors.ports import Response
    from tiebeam.connectors.procore.client import Got, ProcoreClient
    from tiebeam.connectors.streams import Listing, Stream


class ProcoreReader:
    """Reads Procore's streams. It remembers the page sizes that Procore refused."""

    def __init__(self, client: ProcoreClient, streams: Sequence[Stream] = STREAMS) -> None:
        self._client = client
        self._streams = streams
        self._ceilings: dict[str, int] = {}

    async def page(self, request: PageRequest) -> Page | Refusal:
        """Return one page, or why there is none. Raises TiebeamError when no call can succeed any more.

        When Procore refuses the size of a page, a smaller one of the same number is asked for at once; its
        rows begin earlier, so what earlier pages held may come again and nothing is left out.
        """
        listing = request.stream.listings[request.listing]
        per_page = self._per_page(listing, request.per_page)
        spent = 0
        while True:
            got = await self._get_page(request, listing, per_page)
            if not isinstance(got, Refusal):
                return _page(got, request.page, per_page, spent)
            smaller = smaller_page(got.cause, per_page) if got.code == PAGE_TOO_LARGE else None
            if smaller is None:
                return _window_told(replace(got, calls=spent + got.calls))
            spent += got.calls
            self._ceilings[listing.path] = per_page = smaller

    def _per_page(self, listing: Listing, wanted: int | None) -> int:
        if listing.per_page is None:
            return UNPAGED
        ceiling = self._ceilings.get(listing.path, listing.per_page)
        return min(wanted or ceiling, ceiling)

    async def _get_page(self, request: PageRequest, listing: Listing, per_page: int) -> Got[Rows] | Refusal:
        asked = page_call(request, company_id=self._client.company_id, per_page=per_page)
        place = place_of(request.stream, request.scope)
        call = Call(asked.path, asked.query, request.share, place)
        key = request.stream.key
        return await self._client.get(call, lambda answer: read_rows(answer.body, listing.envelope, key))

    async def detail(self, stream: Stream, scope: Scope, key: str, share: Share) -> Detail | Refusal:
        """Return one whole object by its key."""
        asked = detail_call(stream, scope, key, company_id=self._client.company_id)
        call = Call(asked.path, asked.query, share, place_of(stream, scope))
        got = await self._client.get(call, lambda answer: read_object(answer.body))
        if isinstance(got, Refusal):
            return got
        return Detail(got.value, got.sighting.date, got.calls)

    async def busy_days(
        self, stream: Stream, scope: Scope, day_from: date, day_to: date, share: Share
    ) -> Mapping[str, int] | Refusal:
        """Return how many rows a window of days holds in each stream of `stream`'s family, by its name."""
        asked = counts_call(scope, day_from, day_to)
        call = Call(asked.path, asked.query, share, place_of(stream, scope))
        got = await self._client.get(call, _counts)
        if isinstance(got, Refusal):
            return _window_told(got)
        members = {
            _plain(other.family_member): other.name
            for other in self._streams
            if other.family == stream.family and other.family_member
        }
        counted = ((members.get(_plain(name)), count) for name, count in got.value)
        return {name: count for name, count in counted if name}


def _page(got: Got[Rows], page: int, per_page: int, spent: int) -> Page:
    headers = got.response.headers
    rows = got.value
    seen = len(rows.rows) + len(rows.damaged)
    return Page(
        rows=rows.rows,
        has_next=has_next(headers, page=page, rows=seen),
        total=total_of(headers),
        per_page=per_page_of(headers, per_page or max(1, seen)),
        server_date=got.sighting.date,
        calls=spent + got.calls,
        damaged=rows.damaged,
    )


def _window_told(refusal: Refusal) -> Refusal:
    if refusal.kind is not RefusalKind.WINDOW_TOO_LONG:
        return refusal
    return replace(refusal, days_max=days_allowed(refusal.cause))


def _counts(response: Response) -> list[tuple[str, int]]:
    rows = parse_json(response.body)
    if not isinstance(rows, list):
        raise ShapeError("a list of counts was promised")
    return [_count(row) for row in rows]


def _count(row: Any) -> tuple[str, int]:
    name, count = (row.get("module_name"), row.get("count")) if isinstance(row, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(count, int):
        raise ShapeError("a count with the name of its log was promised")
    return name, count


def _plain(name: str | None) -> str:
    """Return `accident_log` for `Accident Logs`: how the counts spell their names is not documented."""
    words = re.sub(r"[^a-z0-9]+", "_", (name or "").lower()).strip("_")
    return re.sub(r"ies$", "y", words) if words.endswith("ies") else words.removesuffix("s")


@dataclass(frozen=True, slots=True)
class Company:
    """A company that the connection may see."""

    id: str
    name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Login:
    """The user or service account that the connection acts as."""

    id: str
    login: str
    name: str


class CompaniesRefusedError(TiebeamError):
    """Procore would not say who the connection is or which companies it may see."""


async def list_companies(client: ProcoreClient) -> tuple[Company, ...]:
    """Return the companies that the connection may see, in Procore's order. Raises TiebeamError."""
    reader = ProcoreReader(client)
    stream = next(stream for stream in STREAMS if stream.name == "procore.companies")
    found: list[Company] = []
    page: Page | None = None
    number = 0
    while page is None or page.has_next:
        number += 1
        page = _granted(await reader.page(_companies_page(stream, number)))
        found += [_company(read_row(row)) for row in page.rows]
    return tuple(found)


async def whoami(client: ProcoreClient) -> Login:
    """Return whom the connection acts as. Raises TiebeamError."""
    got = await client.get(Call("/rest/v1.0/me"), lambda answer: read_object(answer.body))
    if isinstance(got, Refusal):
        raise _refused(got)
    row = got.value
    return Login(str(row.get("id", "")), str(row.get("login") or ""), str(row.get("name") or ""))


def _companies_page(stream: Stream, number: int) -> PageRequest:
    return PageRequest(stream, 0, Scope(), number, share=Share.DEMAND)


def _granted(page: Page | Refusal) -> Page:
    if isinstance(page, Refusal):
        raise _refused(page)
    return page


def _refused(refusal: Refusal) -> CompaniesRefusedError:
    return CompaniesRefusedError(refusal.cause, action=refusal.action, code=refusal.code, owner=refusal.owner)


def _company(row: Mapping[str, Any]) -> Company:
    return Company(str(row["id"]), str(row.get("name") or ""), row.get("is_active") is not False)
