from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.factories.connector_ports import NumberedTokens, RecordingGate, ScriptedTransport, answer

from tiebeam.connectors.ports import (
    Detail,
    Page,
    PageRequest,
    Refusal,
    RefusalKind,
    Response,
    Share,
)
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.procore.client import ProcoreClient
from tiebeam.connectors.procore.reads import ProcoreReader, list_companies, whoami
from tiebeam.connectors.streams import Scope
from tiebeam.kernel.clock import ManualClock
from tiebeam.kernel.errors import TiebeamError

START = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
DATE = "Mon, 02 Mar 2026 15:30:00 GMT"
BY_NAME = {stream.name.partition(".")[2]: stream for stream in STREAMS}
PROJECT = Scope((("project_id", "5"),))
NEXT = '<https://api.example/x?page=2&per_page=1000>; rel="next"'


class Desk:
    def __init__(self, *script: Response | Exception) -> None:
        self.transport = ScriptedTransport(*script)
        self.client = ProcoreClient(
            base_url="https://api.example",
            company_id="1000",
            gate=RecordingGate(),
            tokens=NumberedTokens(),
            transport=self.transport,
            clock=ManualClock(START),
            chance=lambda: 0.0,
        )
        self.reader = ProcoreReader(self.client)

    async def page(self, name: str, scope: Scope = PROJECT, listing: int = 0, **rest: Any) -> Page | Refusal:
        return await self.reader.page(PageRequest(BY_NAME[name], listing, scope, **rest))

    @property
    def asked(self) -> tuple[str, dict[str, str]]:
        request = self.transport.requests[-1]
        return request.url.removeprefix("https://api.example"), dict(request.query)


def found(page: Page | Refusal) -> Page:
    assert isinstance(page, Page)
    return page


def refused(page: object) -> Refusal:
    assert isinstance(page, Refusal)
    return page


@pytest.mark.req("R2", "R3")
async def test_a_page_is_asked_for_and_read() -> None:
    desk = Desk(answer([{"id": 1}, {"id": 2}], date=DATE, total="1500", link=NEXT))
    page = found(
        await desk.page("rfis", updated_from=datetime(2026, 3, 1, tzinfo=UTC), updated_to=START, page=1)
    )
    assert page.rows == (b'{"id":1}', b'{"id":2}')
    assert (page.has_next, page.total, page.per_page, page.server_date) == (True, 1500, 1000, START)
    assert desk.asked == (
        "/rest/v1.0/projects/5/rfis",
        {
            "filters[updated_at]": "2026-03-01T00:00:00Z...2026-03-02T15:30:00Z",
            "page": "1",
            "per_page": "1000",
        },
    )


@pytest.mark.parametrize(
    ("name", "scope", "listing", "path", "query"),
    [
        (
            "projects",
            Scope(),
            0,
            "/rest/v1.1/projects",
            {
                "company_id": "1000",
                "filters[by_status]": "All",
                "view": "extended",
                "page": "1",
                "per_page": "300",
            },
        ),
        (
            "change_order_requests",
            PROJECT.within("contract_id", "77"),
            0,
            "/rest/v1.0/change_order_requests",
            {"project_id": "5", "contract_id": "77", "page": "1", "per_page": "1000"},
        ),
        (
            "activities",
            PROJECT.within("schedule_id", "01J/x"),
            0,
            "/rest/v2.0/companies/1000/projects/5/schedules/01J%2Fx/activities",
            {"page": "1", "per_page": "100"},
        ),
        ("specification_sections", PROJECT, 0, "/rest/v1.0/specification_sections", {"project_id": "5"}),
        (
            "meetings",
            PROJECT,
            1,
            "/rest/v1.1/projects/5/meetings",
            {"deleted_only": "true", "page": "1", "per_page": "1000"},
        ),
    ],
)
async def test_calls_are_made_from_the_catalog(
    name: str, scope: Scope, listing: int, path: str, query: dict[str, str]
) -> None:
    desk = Desk(answer([]))
    await desk.page(name, scope, listing)
    assert desk.asked == (path, query)


async def test_version_2_filters_have_no_upper_end() -> None:
    desk = Desk(answer({"data": []}))
    await desk.page("schedules", updated_from=START, updated_to=START)
    assert desk.asked[1]["filters[updated_at][gt]"] == "2026-03-02T15:30:00Z"
    assert "filters[updated_at]" not in desk.asked[1]


async def test_a_window_of_days_is_asked_for_whole() -> None:
    desk = Desk(answer([]))
    await desk.page("manpower_logs", day_from=date(2026, 2, 1), day_to=date(2026, 2, 28))
    path, query = desk.asked
    assert path == "/rest/v1.0/projects/5/manpower_logs"
    assert query["start_date"] == "2026-02-01"
    assert query["end_date"] == "2026-02-28"
    assert query["filters[status]"] == "all"


@pytest.mark.req("R3")
async def test_a_refused_page_size_is_lowered_at_once_and_remembered() -> None:
    too_big = answer({"errors": "Invalid per_page: 1000, exceeding max per_page of 100"}, 400)
    desk = Desk(too_big, answer([{"id": 1}]), answer([]))
    page = found(await desk.page("rfis"))
    assert (page.per_page, page.calls) == (100, 2)
    await desk.page("rfis")
    assert [dict(request.query)["per_page"] for request in desk.transport.requests] == ["1000", "100", "100"]
    found(await desk.page("rfis", per_page=50))
    assert desk.asked[1]["per_page"] == "50"


async def test_a_page_size_refused_without_a_number_is_halved_until_it_is_taken() -> None:
    refusal = answer({"errors": "per_page is too large"}, 400)
    desk = Desk(refusal, refusal, answer([]))
    assert found(await desk.page("rfis")).per_page == 250


async def test_a_page_size_refused_for_ever_is_a_refusal() -> None:
    desk = Desk(answer({"errors": "per_page is too large"}, 400))
    refusal = refused(await desk.page("rfis"))
    assert (refusal.kind, refusal.calls) == (RefusalKind.BAD_REQUEST, 10)


async def test_a_page_size_lowered_in_silence_is_told() -> None:
    desk = Desk(answer([{"id": 1}], per_page="100"))
    assert found(await desk.page("rfis")).per_page == 100


async def test_a_list_without_pages_ends_by_itself() -> None:
    desk = Desk(answer([{"id": n} for n in range(3000)]))
    page = found(await desk.page("specification_sections"))
    assert (len(page.rows), page.has_next, page.total) == (3000, False, None)


@pytest.mark.parametrize(
    ("said", "kind", "days_max"),
    [
        ("The date range must not be longer than 31 days", RefusalKind.WINDOW_TOO_LONG, 31),
        ("Date range is too long", RefusalKind.WINDOW_TOO_LONG, None),
        ("end_date must not be later than today", RefusalKind.WINDOW_AHEAD, None),
    ],
)
async def test_a_window_that_is_refused_says_how_to_change_it(
    said: str, kind: RefusalKind, days_max: int | None
) -> None:
    desk = Desk(answer({"message": said}, 400))
    first, last = date(2026, 1, 1), date(2026, 2, 28)
    for refusal in (
        refused(await desk.page("notes_logs", day_from=first, day_to=last)),
        refused(await desk.reader.busy_days(BY_NAME["notes_logs"], PROJECT, first, last, Share.POLL)),
    ):
        assert (refusal.kind, refusal.days_max) == (kind, days_max)


@pytest.mark.parametrize("body", [b'{"message":"hello"}', b'"text"', b"null"])
async def test_json_of_another_shape_is_refused_after_another_try(body: bytes) -> None:
    desk = Desk(answer(body=body))
    refusal = refused(await desk.page("rfis"))
    assert (refusal.kind, refusal.code, refusal.calls) == (
        RefusalKind.UNREADABLE,
        "procore.wrong_shape",
        2,
    )


async def test_rows_that_cannot_be_read_are_kept_beside_the_page() -> None:
    desk = Desk(answer(body=b'[{"id":1,"name":"a\\u0000b"},{"id":2,"name":"\\ud800"},"x"]'))
    page = found(await desk.page("rfis"))
    assert page.rows == (b'{"id":1,"name":"a\\u0000b"}',)
    assert [damage.key for damage in page.damaged] == ["2", None]


async def test_the_schedule_of_a_project_is_keyed_by_the_project() -> None:
    desk = Desk(answer({"project": {"id": 5}, "schedule_present": False}))
    page = found(await desk.page("project_schedule"))
    assert len(page.rows) == 1
    assert not page.damaged
    assert desk.asked == ("/rest/v1.0/projects/5/schedule", {})


async def test_a_record_is_read_whole() -> None:
    desk = Desk(answer({"id": 9, "questions": []}, date=DATE))
    detail = await desk.reader.detail(BY_NAME["rfis"], PROJECT, "9", Share.DEMAND)
    assert detail == Detail({"id": 9, "questions": []}, START, 1)
    assert desk.asked == ("/rest/v1.0/projects/5/rfis/9", {})


async def test_a_missing_record_is_not_found_and_nothing_more() -> None:
    desk = Desk(answer({"message": "gone"}, 404))
    refusal = refused(await desk.reader.detail(BY_NAME["rfis"], PROJECT, "9", Share.DEMAND))
    assert refusal.kind is RefusalKind.NOT_FOUND


async def test_a_stream_without_a_detail_has_none() -> None:
    with pytest.raises(ValueError, match="no detail"):
        await Desk(answer({})).reader.detail(BY_NAME["submittals"], PROJECT, "9", Share.DEMAND)


async def test_a_scope_that_is_too_wide_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="project_id"):
        await Desk(answer([])).page("rfis", Scope())


@pytest.mark.parametrize("spelling", ["{}s", "{}", "Title"])
async def test_busy_days_are_counted_by_stream_however_they_are_spelt(spelling: str) -> None:
    def spell(name: str) -> str:
        return (
            f"{name} s".title().replace("_", " ").replace(" S", "s")
            if spelling == "Title"
            else spelling.format(name)
        )

    counts = [
        {"module_name": spell("manpower_log"), "count": 3, "position": 1},
        {"module_name": spell("daily_construction_report_log"), "count": 0, "position": 2},
        {"module_name": "timecard_entries", "count": 2, "position": 3},
        {"module_name": "future_kind_logs", "count": 9, "position": 4},
    ]
    desk = Desk(answer(counts))
    busy = await desk.reader.busy_days(
        BY_NAME["notes_logs"], PROJECT, date(2026, 2, 1), date(2026, 2, 2), Share.POLL
    )
    assert busy == {
        "procore.manpower_logs": 3,
        "procore.daily_construction_report_logs": 0,
        "procore.timecard_entries": 2,
    }
    path, query = desk.asked
    assert path == "/rest/v1.1/projects/5/daily_logs/counts"
    assert (query["filters[status]"], query["start_date"]) == ("all", "2026-02-01")


@pytest.mark.parametrize("body", [b"{}", b"[1]", b'[{"module_name":"x"}]'])
async def test_counts_of_another_shape_are_refused(body: bytes) -> None:
    desk = Desk(answer(body=body))
    day = date(2026, 2, 1)
    refusal = refused(await desk.reader.busy_days(BY_NAME["notes_logs"], PROJECT, day, day, Share.POLL))
    assert refusal.kind is RefusalKind.UNREADABLE


async def test_connecting_asks_who_and_which_companies() -> None:
    companies = [{"id": 1, "name": "A", "is_active": True}, {"id": 2, "name": "B", "is_active": False}]
    first = answer(companies[:1], link='<https://api.example/x?page=2>; rel="next"')
    desk = Desk(first, answer(companies[1:]), answer({"id": 7, "login": "pat@example.com", "name": "Pat"}))
    listed = await list_companies(desk.client)
    assert [(company.id, company.name, company.is_active) for company in listed] == [
        ("1", "A", True),
        ("2", "B", False),
    ]
    who = await whoami(desk.client)
    assert (who.id, who.login, who.name) == ("7", "pat@example.com", "Pat")


async def test_a_refusal_while_connecting_is_an_error_with_a_way_on() -> None:
    desk = Desk(answer({}, 403))
    for asking in (list_companies, whoami):
        with pytest.raises(TiebeamError) as caught:
            await asking(desk.client)
        assert caught.value.code == "procore.forbidden"


async def test_another_catalog_can_be_read() -> None:
    desk = Desk(answer([]))
    narrower = replace(BY_NAME["notes_logs"], name="other.notes")
    reader = ProcoreReader(desk.client, (narrower,))
    page = await reader.page(PageRequest(narrower, 0, PROJECT))
    assert isinstance(page, Page)
