"""Daily logs: nineteen lists by date, their headers and their counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tiebeam.simulators.procore.errors import ApiError, json_response, not_found
from tiebeam.simulators.procore.filters import Among
from tiebeam.simulators.procore.listing import Listing, Narrowing, cut_page, respond
from tiebeam.simulators.procore.paging import NESTED, Paging
from tiebeam.simulators.procore.reads.building import detail, show
from tiebeam.simulators.procore.resources import DAILY_LOG_KINDS
from tiebeam.simulators.procore.routing import Handler, Route

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.tables import Row

_P10 = "/rest/v1.0/projects/{project_id}"
_P11 = "/rest/v1.1/projects/{project_id}"
_WITH_STATUS = frozenset(
    {"manpower_logs", "notes_logs", "delivery_logs", "daily_construction_report_logs", "weather_logs.v1.1"}
)
_FILTERS = (Among("filters[created_by_id]", "created_by.id"), Among("filters[location_id]", "location.id"))
_RAILS_ZONES = {
    "Eastern Time (US & Canada)": "America/New_York",
    "Central Time (US & Canada)": "America/Chicago",
    "Mountain Time (US & Canada)": "America/Denver",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Arizona": "America/Phoenix",
    "Alaska": "America/Anchorage",
    "Hawaii": "Pacific/Honolulu",
}


def routes() -> Iterator[Route]:
    """Every route of the family."""
    for kind in DAILY_LOG_KINDS:
        unpaged = kind == "plan_revision_logs"
        yield _log_list(f"{_P10}/{kind}", kind, None if unpaged else NESTED, with_status=kind in _WITH_STATUS)
        yield detail(f"{_P10}/{kind}/{{id}}", kind)
    weather = f"{_P11}/daily_logs/weather_logs"
    yield _log_list(weather, "weather_logs", NESTED, with_status=True)
    yield detail(f"{weather}/{{id}}", "weather_logs")
    yield _route(f"{_P10}/daily_logs/count", _counts(None))
    yield _route(f"{_P11}/daily_logs/counts", _counts(NESTED))
    yield _route(f"{_P10}/daily_log_headers", _header)
    yield _route(f"{_P10}/daily_log_headers/index", _headers, "daily_log_headers")


def _route(path: str, handler: Handler, resource: str | None = None) -> Route:
    return Route("GET", path, handler, tool="daily_log", in_project=True, resource=resource)


@dataclass(frozen=True, slots=True)
class DateWindow:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def holds(self, text: Any) -> bool:
        """Whether an ISO date lies within."""
        return isinstance(text, str) and self.first.isoformat() <= text[:10] <= self.last.isoformat()


def project_zone(project: dict[str, Any]) -> tzinfo:
    """The project's time zone; UTC when it names none that this machine knows."""
    for name in (project.get("tz_name"), project.get("time_zone")):
        try:
            if name:
                return ZoneInfo(_RAILS_ZONES.get(name, name))
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return UTC


def asked_window(call: Call) -> DateWindow:
    """The days that a call asks for: one, a range, or today. ApiError 400 for a range Procore refuses."""
    today = _today(call.project(), call.moment)
    day = _date(call, "log_date")
    if day is not None:
        return DateWindow(day, day)
    first, last = _date(call, "start_date"), _date(call, "end_date")
    if first is None and last is None:
        return DateWindow(today, today)
    if first is None:
        raise ApiError(400, "end_date needs a start_date")
    return _checked(DateWindow(first, last or today), today, call.options.daily_log_days_max)


def _checked(window: DateWindow, today: date, days_max: int) -> DateWindow:
    if window.last > today:
        raise ApiError(400, f"end_date {window.last} is in the future: it is {today} at the project")
    if window.first > window.last:
        raise ApiError(400, "start_date must not be after end_date")
    if (window.last - window.first).days > days_max:
        raise ApiError(400, f"The date range must not be longer than {days_max} days")
    return window


def _today(project: dict[str, Any], moment: datetime) -> date:
    return moment.astimezone(project_zone(project)).date()


def _date(call: Call, name: str) -> date | None:
    text = call.query.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise ApiError(400, f"{name} must be a date such as 2026-03-31") from error


def _log_list(path: str, kind: str, paging: Paging | None, *, with_status: bool) -> Route:
    listing = Listing(kind, filters=_FILTERS, paging=paging)

    def handler(call: Call) -> SimResponse:
        only = _narrowing(call, asked_window(call), with_status=with_status)
        return respond(call, listing, project_id=call.project_id(), only=only)

    return _route(path, handler, kind)


def _narrowing(call: Call, window: DateWindow, *, with_status: bool) -> Narrowing:
    wanted = (call.query.get("filters[status]") or "approved").lower() if with_status else "all"

    def test(row: Row) -> bool:
        if not window.holds(row.fields.get("date")):
            return False
        return wanted == "all" or (row.fields.get("status") or "approved") == wanted

    return Narrowing((window, wanted), test)


def _counts(paging: Paging | None) -> Handler:
    def handler(call: Call) -> SimResponse:
        only = _narrowing(call, asked_window(call), with_status=True)
        counts = [
            {"module_name": kind, "count": _count(call, kind, only), "position": position}
            for position, kind in enumerate(DAILY_LOG_KINDS, 1)
        ]
        shown, headers = cut_page(call, paging, counts)
        return json_response(shown, headers=headers)

    return handler


def _count(call: Call, kind: str, only: Narrowing) -> int:
    bucket = call.state.tables[kind].bucket(project_id=call.project_id())
    return sum(1 for row in bucket if row.live and only.test(row))


def _header(call: Call) -> SimResponse:
    """One header, by id or by day (today when neither is given)."""
    wanted, day = call.query.integer("id"), _date(call, "log_date") or _today(call.project(), call.moment)
    for row in call.state.tables["daily_log_headers"].bucket(project_id=call.project_id()):
        found = row.id == wanted if wanted is not None else row.fields.get("log_date") == day.isoformat()
        if row.live and found:
            return show(call, "daily_log_headers", row)
    raise not_found("The daily log header")


_HEADERS = Listing("daily_log_headers", paging=NESTED)


def _headers(call: Call) -> SimResponse:
    """The headers of a range, or all of them."""
    if call.query.get("start_date") is None and call.query.get("end_date") is None:
        return respond(call, _HEADERS, project_id=call.project_id())
    window = asked_window(call)
    only = Narrowing(window, lambda row: window.holds(row.fields.get("log_date")))
    return respond(call, _HEADERS, project_id=call.project_id(), only=only)
