"""What to ask Procore for a page, a record or a window's counts: calls as data, without any I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from tiebeam.connectors.outcomes import Place
from tiebeam.connectors.streams import TimeFilter
from tiebeam.kernel.moments import iso_z

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from tiebeam.connectors.ports import PageRequest, Query
    from tiebeam.connectors.streams import Listing, Scope, Stream

UNPAGED = 0
"""The page size of a list that knows no pages."""

_EARLIEST = "1970-01-01T00:00:00Z"
_LATEST = "9999-12-31T23:59:59Z"


@dataclass(frozen=True, slots=True)
class Asked:
    """A path below the base URL and its query."""

    path: str
    query: Query = ()


def page_call(request: PageRequest, *, company_id: str | None, per_page: int) -> Asked:
    """Return the call for one page. Raises ValueError when a path parameter has no value."""
    listing = request.stream.listings[request.listing]
    values = _values(company_id, request.scope)
    fixed = tuple((name, _filled(value, values)) for name, value in listing.params.items())
    query = (*fixed, *_days(request.day_from, request.day_to), *_updated(listing, request))
    return Asked(_path(listing.path, values), (*query, *_paging(request.page, per_page)))


def detail_call(stream: Stream, scope: Scope, key: str, *, company_id: str | None) -> Asked:
    """Return the call for one record. Raises ValueError when the stream has no detail."""
    if stream.detail is None:
        raise ValueError(f"{stream.name} has no detail: its listing is the whole record")
    path, _, tail = stream.detail.partition("?")
    values = {**_values(company_id, scope), "id": key}
    pairs = (part.partition("=") for part in tail.split("&") if part)
    return Asked(_path(path, values), tuple((name, _filled(value, values)) for name, _, value in pairs))


def counts_call(scope: Scope, day_from: date, day_to: date) -> Asked:
    """Return the call for the numbers of daily logs in a window of days, whatever their status."""
    path = _path("/rest/v1.1/projects/{project_id}/daily_logs/counts", _values(None, scope))
    status = ("filters[status]", "all")
    return Asked(path, (*_days(day_from, day_to), status, *_paging(1, 100)))


def place_of(stream: Stream, scope: Scope) -> Place:
    """Return where the calls of a stream lie."""
    if stream.tool:
        return Place.TOOL
    return Place.PROJECT if scope.project_id else Place.COMPANY


def _values(company_id: str | None, scope: Scope) -> dict[str, str]:
    company = {"company_id": company_id} if company_id else {}
    return {**company, **dict(scope.values)}


def _path(template: str, values: Mapping[str, str]) -> str:
    return _filled(template, {name: quote(value, safe="") for name, value in values.items()})


def _filled(template: str, values: Mapping[str, str]) -> str:
    try:
        return template.format_map(values)
    except KeyError as error:
        raise ValueError(f"{template} needs {error}, and the scope has none") from error


def _days(day_from: date | None, day_to: date | None) -> Query:
    if day_from is None or day_to is None:
        return ()
    return (("start_date", day_from.isoformat()), ("end_date", day_to.isoformat()))


def _updated(listing: Listing, request: PageRequest) -> Query:
    """Return the filter on modification time. Procore takes a closed range, or for v2 a lower end alone."""
    start, end = request.updated_from, request.updated_to
    if listing.time_filter is TimeFilter.AFTER and start is not None:
        return (("filters[updated_at][gt]", iso_z(start)),)
    if listing.time_filter is not TimeFilter.RANGE or (start is None and end is None):
        return ()
    first = iso_z(start) if start else _EARLIEST
    last = iso_z(end) if end else _LATEST
    return (("filters[updated_at]", f"{first}...{last}"),)


def _paging(page: int, per_page: int) -> Query:
    if per_page == UNPAGED:
        return (("page", str(page)),) if page > 1 else ()
    return (("page", str(page)), ("per_page", str(per_page)))
