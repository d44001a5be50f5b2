"""Lists: which rows of a scope are shown, in which order, in which view, page by page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from tiebeam.simulators.procore.errors import body_response
from tiebeam.simulators.procore.paging import CLASSIC, Paging, ask_page, page_headers
from tiebeam.simulators.procore.resources import RESOURCES, Deletion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call, Query
    from tiebeam.simulators.procore.filters import Filter
    from tiebeam.simulators.procore.tables import Bucket, RecordId, Row

    RowTest = Callable[[Row], bool]

Source = Literal["main", "deleted"]


@dataclass(frozen=True, slots=True)
class Listing:
    """One list endpoint.

    `source` deleted is a recycle bin or a list of inactive ones. `paging` None sends everything at once.
    `views` maps the values of `view` (or `serializer_view`) to names of views.
    """

    resource: str
    source: Source = "main"
    filters: tuple[Filter, ...] = ()
    sorts: tuple[str, ...] = ()
    paging: Paging | None = CLASSIC
    view: str = "list"
    views: Mapping[str, str] = field(default_factory=dict)
    wrapped: bool = False


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A further test of rows; equal keys must mean equal tests."""

    key: object
    test: RowTest


def respond(
    call: Call,
    listing: Listing,
    *,
    project_id: int | None = None,
    parent_id: RecordId | None = None,
    only: Narrowing | None = None,
) -> SimResponse:
    """Answer a list call over the rows of a scope; `only` narrows them further."""
    rows = find_rows(call, listing, project_id=project_id, parent_id=parent_id, only=only)
    return send_rows(call, listing, rows)


def send_rows(call: Call, listing: Listing, rows: Sequence[Row]) -> SimResponse:
    """The page asked for, out of rows already chosen and ordered."""
    shown, headers = cut_page(call, listing.paging, rows)
    body = call.renderer.rows(listing.resource, shown, chosen_view(call.query, listing))
    return body_response(b'{"data":' + body + b"}" if listing.wrapped else body, headers=headers)


def cut_page(call: Call, paging: Paging | None, rows: Sequence[Any]) -> tuple[Sequence[Any], dict[str, str]]:
    """The rows of the page asked for, and the headers that go with it."""
    if paging is None:
        return rows, {}
    page = ask_page(call.query, paging, call.options.per_page_cap)
    headers = page_headers(page, len(rows), call.base_url + call.request.path, call.query)
    return rows[page.start : page.start + page.size], headers


def find_rows(
    call: Call,
    listing: Listing,
    *,
    project_id: int | None = None,
    parent_id: RecordId | None = None,
    only: Narrowing | None = None,
) -> list[Row]:
    """Every row that the call asks for, in order."""
    bucket = call.state.tables[listing.resource].bucket(project_id=project_id, parent_id=parent_id)
    asked = tuple(pair for pair in call.query.pairs if pair[0] not in ("page", "per_page"))
    key = (call.request.path, asked, only and only.key)
    kept = call.listings.get(key, bucket)
    if kept is not None:
        return kept
    rows = _ordered(_filtered(call, listing, bucket, only), listing, call.query)
    call.listings.put(key, bucket, rows)
    return rows


def chosen_view(query: Query, listing: Listing) -> str:
    """The view that the caller names and the list knows, else the list's own."""
    named = query.get("view") or query.get("serializer_view") or ""
    return listing.views.get(named, listing.view)


def _filtered(call: Call, listing: Listing, bucket: Bucket, only: Narrowing | None) -> list[Row]:
    visible = _visibility(listing, call.query)
    tests = [
        test
        for test in (each.predicate(call.query, call.options) for each in listing.filters)
        if test is not None
    ]
    rows = [row for row in bucket.sorted() if not row.hidden and visible(row)]
    if only is not None:
        rows = [row for row in rows if only.test(row)]
    for test in tests:
        rows = [row for row in rows if test(row.fields)]
    return rows


def _deleted(row: Row) -> bool:
    return row.deleted_at is not None


def _present(row: Row) -> bool:
    return row.deleted_at is None


def _either(_row: Row) -> bool:
    return True


_FLAGS: dict[Deletion, str] = {
    "include_deleted": "filters[include_deleted]",
    "deleted_filter": "filters[deleted]",
}


def _visibility(listing: Listing, query: Query) -> RowTest:
    deletion = RESOURCES[listing.resource].deletion
    if listing.source == "deleted":
        return _deleted
    if listing.resource == "projects":
        wanted = (query.get("filters[by_status]") or "").lower()
        return {"all": _either, "inactive": _deleted}.get(wanted, _present)
    if deletion == "deleted_at":
        return _either
    if deletion in _FLAGS:
        return {"only": _deleted, "with": _either}.get(query.get(_FLAGS[deletion]) or "", _present)
    parameter = {"deleted_only": "deleted_only", "is_in_recycle_bin": "filters[is_in_recycle_bin]"}.get(
        deletion
    )
    return _deleted if parameter and query.flag(parameter) else _present


def _ordered(rows: list[Row], listing: Listing, query: Query) -> list[Row]:
    named = query.get("sort") or query.get("sort[attribute]") or ""
    descending = named.startswith("-") or (query.get("sort[direction]") or "").lower() == "desc"
    name = named.lstrip("-")
    if name not in listing.sorts:
        return rows
    known = [row for row in rows if row.fields.get(name) is not None]
    unknown = [row for row in rows if row.fields.get(name) is None]
    return [*sorted(known, key=lambda row: _sortable(row.fields[name]), reverse=descending), *unknown]


def _sortable(value: Any) -> tuple[int, Any]:
    if isinstance(value, dict):
        value = value.get("name") or value.get("number") or ""
    return (0, value) if isinstance(value, int | float) else (1, str(value).casefold())
