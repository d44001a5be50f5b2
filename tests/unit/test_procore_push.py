from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.factories.procore_push import (
    ARABIC,
    ORDER,
    PDF,
    PHOTO,
    REPORT,
    TICKET,
    Drive,
    SlowStorage,
    Yard,
    attachment,
    paper,
)

from tiebeam.connectors.procore.writes.uploads import FORM_BYTES_MAX
from tiebeam.kernel.errors import Owner
from tiebeam.push.deliveries.procore.facts import Choices, Contract, CostCode
from tiebeam.push.errors import BusyError, GoneError, RejectedError
from tiebeam.push.model import Blocked, Steps, Waiting
from tiebeam.simulators.base.faults import FaultRule

ENTRIES = "time_and_material_entries"
CHILDREN = ("time_and_material_timecards", "materials", "time_and_material_equipment_logs")
FILES = "time_and_material_entry_attachments"


def ticket(*files: Any, **changes: Any) -> Any:
    return paper("tm_ticket", {**TICKET, **changes}, *files)


def order(*files: Any, **changes: Any) -> Any:
    return paper("change_order_request", {**ORDER, **changes}, *files, number="COR-0003")


async def pushed(yard: Yard, whole: Any) -> Drive:
    return await Drive().go(yard.target, whole)


async def blocked(yard: Yard, whole: Any) -> Blocked:
    plan = await yard.target.plan(whole)
    assert isinstance(plan, Blocked)
    assert yard.client.calls == 0
    return plan


def test_everything_the_ticket_says_is_there_once(ticket_yard: tuple[Yard, Drive]) -> None:
    yard, drive = ticket_yard
    (entry,) = yard.rows(ENTRIES)
    assert str(entry["id"]) == drive.receipts["entry"].vendor_id
    assert entry["name"] == "TM-0012 Opened the wall at grid C4"
    assert entry["work_performed_on_date"] == "2026-02-27"
    assert entry["change_event_id"] == yard.event
    for said in ("José Niño: 1.25 h overtime", "1.5 hours Lift", "Cost code: 09-250", "Signed by Ana Cruz"):
        assert said in entry["description"]
    assert "61.2" not in entry["description"]
    labour, materials, equipment = (yard.rows(kind) for kind in CHILDREN)
    assert [row["hours_worked"] for row in labour] == [8, 1.25]
    assert labour[0]["login_information"]["id"] == 21
    assert labour[1]["login_information"] is None
    assert [(row["name"], row["quantity"], row["uom"]) for row in materials] == [("Drywall", 12.5, "ea")]
    assert [(row["description"], row["quantity"], row["uom"]) for row in equipment] == [
        ("Lift", 90, "minutes")
    ]


def test_files_arrive_byte_for_byte_under_names_that_are_theirs(ticket_yard: tuple[Yard, Drive]) -> None:
    yard, _ = ticket_yard
    named = [row["filename"] for row in yard.rows(FILES)]
    assert [bare(name) for name in named] == [
        "TM-0012 ticket.pdf",
        "TM-0012 wall.jpg",
        "TM-0012 صورة البلاطة.jpg",
    ]
    uploads = yard.simulator.storeroom.uploads
    sent = {upload.filename: upload.data for upload in uploads._uploads.values()}
    assert [sent[name] for name in named] == [
        b"%PDF-1.7 rates",
        b"\xff\xd8\xff wall",
        b"\xff\xd8\xff slab",
    ]


def bare(name: str) -> str:
    """A name in Procore without the letters that tell it from others."""
    return re.sub(r" [0-9a-f]{8}(?=\.)", "", name)


@pytest.fixture
async def ticket_yard() -> tuple[Yard, Drive]:
    yard = Yard()
    drive = await pushed(yard, ticket(PDF, PHOTO, ARABIC, change_event=str(yard.event)))
    assert not drive.refused
    return yard, drive


async def test_a_ticket_takes_no_more_calls_than_it_must() -> None:
    yard = Yard()
    await pushed(yard, ticket(PDF, PHOTO, change_event=str(yard.event)))
    # The entry, three kinds of lines, the change event, and for each file its upload and its place.
    assert yard.client.calls == 5 + 2 * 2


STEPS = (
    "POST .*time_and_material_entries$",
    "POST .*timecards/bulk_create",
    "POST .*/materials/bulk_create",
    "POST .*equipment_logs/bulk_create",
    "POST .*entry_attachments",
    "PATCH .*bulk_update",
    "POST .*/uploads",
)


@pytest.mark.parametrize("match", STEPS)
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop_answer"},
        {"kind": "drop_request"},
        {"kind": "status", "status": 502, "processed": True},
        {"kind": "status", "status": 503},
        {"kind": "garbage"},
        {"kind": "status", "status": 429, "retry_after_seconds": 9},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
@pytest.mark.req("P14", "P19")
async def test_each_thing_is_made_once_whatever_is_lost(match: str, fault: dict[str, Any]) -> None:
    yard = Yard(FaultRule(match=match, count=2, **fault))
    whole = ticket(PDF, PHOTO, change_event=str(yard.event))
    drive = await pushed(yard, whole)
    assert not drive.refused
    assert [len(yard.rows(kind)) for kind in (ENTRIES, *CHILDREN, FILES)] == [1, 2, 1, 1, 2]
    assert yard.rows(ENTRIES)[0]["change_event_id"] == yard.event
    (entry,) = yard.rows(ENTRIES)
    assert all(
        row["time_and_material_entry_id"] == entry["id"] for kind in CHILDREN for row in yard.rows(kind)
    )
    assert drive.receipts["entry"].vendor_id == str(entry["id"])


async def test_an_answer_that_was_lost_is_looked_for_before_anything_is_sent_again() -> None:
    yard = Yard(FaultRule("drop_answer", match=STEPS[0], count=1))
    drive = await pushed(yard, ticket())
    assert (drive.looked, drive.sent.count("entry")) == (["entry"], 1)


@pytest.mark.req("P14", "P15")
async def test_some_of_the_lines_are_never_taken_for_all_and_never_sent_twice() -> None:
    yard = Yard()
    whole = ticket()
    drive, plan = await pushed(yard, whole), await yard.target.plan(whole)
    labour = drive.ready(plan, "labour")
    first, second = (row["id"] for row in yard.rows("time_and_material_timecards"))
    yard.state.delete("time_and_material_timecards", first)
    with pytest.raises(RejectedError, match="holds 1 of the 2 lines of labour of TM-0012") as caught:
        await yard.target.look(labour, drive.receipts, whole)
    assert caught.value.owner is Owner.OFFICE
    assert "all of them are then sent again" in caught.value.action
    yard.state.delete("time_and_material_timecards", second)
    assert await yard.target.look(labour, drive.receipts, whole) is None


def cents(yard: Yard) -> Decimal:
    return Decimal(yard.rows("potential_change_orders")[0]["grand_total"])


@pytest.mark.req("P7")
async def test_a_change_order_request_is_an_order_with_lines_mark_ups_paper_and_photos() -> None:
    yard = Yard()
    yard.know(line_item_types={"labour": 8691})
    whole = order(PDF, PHOTO, change_event=str(yard.event))
    drive = await pushed(yard, whole)
    assert not drive.refused
    (made,) = yard.rows("potential_change_orders")
    assert (made["title"], made["status"], made["contract_id"]) == (
        "COR-0003 Wall at C4",
        "pending",
        yard.contract,
    )
    assert (made["schedule_impact_amount"], made["prime_change_event_id"]) == (2, yard.event)
    lines = yard.rows("potential_change_order_line_items")
    # 566.10 + 175.12; 10 % of 741.22 is 74.12; 5.5 % of 815.34 is 44.84.
    assert [line["amount"] for line in lines] == ["566.10", "175.12", "74.12", "44.84"]
    assert [line["description"] for line in lines][2:] == ["Overhead 10 %", "Profit 5.5 %"]
    assert cents(yard) == Decimal("860.18")
    assert lines[0]["cost_code"]["id"] == yard.code
    assert lines[0]["line_item_type"]["id"] == 8691
    (document,) = [row for row in yard.rows("documents") if row["document_type"] == "file"]
    assert bare(document["name"]) == "COR-0003 ticket.pdf"
    assert f"In Documents: {document['name']}" in made["description"]
    (photo,) = yard.rows("images")
    assert (photo["image_category_id"], photo["description"]) == (yard.album, "COR-0003 Wall at C4")
    assert yard.bytes_of(f"images/{photo['id']}") == b"\xff\xd8\xff wall"


@pytest.mark.parametrize("match", ["orders/sync", "line_items/sync", "POST .*/files", "POST .*/images"])
@pytest.mark.parametrize("kind", ["drop_answer", "drop_request", "html"])
@pytest.mark.req("P14")
async def test_an_order_is_made_once_whatever_is_lost(match: str, kind: Any) -> None:
    yard = Yard(FaultRule(kind, match=match, count=2))
    drive = await pushed(yard, order(PDF, PHOTO))
    assert not drive.refused
    assert len(yard.rows("potential_change_orders")) == 1
    assert len(yard.rows("potential_change_order_line_items")) == 4
    assert [len(yard.rows(kind)) for kind in ("documents", "images")] == [1, 1]
    assert cents(yard) == Decimal("860.18")


@pytest.mark.req("P7", "P14")
async def test_a_half_made_order_is_finished_and_not_made_again() -> None:
    yard = Yard()
    whole = order()
    plan = await yard.target.plan(whole)
    assert isinstance(plan, Steps)
    first = Steps(plan.steps[:1])
    half = await Drive().go(yard.target, whole, first)
    await Drive(receipts=dict(half.receipts)).go(yard.another_target(), whole)
    assert len(yard.rows("potential_change_orders")) == 1
    assert len(yard.rows("potential_change_order_line_items")) == 4


@pytest.mark.parametrize(
    ("changes", "contracts", "code"),
    [
        ({}, (), "procore.contract_missing"),
        ({}, None, "procore.contract_missing"),
        ({}, (Contract(1, "A"), Contract(2, "B")), "procore.contract_missing"),
        ({"contract": "3"}, (Contract(1, "A"),), "procore.contract_unknown"),
    ],
)
async def test_without_a_contract_the_office_is_told_where_to_choose_one(
    changes: dict[str, Any], contracts: Any, code: str
) -> None:
    yard = Yard()
    yard.know(contracts=contracts)
    found = await blocked(yard, order(**changes))
    assert (found.code, found.owner, found.field) == (code, Owner.OFFICE, "contract")
    assert found.fix == f"/field/{order().id}"
    assert "on the change order request, then send it again" in found.action
    yard.know(contracts=(Contract(yard.contract, "Prime"),))
    drive = await pushed(yard, order(contract=str(yard.contract)))
    assert len(drive.receipts) == 2


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ({"09-250": CostCode(1, "Drywall", budgeted=False)}, "procore.cost_code_not_budgeted"),
        ({"03-300": CostCode(1, "Concrete")}, "procore.cost_code_unknown"),
    ],
)
@pytest.mark.req("P10")
async def test_a_cost_code_is_checked_before_anything_is_sent(codes: Any, code: str) -> None:
    yard = Yard()
    yard.know(cost_codes=codes)
    found = await blocked(yard, ticket())
    assert (found.code, found.field) == (code, "cost_code")
    assert "09-250" in found.cause
    assert (await blocked(yard, order())).field == "lines.0.cost_code"
    yard.know(cost_codes=None)
    assert isinstance(await yard.target.plan(ticket()), Steps)


@pytest.mark.req("P5")
@pytest.mark.parametrize("event", ["77", "none such"])
async def test_a_change_event_that_is_not_there_is_told_before_anything_is_sent(event: str) -> None:
    yard = Yard()
    found = await blocked(yard, ticket(change_event=event))
    assert (found.code, found.field) == ("procore.change_event_unknown", "change_event")


@pytest.mark.req("P5")
async def test_with_no_change_event_yet_ticket_and_order_are_made_all_the_same() -> None:
    yard = Yard()
    yard.know(change_events=frozenset())
    for whole in (ticket(), order()):
        drive = await pushed(yard, whole)
        assert not drive.refused
        assert len(drive.receipts) == len((await steps_of(yard, whole)).steps)
    assert yard.rows(ENTRIES)[0].get("change_event_id") is None
    assert yard.rows("potential_change_orders")[0].get("prime_change_event_id") is None


@pytest.mark.req("P6")
async def test_without_the_tool_the_paper_alone_carries_the_ticket() -> None:
    yard = Yard()
    yard.know(tools_off=frozenset({"time_and_materials"}))
    waiting = await yard.target.plan(ticket(PHOTO))
    assert isinstance(waiting, Waiting)
    drive = await pushed(yard, ticket(PDF, PHOTO))
    assert not drive.refused
    assert yard.rows(ENTRIES) == []
    (document,) = yard.rows("documents")
    assert bare(document["name"]) == "TM-0012 ticket.pdf"
    assert len(yard.rows("images")) == 1


async def test_a_tenant_may_want_documents_alone_though_the_tool_is_on() -> None:
    yard = Yard()
    folder = yard.put("documents", document_type="folder", name="T&M", parent_id=None)
    yard.know(choices=Choices(tickets="documents", folder_id=folder))
    drive = await pushed(yard, ticket(PDF, PHOTO))
    assert not drive.refused
    (file,) = [row for row in yard.rows("documents") if row["document_type"] == "file"]
    assert file["parent_id"] == folder


@pytest.mark.req("P6")
async def test_a_tool_that_proves_off_is_told_with_both_ways_out() -> None:
    yard = Yard()
    yard.state.set_tool(5, "time_and_materials", False)
    drive = await pushed(yard, ticket())
    error = drive.refused["entry"]
    assert (error.code, error.owner) == ("procore.tickets_off", Owner.ADMIN)
    assert "Switch the tool on" in error.action
    assert "have tickets sent as documents" in error.action


@pytest.mark.parametrize("whole", [ticket(), order()], ids=["ticket", "order"])
@pytest.mark.req("P2")
async def test_a_connection_that_is_revoked_in_mid_batch_does_nothing_and_goes_on_later(whole: Any) -> None:
    yard = Yard(FaultRule("revoke_grant", match="bulk_create|line_items", count=1))
    yard.grant.revoked = True
    drive = Drive()
    with pytest.raises(GoneError, match="no longer honours this connection") as caught:
        await drive.go(yard.target, whole)
    assert caught.value.owner is Owner.ADMIN
    yard.grant.revoked = False
    await drive.go(yard.target, whole)
    rows = yard.rows(ENTRIES) + yard.rows("potential_change_orders")
    assert len(rows) == 1
    assert len(drive.receipts) == len((await steps_of(yard, whole)).steps)


async def steps_of(yard: Yard, whole: Any) -> Steps:
    plan = await yard.target.plan(whole)
    assert isinstance(plan, Steps)
    return plan


@pytest.mark.parametrize(
    ("file", "code", "words"),
    [
        (attachment(b"", "slab.jpg"), "procore.file_empty", "slab.jpg of TM-0012 holds no bytes"),
        (
            attachment(b"PK", "a.zip", "application/zip"),
            "procore.file_type",
            "a.zip of TM-0012 is no picture",
        ),
        (
            replace(attachment(b"xx", "b.jpg"), sha256="0" * 64),
            "procore.file_changed",
            "b.jpg.* is not what was captured",
        ),
    ],
)
@pytest.mark.req("P8")
async def test_a_photo_that_cannot_be_sent_never_fails_its_ticket(file: Any, code: str, words: str) -> None:
    yard = Yard()
    drive = await pushed(yard, ticket(file, ARABIC))
    (error,) = drive.refused.values()
    assert error.code == code
    with pytest.raises(RejectedError, match=words):
        raise error
    assert (await steps_of(yard, ticket(file))).steps[-1].best_effort
    assert len(yard.rows(FILES)) == 1
    assert {"entry", "labour", "materials", "equipment"} <= drive.receipts.keys()


@pytest.mark.req("P8")
async def test_a_photo_of_eighty_megabytes_and_one_from_an_iphone_arrive_as_they_are() -> None:
    yard = Yard()
    large = attachment(b"0123456789abcdef" * (5 * 1024 * 1024), "drone.jpg", number=4)
    heic = attachment(b"\x00\x00\x00\x18ftypheic", "IMG_1.HEIC", "image/heic", number=5)
    assert large.size_bytes > 7 * FORM_BYTES_MAX
    drive = await pushed(yard, order(large, heic))
    assert not drive.refused
    kept = {bare(row["filename"]): row for row in yard.rows("images")}
    assert set(kept) == {"COR-0003 drone.jpg", "COR-0003 IMG_1.heic"}
    assert yard.bytes_of(f"images/{kept['COR-0003 drone.jpg']['id']}") == b"".join(
        [chunk async for chunk in large.open()]
    )


async def test_an_upload_that_took_long_is_used_at_the_next_attempt() -> None:
    yard = Yard()
    whole = paper("photo", {"photo": str(PHOTO.id), "description": "Slab"}, PHOTO, number="PH-1")
    (only,) = (await steps_of(yard, whole)).steps
    slow = yard.another_target(SlowStorage(yard.transport, yard.clock, 200))
    with pytest.raises(BusyError, match="took long"):
        await slow.send(only, {}, whole)
    assert yard.rows("images") == []
    calls = yard.client.calls
    await slow.send(only, {}, whole)
    assert yard.client.calls == calls + 1
    assert len(yard.rows("images")) == 1


@pytest.mark.req("P9")
async def test_a_daily_report_is_a_log_for_each_line_and_two_alike_are_two() -> None:
    yard = Yard()
    drive = await pushed(yard, paper("daily_report", REPORT, PHOTO, number="DR-7"))
    assert not drive.refused
    (weather,) = yard.rows("weather_logs")
    assert (weather["sky"], weather["precipitation"], weather["is_weather_delay"]) == ("Rain", "4 mm", "1")
    crew = yard.rows("manpower_logs")
    assert [(row["num_workers"], (row["vendor"] or {}).get("id")) for row in crew] == [
        (4, 11),
        (4, 11),
        (2, None),
    ]
    assert re.fullmatch(r"\[DR-7 [0-9a-f]{8}\]", crew[0]["notes"])
    assert crew[0]["notes"] != crew[1]["notes"]
    assert crew[2]["notes"].startswith("Unknown Ltd, Painters\nlate\n[")
    (work,) = yard.rows("work_logs")
    assert (work["workers"], work["hours"]) == (4, 7.5)
    assert yard.rows("delay_logs")[0]["comments"].startswith("Crane down\n2 h lost")
    assert [row["comment"].partition("\n")[0] for row in yard.rows("notes_logs")] == ["Inspector came"]
    assert all(row["date"] == "2026-02-27" for row in [weather, *crew, work])
    assert yard.rows("images")[0]["log_date"] == "2026-02-27"


LOGS = ("weather_logs", "manpower_logs", "work_logs", "delay_logs", "notes_logs")


@pytest.mark.parametrize("kind", LOGS)
@pytest.mark.req("P14")
async def test_a_log_whose_answer_was_lost_is_not_made_again(kind: str) -> None:
    yard = Yard(FaultRule("drop_answer", match=f"POST .*{kind}", count=3))
    drive = await pushed(yard, paper("daily_report", REPORT, number="DR-7"))
    assert not drive.refused
    assert [len(yard.rows(each)) for each in LOGS] == [1, 3, 1, 1, 1]


@pytest.mark.req("P9")
async def test_a_tenant_chooses_into_which_logs_its_reports_go() -> None:
    yard = Yard()
    yard.know(
        choices=Choices(logs={"weather": "notes_logs", "crew": "notes_logs", "work": None, "delays": None})
    )
    drive = await pushed(yard, paper("daily_report", REPORT, number="DR-7"))
    assert not drive.refused
    said = [row["comment"].partition("\n")[0] for row in yard.rows("notes_logs")]
    assert said == [
        "Weather: sky: Rain, temperature: 6 °C, precipitation: 4 mm, it held the work up",
        "Acme Drywall: 4, 8 h each",
        "Acme Drywall: 4, 8 h each",
        "Unknown Ltd, Painters: 2",
    ]
    assert [len(yard.rows(each)) for each in LOGS] == [0, 0, 0, 0, 4]


async def test_the_same_paper_has_the_same_plan_and_an_edit_changes_only_its_own_step() -> None:
    yard = Yard()
    before, again = await steps_of(yard, ticket(PDF)), await steps_of(yard, ticket(PDF))
    assert before == again
    after = await steps_of(yard, ticket(PDF, materials=[]))
    assert [step.name for step in before.steps if step not in after.steps] == ["entry", "materials"]


async def test_a_receipt_keeps_no_signature_of_an_address() -> None:
    yard = Yard()
    drive = await pushed(yard, order(PHOTO))
    (name,) = [name for name in drive.receipts if name.startswith("photo-")]
    (record,) = drive.receipts[name].answer["records"]
    assert record["url"].startswith("http")
    assert yard.rows("images")[0]["id"] == record["id"]
    assert all("?" not in value for value in record.values() if isinstance(value, str))


async def test_a_clock_that_is_an_hour_off_changes_nothing_that_is_sent() -> None:
    yard = Yard(FaultRule("skew_clock", skew_seconds=3600))
    before = await steps_of(yard, ticket(PDF))
    yard.clock.advance(3600)
    assert await steps_of(yard, ticket(PDF)) == before
    drive = await pushed(yard, ticket(PDF))
    assert not drive.refused
    assert yard.rows(ENTRIES)[0]["work_performed_on_date"] == "2026-02-27"


async def test_a_document_that_somebody_else_put_there_under_our_name_is_found_and_not_doubled() -> None:
    yard = Yard()
    whole = order(PDF)
    await pushed(yard, whole)
    drive = await Drive().go(yard.another_target(), whole)
    assert not drive.refused
    assert len(yard.rows("documents")) == 1


async def test_what_has_no_place_in_procore_stays_here() -> None:
    yard = Yard()
    found = await blocked(yard, paper("check_in", {"crew": "A"}, number="CI-1"))
    assert found.code == "procore.kind_not_sent"
