from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.connector_ports import RecordingGate
from tests.factories.procore_desk import ProcoreDesk
from tests.factories.procore_files import file_of

from tiebeam.connectors.outcomes import BROKEN, VendorError, transport_error
from tiebeam.connectors.ports import Refusal, RefusalKind, Response
from tiebeam.connectors.procore.client import Call
from tiebeam.connectors.procore.writes import finding, logs, orders, pictures, tickets
from tiebeam.connectors.procore.writes.plan import Write, with_upload
from tiebeam.connectors.procore.writes.uploads import FORM_BYTES_MAX, FileChangedError, Uploads
from tiebeam.connectors.procore.writes.writer import ProcoreWriter
from tiebeam.kernel.errors import TiebeamError
from tiebeam.simulators.base.faults import FaultRule

if TYPE_CHECKING:
    from tiebeam.connectors.ports import Request, Share, Transport

ENTRIES = "POST /rest/v1.0/projects/5/time_and_material_entries"
JPEG = b"\xff\xd8\xff slab \r\n--tiebeam-\r\n" * 9


class Pen(ProcoreDesk):
    """A desk that also writes, into project 5."""

    def __init__(self, *rules: FaultRule) -> None:
        super().__init__(*rules)
        self.writer = ProcoreWriter(self.client)
        self.uploads = Uploads(self.writer, self.transport)

    async def made(self, write: Write) -> dict[str, Any]:
        rows = await self.writer.write(write)
        assert not isinstance(rows, Refusal), rows
        return rows[0]

    async def entry(self, reference: str = "tiebeam:1") -> str:
        made = await self.made(tickets.entry("5", {"name": "Slab", "reference_number": reference}))
        return str(made["id"])

    async def uploaded(self, data: bytes = JPEG, name: str = "slab.jpg") -> str:
        uuid = await self.uploads.put("5", file_of(data, name))
        assert isinstance(uuid, str), uuid
        return uuid


def refused(found: Any) -> Refusal:
    assert isinstance(found, Refusal)
    return found


async def test_a_ticket_is_made_of_an_entry_and_its_lines_and_found_again() -> None:
    pen = Pen()
    entry_id = await pen.entry()
    assert (await finding.find_entry(pen.writer, "5", "tiebeam:2")) is None
    found = await finding.find_entry(pen.writer, "5", "tiebeam:1")
    assert isinstance(found, dict)
    assert str(found["id"]) == entry_id
    rows: dict[str, list[dict[str, Any]]] = {
        tickets.LABOUR: [{"hours_worked": 7.25}, {"hours_worked": 2}],
        tickets.MATERIALS: [{"name": "Anchor", "uom": "ea", "quantity": 12.5}],
        tickets.EQUIPMENT: [{"description": "Lift", "uom": "min", "quantity": 90}],
    }
    for kind, lines in rows.items():
        made = await pen.writer.write(tickets.lines("5", kind, int(entry_id), lines))
        assert isinstance(made, list)
        assert len(made) == len(lines)
        back = await finding.ticket_lines(pen.writer, "5", kind, entry_id, 9)
        assert isinstance(back, list)
        assert [{name: row[name] for name in lines[0]} for row in back] == lines


async def test_lists_are_read_to_their_end_and_deleted_tickets_do_not_count() -> None:
    pen = Pen()
    for number in range(130):
        pen.put("time_and_material_entries", reference_number=f"other-{number}")
    entry_id = await pen.entry()
    assert isinstance(await finding.find_entry(pen.writer, "5", "tiebeam:1"), dict)
    pen.state.delete("time_and_material_entries", int(entry_id))
    assert await finding.find_entry(pen.writer, "5", "tiebeam:1") is None


async def test_a_file_keeps_its_bytes_and_its_name_in_any_script() -> None:
    pen = Pen()
    entry_id = await pen.entry()
    write = tickets.attachment("5", int(entry_id))
    name = "صورة البلاطة 1.jpg"
    uuid = await pen.uploaded(JPEG, name)
    await pen.made(Write(write.method, write.path, with_upload(write.body, uuid)))
    hung = await finding.find_attachment(pen.writer, "5", entry_id, name)
    assert isinstance(hung, dict)
    assert await finding.find_attachment(pen.writer, "5", entry_id, "other.jpg") is None
    assert pen.state.rows("time_and_material_entry_attachments")[0]["filename"] == name


async def test_a_large_file_goes_in_segments_and_arrives_whole() -> None:
    pen = Pen()
    data = b"0123456789abcdef" * ((FORM_BYTES_MAX + 4096) // 16) * 2
    uuid = await pen.uploaded(data, "drone.jpg")
    upload = pen.simulator.storeroom.uploads.find(uuid)
    assert len(upload.segments) == 3
    assert hashlib.sha256(upload.data or b"").hexdigest() == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("size_bytes", [9, FORM_BYTES_MAX + 1])
async def test_a_file_that_changed_on_the_disk_is_not_sent(size_bytes: int) -> None:
    pen = Pen()
    file = file_of(b"x" * size_bytes, "a.jpg", claimed=b"y" * size_bytes)
    with pytest.raises(FileChangedError, match=r"a\.jpg is not what was captured"):
        await pen.uploads.put("5", file)
    assert pen.client.calls == 0


class BadStorage:
    """The storage fails once; everything else goes where it should."""

    def __init__(self, inside: Transport, outcome: Response | Exception) -> None:
        self._inside = inside
        self._outcome: Response | Exception | None = outcome

    async def send(self, request: Request) -> Response:
        outcome, self._outcome = self._outcome, None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome or await self._inside.send(request)


@pytest.mark.parametrize(
    "outcome",
    [
        transport_error(BROKEN, "", sent=True),
        Response(500, {}, b"<Error><Message>We encountered an internal error</Message></Error>"),
        Response(403, {}, b"<Error><Message>Policy expired</Message></Error>"),
        Response(200, {"content-type": "text/html; charset=utf-8", "etag": '"1"'}, b"<html>Sign in</html>"),
    ],
)
@pytest.mark.parametrize("size_bytes", [9, FORM_BYTES_MAX + 1])
async def test_a_storage_that_fails_is_asked_again_later(
    outcome: Response | Exception, size_bytes: int
) -> None:
    pen = Pen()
    uploads = Uploads(pen.writer, BadStorage(pen.transport, outcome))
    refusal = refused(await uploads.put("5", file_of(b"x" * size_bytes, "a.jpg")))
    assert (refusal.kind, refusal.maybe_done) == (RefusalKind.UNAVAILABLE, False)
    assert isinstance(await uploads.put("5", file_of(b"x" * size_bytes, "a.jpg")), str)


@pytest.mark.parametrize(
    ("kind", "size_bytes"),
    [
        ("cut_body", 9),
        ("cut_body", FORM_BYTES_MAX + 1),
        ("end_form", 9),
        ("wrong_etag", FORM_BYTES_MAX + 1),
        ("html", 9),
        ("html", FORM_BYTES_MAX + 1),
        ("drop_answer", 9),
    ],
)
async def test_a_file_that_the_storage_has_not_kept_is_put_anew_and_nobody_is_asked(
    kind: Any, size_bytes: int
) -> None:
    pen = Pen(FaultRule(kind, match="(POST|PUT) /storage/", count=1))
    data = b"x" * size_bytes
    refusal = refused(await pen.uploads.put("5", file_of(data, "a.jpg")))
    assert (refusal.kind, refusal.maybe_done) == (RefusalKind.UNAVAILABLE, False)
    uuid = await pen.uploaded(data, "a.jpg")
    assert pen.simulator.storeroom.uploads.find(uuid).data == data


async def test_an_address_that_answers_without_an_etag_has_kept_no_segment() -> None:
    pen = Pen()
    uploads = Uploads(pen.writer, BadStorage(pen.transport, Response(200, {}, b"")))
    refusal = refused(await uploads.put("5", file_of(b"x" * (FORM_BYTES_MAX + 1), "a.jpg")))
    assert (refusal.kind, refusal.code) == (RefusalKind.UNAVAILABLE, "procore.storage_refused")


async def test_an_upload_whose_promise_was_lost_can_simply_be_made_again() -> None:
    pen = Pen(FaultRule("drop_answer", match="uploads", count=1))
    refusal = refused(await pen.uploads.put("5", file_of(JPEG, "a.jpg")))
    assert (refusal.kind, refusal.maybe_done) == (RefusalKind.UNAVAILABLE, False)
    assert await pen.uploaded()


@pytest.mark.parametrize(
    ("fault", "maybe_done", "made"),
    [
        (FaultRule("drop_answer", match=ENTRIES), True, 1),
        (FaultRule("truncate", match=ENTRIES), True, 1),
        (FaultRule("html", match=ENTRIES), True, 1),
        (FaultRule("status", match=ENTRIES, status=502, processed=True), True, 1),
        (FaultRule("status", match=ENTRIES, status=503), True, 0),
        (FaultRule("delay", match=ENTRIES, delay_seconds=90), True, 1),
        (FaultRule("drop_request", match=ENTRIES), False, 0),
        (FaultRule("status", match=ENTRIES, status=429, retry_after_seconds=7), False, 0),
        (FaultRule("status", match=ENTRIES, status=422), False, 0),
        (FaultRule("disable_tool", match=ENTRIES), False, 0),
    ],
)
async def test_a_write_is_asked_once_and_says_whether_it_may_be_done(
    fault: FaultRule,
    maybe_done: bool,  # noqa: FBT001 - a column of the table above
    made: int,
) -> None:
    pen = Pen(fault)
    refusal = refused(await pen.writer.write(tickets.entry("5", {"reference_number": "tiebeam:1"})))
    assert (refusal.maybe_done, pen.client.calls) == (maybe_done, 1)
    assert len(pen.state.rows("time_and_material_entries")) == made


async def test_a_limit_says_how_long_to_wait() -> None:
    pen = Pen(FaultRule("status", match=ENTRIES, status=429, retry_after_seconds=7))
    refusal = refused(await pen.writer.write(tickets.entry("5", {"name": "x"})))
    assert refusal.wait_seconds == 7


class FullGate(RecordingGate):
    """Lets nobody in."""

    async def enter(self, share: Share) -> None:
        await super().enter(share)
        await asyncio.Event().wait()


async def test_a_write_that_gets_no_turn_in_time_is_not_made() -> None:
    pen = Pen()
    pen.client._gate = FullGate()
    call = Call("/rest/v1.0/projects/5/materials")
    late = refused(await pen.client.write("POST", call, lambda _: None, content={}, begin_seconds=0.01))
    assert (late.code, late.maybe_done, pen.client.calls) == ("procore.no_turn", False, 0)


async def test_a_write_whose_token_came_too_late_is_not_made() -> None:
    pen = Pen(FaultRule("delay", match="oauth", delay_seconds=20))
    call = Call("/rest/v1.0/projects/5/materials")
    late = refused(await pen.client.write("POST", call, lambda _: None, content={}, begin_seconds=10))
    assert (late.code, late.maybe_done, pen.client.calls) == ("procore.no_turn", False, 0)


async def test_a_stale_token_is_replaced_and_the_write_made_once() -> None:
    pen = Pen()
    await pen.writer.one("/rest/v1.0/folders", (("project_id", "5"),))
    pen.clock.advance(6000)
    assert await pen.entry()
    assert len(pen.state.rows("time_and_material_entries")) == 1


async def test_a_revoked_grant_and_an_app_that_was_removed_end_everything() -> None:
    pen = Pen(FaultRule("status", match=ENTRIES, status=401))
    with pytest.raises(TiebeamError, match="Connect the company to Procore again"):
        await pen.entry()
    assert pen.state.rows("time_and_material_entries") == []
    moved = Pen(FaultRule("status", match=ENTRIES, status=302))
    with pytest.raises(VendorError):
        await moved.entry()


async def test_an_order_and_its_lines_are_synced_by_their_origin() -> None:
    pen = Pen()
    contract = str(pen.put("prime_contracts", number="PC-1", title="Prime", vendor={"id": 11}))
    said = {"origin_id": "tiebeam:cor", "title": "Rework", "status": "pending"}
    made = await pen.made(orders.order("5", contract, said))
    again = await pen.made(orders.order("5", contract, {**said, "title": "Rework slab"}))
    assert again["id"] == made["id"]
    found = await finding.find_order(pen.writer, "5", "tiebeam:cor")
    assert isinstance(found, dict)
    assert found["title"] == "Rework slab"
    assert await finding.find_order(pen.writer, "5", "tiebeam:other") is None
    rows = [
        {"origin_id": f"tiebeam:cor:{n}", "amount": amount, "extended_type": "manual"}
        for n, amount in enumerate(("100.10", "-0.05"))
    ]
    for _ in range(2):
        assert await pen.made(orders.lines("5", str(made["id"]), rows))
    theirs = {"origin_id": "tiebeam:core:0", "amount": "0", "extended_type": "manual"}
    assert await pen.made(orders.lines("5", str(made["id"]), [theirs]))
    back = await finding.order_lines(pen.writer, "5", str(made["id"]), "tiebeam:cor")
    assert isinstance(back, list)
    assert [row["origin_id"] for row in back] == ["tiebeam:cor:0", "tiebeam:cor:1"]
    assert pen.state.get("potential_change_orders", made["id"])["grand_total"] == "100.05"


async def test_a_sync_that_answers_200_with_errors_is_a_refusal_in_procores_words() -> None:
    pen = Pen()
    refusal = refused(await pen.writer.write(orders.order("5", "77", {"origin_id": "a", "title": "x"})))
    assert (refusal.kind, refusal.code) == (RefusalKind.BAD_REQUEST, "procore.rule_broken")
    assert "must exist" in refusal.cause
    assert not refusal.maybe_done


async def test_photos_and_documents_are_found_by_their_names() -> None:
    pen = Pen()
    album = pen.put("image_categories", name="Tickets")
    write = pictures.image("5", "slab 1a2b.jpg", {"image_category_id": album, "description": "TM-1"})
    newer = pictures.image("5", "slab 3c4d.jpg", {})
    for each in (write, newer):
        uuid = await pen.uploaded()
        await pen.made(Write("POST", each.path, with_upload(each.body, uuid), each.query))
    for name in ("slab 1a2b.jpg", "slab 3c4d.jpg"):
        assert isinstance(await finding.find_image(pen.writer, "5", name, str(album)), dict)
    assert await finding.find_image(pen.writer, "5", "slab.jpg", None) is None
    paper = pictures.document("5", None, "TM-1.pdf", "T&M ticket")
    sent = Write("POST", paper.path, with_upload(paper.body, await pen.uploaded(b"%PDF")), paper.query)
    await pen.made(sent)
    assert refused(await pen.writer.write(sent)).status == pictures.DUPLICATE
    assert isinstance(await finding.find_document(pen.writer, "5", None, "TM-1.pdf"), dict)
    assert await finding.find_document(pen.writer, "5", None, "TM-2.pdf") is None


@pytest.mark.parametrize("kind", logs.WORDS)
async def test_a_log_of_every_kind_is_found_by_the_mark_in_its_words(kind: str) -> None:
    pen = Pen()
    await pen.made(logs.log("5", kind, "2026-03-02", {logs.WORDS[kind]: "Poured [tb 1a2b-0]"}))
    assert isinstance(await finding.find_log(pen.writer, "5", kind, "2026-03-02", "[tb 1a2b-0]"), dict)
    assert await finding.find_log(pen.writer, "5", kind, "2026-03-02", "[tb 1a2b-1]") is None
    assert await finding.find_log(pen.writer, "5", kind, "2026-03-01", "[tb 1a2b-0]") is None
