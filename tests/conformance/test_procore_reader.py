"""The reader against the simulated Procore: every stream, every listing, every way an answer goes wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from tests.factories.procore_desk import BY_VIEW, PROJECT, START, ProcoreDesk
from tests.factories.raw_server import raw_server

from tiebeam.connectors.answers import key_at, read_row
from tiebeam.connectors.http import AiohttpTransport
from tiebeam.connectors.outcomes import VendorError
from tiebeam.connectors.ports import Detail, Page, PageRequest, Refusal, RefusalKind, Request, Share
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.procore.oauth import GrantRevokedError
from tiebeam.connectors.procore.reads import list_companies, whoami
from tiebeam.connectors.streams import Means, ReadMode, Scope, Stream
from tiebeam.kernel.paths import drop
from tiebeam.simulators.base.faults import FaultRule

if TYPE_CHECKING:
    from collections.abc import Sequence

COMPANY_WIDE = {"vendors", "users", "people"}
ALREADY_THERE = {"companies", "projects"}
# Others carry `deleted_at` too, but no list of deleted ones is documented for them.
SHOWN_WHEN_DELETED = (
    "rfis",
    "submittals",
    "meetings",
    "observations",
    "prime_contracts",
    "change_events",
    "potential_change_orders",
    "change_order_packages",
    "drawing_revisions",
    "documents",
    "schedules",
)
DAYS = {"day_from": date(2026, 2, 1), "day_to": date(2026, 3, 1)}


def populate(desk: ProcoreDesk, stream: Stream) -> tuple[Scope, str]:
    """Put one record of a stream where it belongs; return its scope and key."""
    name = stream.view
    if name == "project_schedule":
        return PROJECT, "5"
    if name == "project_tools":
        return PROJECT, "2100002"
    if name in ALREADY_THERE:
        return Scope(), "1000" if name == "companies" else "5"
    if name in COMPANY_WIDE:
        return Scope(), str(desk.state.insert(name, {"name": "Somebody"})["id"])
    scope, parent_id = PROJECT, None
    if len(stream.scope) == 2:
        assert stream.parent
        parent_id = desk.put(stream.parent.partition(".")[2], name="Parent")
        scope = PROJECT.within(stream.scope[-1], str(parent_id))
    if name == "observation_response_logs":
        parent_id = desk.put("observations", name="Parent")
    fields = {"date": "2026-02-10", "log_date": "2026-02-10", "title": "Something", "contract_id": parent_id}
    return scope, str(desk.put(name, parent_id, **fields))


async def whole(desk: ProcoreDesk, stream: Stream, scope: Scope, listing: int = 0, **rest: Any) -> list[Page]:
    days = DAYS if stream.mode is ReadMode.WINDOW else {}
    pages: list[Page] = []
    while not pages or pages[-1].has_next:
        page = await desk.reader.page(PageRequest(stream, listing, scope, len(pages) + 1, **{**days, **rest}))
        assert isinstance(page, Page), page
        pages.append(page)
    return pages


def rows(pages: Sequence[Page]) -> list[dict[str, Any]]:
    return [read_row(row) for page in pages for row in page.rows]


def keys(stream: Stream, pages: Sequence[Page]) -> list[str | None]:
    return [key_at(row, stream.key) for row in rows(pages)]


@pytest.mark.req("R1", "R3")
@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.view)
async def test_every_stream_is_read_by_its_listings(stream: Stream) -> None:
    desk = ProcoreDesk()
    scope, key = populate(desk, stream)
    desk.clock.advance(60)
    for index, listing in enumerate(stream.listings):
        pages = await whole(desk, stream, scope, index)
        first = index == 0 and listing.means is not Means.DELETED
        found = keys(stream, pages)
        # Every project has all its tools from the start: one of them stands for them.
        assert (found[:1] if stream.view == "project_tools" else found) == ([key] if first else [])
        assert not any(page.damaged for page in pages)
        assert pages[0].calls == 1, "its page size was accepted"
        assert pages[0].server_date == START + timedelta(seconds=60)


@pytest.mark.req("R2")
@pytest.mark.parametrize(
    "stream", [stream for stream in STREAMS if stream.mode is ReadMode.INCREMENTAL], ids=lambda s: s.view
)
async def test_the_filter_on_modification_time_is_known_to_the_vendor(stream: Stream) -> None:
    desk = ProcoreDesk()
    scope, key = populate(desk, stream)
    desk.clock.advance(3600)
    for minutes, expected in ((-60, [key]), (30, [])):
        since = START + timedelta(minutes=minutes)
        pages = await whole(desk, stream, scope, updated_from=since, updated_to=desk.clock.now())
        assert keys(stream, pages) == expected


@pytest.mark.req("R6")
@pytest.mark.parametrize(
    "stream",
    [BY_VIEW[view] for view in SHOWN_WHEN_DELETED],
    ids=lambda stream: stream.view,
)
async def test_a_deleted_record_shows_where_the_catalog_says(stream: Stream) -> None:
    desk = ProcoreDesk()
    scope, key = populate(desk, stream)
    record_id = key if stream.view == "schedules" else int(key)
    desk.state.delete(stream.view, record_id, project_id=5)
    found = []
    for index, listing in enumerate(stream.listings):
        shown = rows(await whole(desk, stream, scope, index))
        if listing.means is Means.LIVE:
            assert shown == []
        elif listing.means is Means.FLAGGED:
            assert stream.deleted_field
            found += [row["deleted_at"] for row in shown]
        else:
            found += [row["id"] for row in shown]
    assert len(found) == 1
    assert found[0] is not None


@pytest.mark.req("R3")
async def test_pages_follow_each_other_to_the_end() -> None:
    desk = ProcoreDesk()
    made = {str(desk.put("rfis", subject=f"Question {n}")) for n in range(250)}
    pages = await whole(desk, BY_VIEW["rfis"], PROJECT, per_page=100)
    assert [len(page.rows) for page in pages] == [100, 100, 50]
    assert [page.total for page in pages] == [250] * 3
    assert set(keys(BY_VIEW["rfis"], pages)) == made
    beyond = await desk.page("rfis", page=9, per_page=100)
    assert isinstance(beyond, Page)
    assert (beyond.rows, beyond.has_next) == ((), False)


@pytest.mark.req("R3")
async def test_too_large_a_page_is_asked_for_again_in_the_size_that_is_allowed() -> None:
    desk = ProcoreDesk()
    for n in range(150):
        desk.put("manpower_logs", date="2026-02-10", num_workers=n)
    stream = BY_VIEW["manpower_logs"]
    greedy = replace(stream, listings=(replace(stream.listings[0], per_page=1000),))
    pages = await whole(desk, greedy, PROJECT)
    assert [(page.per_page, page.calls, len(page.rows)) for page in pages] == [(100, 2, 100), (100, 1, 50)]


async def test_a_page_size_lowered_in_silence_is_believed() -> None:
    desk = ProcoreDesk()
    for n in range(6, 400):
        desk.state.insert("projects", {"id": n, "name": f"Project {n}"})
    stream = BY_VIEW["projects"]
    greedy = replace(stream, listings=(replace(stream.listings[0], per_page=1000),))
    pages = await whole(desk, greedy, Scope())
    assert [(page.per_page, len(page.rows)) for page in pages] == [(300, 300), (300, 95)]


ATTACHED = [{"id": 1, "filename": "a.pdf"}]
VERSION = {"id": 1, "size": 9, "number": 1, "prostore_file": ATTACHED[0]}


@pytest.mark.req("R2")
@pytest.mark.parametrize(
    ("view", "fields"),
    [
        ("images", {"filename": "a.jpg"}),
        ("drawing_revisions", {"number": "A-101"}),
        ("documents", {"file": {"current_version": VERSION}}),
        ("submittals", {"associated_attachments": ATTACHED, "approvers": [{"attachments": ATTACHED}]}),
        ("observation_response_logs", {"attachments": ATTACHED}),
        ("notes_logs", {"date": "2026-02-10", "attachments": ATTACHED}),
    ],
)
async def test_a_second_reading_differs_in_nothing_that_is_kept(view: str, fields: dict[str, Any]) -> None:
    desk = ProcoreDesk()
    parent = desk.put("observations") if view == "observation_response_logs" else None
    desk.put(view, parent, **fields)
    stream = BY_VIEW[view]
    first = rows(await whole(desk, stream, PROJECT))
    desk.clock.advance(7200)
    second = rows(await whole(desk, stream, PROJECT))
    assert first != second, "signed links change at every reading"
    kept = [[drop(row, stream.volatile) for row in reading] for reading in (first, second)]
    assert kept[0] == kept[1]


async def test_details_hold_what_lists_leave_out() -> None:
    desk = ProcoreDesk()
    rfi = desk.put("rfis", subject="Which anchor?", questions=[{"id": 1, "body": "Which?"}])
    desk.state.insert("rfi_replies", {"plain_text_body": "M12"}, project_id=5, parent_id=rfi)
    detail = await desk.reader.detail(BY_VIEW["rfis"], PROJECT, str(rfi), Share.DEMAND)
    assert isinstance(detail, Detail)
    assert detail.row["questions"][0]["answers"][0]["plain_text_body"] == "M12"
    meeting = desk.put("meetings", title="Weekly", meeting_categories=[{"id": 1, "meeting_topic": []}])
    detail = await desk.reader.detail(BY_VIEW["meetings"], PROJECT, str(meeting), Share.DEMAND)
    assert isinstance(detail, Detail)
    assert detail.row["meeting_categories"]
    missing = await desk.reader.detail(BY_VIEW["rfis"], PROJECT, "1", Share.DEMAND)
    assert isinstance(missing, Refusal)
    assert missing.kind is RefusalKind.NOT_FOUND


async def test_the_days_worth_reading_are_counted_with_the_pending_logs() -> None:
    desk = ProcoreDesk()
    desk.put("manpower_logs", date="2026-02-10", status="pending")
    desk.put("timecard_entries", date="2026-02-11")
    busy = await desk.reader.busy_days(
        BY_VIEW["notes_logs"], PROJECT, DAYS["day_from"], DAYS["day_to"], Share.POLL
    )
    assert not isinstance(busy, Refusal)
    assert len(busy) == 19
    assert {name for name, count in busy.items() if count} == {
        "procore.manpower_logs",
        "procore.timecard_entries",
    }


@pytest.mark.parametrize(
    ("day_from", "day_to", "kind", "days_max"),
    [
        (date(2025, 10, 1), date(2026, 3, 1), RefusalKind.WINDOW_TOO_LONG, 91),
        (date(2026, 3, 1), date(2026, 3, 5), RefusalKind.WINDOW_AHEAD, None),
    ],
)
async def test_a_window_that_does_not_fit_says_how(
    day_from: date, day_to: date, kind: RefusalKind, days_max: int | None
) -> None:
    refusal = await ProcoreDesk().page("work_logs", day_from=day_from, day_to=day_to)
    assert isinstance(refusal, Refusal)
    assert (refusal.kind, refusal.days_max) == (kind, days_max)


@pytest.mark.parametrize(
    ("rule", "calls", "waited_seconds"),
    [
        (FaultRule("html", "rfis", count=1), 2, 1),
        (FaultRule("truncate", "rfis", count=1), 2, 1),
        (FaultRule("garbage", "rfis", count=1), 2, 1),
        (FaultRule("status", "rfis", status=500, count=2), 3, 2),
        (FaultRule("status", "rfis", status=503, retry_after_seconds=20, count=1), 2, 21),
        (FaultRule("drop_request", "rfis", count=1), 2, 1),
        (FaultRule("drop_answer", "rfis", count=1), 2, 1),
        (FaultRule("delay", "rfis", delay_seconds=90, count=1), 2, 61),
        (FaultRule("delay", "rfis", delay_seconds=30, count=1), 1, 30),
    ],
    ids=lambda value: value.kind if isinstance(value, FaultRule) else "",
)
async def test_what_passes_is_waited_out(rule: FaultRule, calls: int, waited_seconds: int) -> None:
    desk = ProcoreDesk(rule)
    desk.put("rfis", subject="Which anchor?")
    page = await desk.page("rfis")
    assert isinstance(page, Page)
    assert (len(page.rows), page.calls) == (1, calls)
    assert waited_seconds - 1 <= desk.clock.monotonic() <= waited_seconds
    assert len(desk.gate.sightings) == calls


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (FaultRule("html", "rfis"), RefusalKind.UNREADABLE),
        (FaultRule("truncate", "rfis"), RefusalKind.UNREADABLE),
        (FaultRule("garbage", "rfis"), RefusalKind.UNREADABLE),
        (FaultRule("status", "rfis", status=502), RefusalKind.UNAVAILABLE),
        (FaultRule("drop_request", "rfis"), RefusalKind.UNAVAILABLE),
        (FaultRule("disable_tool", "rfis", count=1, tool="rfis"), RefusalKind.TOOL_OFF),
        (FaultRule("lose_project", "rfis", count=1, project_id=5), RefusalKind.FORBIDDEN),
    ],
    ids=lambda value: value.kind if isinstance(value, FaultRule) else "",
)
async def test_what_lasts_is_refused_and_the_rest_goes_on(rule: FaultRule, kind: RefusalKind) -> None:
    desk = ProcoreDesk(rule)
    desk.put("rfis", subject="Which anchor?")
    refusal = await desk.page("rfis")
    assert isinstance(refusal, Refusal)
    assert refusal.kind is kind
    assert isinstance(await desk.page("companies", Scope()), Page)


@pytest.mark.req("P2")
async def test_an_expired_token_is_replaced_within_the_call() -> None:
    desk = ProcoreDesk()
    desk.put("rfis", subject="Which anchor?")
    assert isinstance(await desk.page("rfis"), Page)
    desk.clock.advance(5400 + 60)
    page = await desk.page("rfis")
    assert isinstance(page, Page)
    assert (page.calls, desk.tokens.asked) == (2, 2)


async def test_another_company_cannot_be_read() -> None:
    desk = ProcoreDesk(company_id=1001)
    with pytest.raises(VendorError) as caught:
        await desk.page("projects", Scope())
    assert caught.value.code == "procore.company_not_permitted"


async def test_a_user_connects_by_code_over_real_sockets() -> None:
    desk = ProcoreDesk()
    desk.put("rfis", subject="Grün? \U0001f477")
    async with raw_server(desk.simulator.handle) as (_, port), AiohttpTransport() as transport:
        desk.connect(transport, f"http://127.0.0.1:{port}")
        redirect = "http://localhost/done"
        consent = urlsplit(desk.login.authorize_url(state="st", redirect_uri=redirect))
        url = f"http://127.0.0.1:{port}{consent.path}"
        answer = await transport.send(Request("GET", url, tuple(parse_qsl(consent.query))))
        returned = parse_qs(urlsplit(answer.headers["location"]).query)
        assert returned["state"] == ["st"]
        grant = await desk.login.exchange_code(returned["code"][0], redirect_uri=redirect)
        assert grant.refresh_token
        again = await desk.login.refresh(grant.refresh_token)
        assert (await desk.login.token_info(again.access_token)).expires_in_seconds == 5400
        with pytest.raises(GrantRevokedError):
            await desk.login.refresh(grant.refresh_token)
        assert (await whoami(desk.client)).name
        assert [company.name for company in await list_companies(desk.client)] == ["Ridgeline Builders"]
        page = await desk.page("rfis")
        assert isinstance(page, Page)
        assert read_row(page.rows[0])["subject"] == "Grün? \U0001f477"
        await desk.login.revoke(again.access_token)
        with pytest.raises(GrantRevokedError):
            await desk.login.token_info(again.access_token)
