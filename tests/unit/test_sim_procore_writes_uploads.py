from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from tests.factories.procore_writer import COMPANY, P11, P, Writer

from tiebeam.simulators.base.faults import FaultRule
from tiebeam.simulators.procore.caller import Caller

NOTES = f"{P}/notes_logs"
UNIFIED = f"/rest/v2.1/companies/{COMPANY}/projects/5/uploads"
WEEK = 7 * 24 * 3600


@pytest.fixture
def writer() -> Writer:
    return Writer(segment_bytes_min=4)


def promised(writer: Writer) -> Any:
    return writer.created(
        f"{P11}/uploads", {"response_filename": "a.jpg", "response_content_type": "image/jpeg"}
    )


def stored(writer: Writer, upload: Any, *parts: Any) -> int:
    return writer.multipart("POST", upload["url"], *parts, signed_in=False).status


def used(writer: Writer, uuid: str) -> int:
    return writer.json("POST", NOTES, {"notes_log": {"comment": "x", "upload_ids": [uuid]}}).status


@pytest.mark.parametrize(
    ("kind", "status", "is_kept"),
    [
        ("status", 503, False),
        ("end_form", 403, False),
        ("cut_body", 400, False),
        ("html", 200, False),
        ("wrong_etag", 204, True),
    ],
)
def test_the_storage_has_faults_of_its_own(kind: Any, status: int, *, is_kept: bool) -> None:
    writer = Writer(FaultRule(kind, match="^POST /storage/", count=1))
    upload = promised(writer)
    assert stored(writer, upload, *upload["fields"].items(), FILE) == status
    assert (used(writer, upload["uuid"]) == 201) is is_kept
    assert stored(writer, upload, *upload["fields"].items(), FILE) == 204
    assert used(writer, upload["uuid"]) == 201


def test_of_many_lines_only_half_may_be_made() -> None:
    writer = Writer(FaultRule("half_done", match="bulk_create", count=1))
    ticket = writer.created(f"{P}/time_and_material_entries", {"time_and_material_entry": {"name": "Slab"}})
    line = {"time_and_material_entry_id": ticket["id"], "hours_worked": 1}
    lines = {"time_and_material_timecards": [line] * 5}
    assert writer.json("POST", f"{P}/time_and_material_timecards/bulk_create", lines).status == 500
    assert len(writer.state.rows("time_and_material_timecards")) == 2


def test_of_a_sync_only_a_part_may_be_taken() -> None:
    writer = Writer(FaultRule("refuse_part", match="/sync", count=1))
    path = f"/rest/v1.0/potential_change_orders/sync?project_id=5&contract_id={writer.contract}"
    updates = [{"origin_id": "cor-1"}, {"origin_id": "cor-2"}]
    synced = writer.changed(path, {"updates": updates})
    assert [one["origin_id"] for one in synced["entities"]] == ["cor-1"]
    assert [one["origin_id"] for one in synced["errors"]] == ["cor-2"]
    assert len(writer.changed(path, {"updates": updates})["entities"]) == 2


FILE = ("file", "a.jpg", "image/jpeg", b"jpeg")


def test_a_file_is_promised_stored_and_used(writer: Writer) -> None:
    upload = promised(writer)
    assert set(upload) == {"uuid", "url", "fields"}
    assert upload["fields"]["Content-Type"] == "image/jpeg"
    assert stored(writer, upload, *upload["fields"].items(), FILE) == 204
    made = writer.created(NOTES, {"notes_log": {"upload_ids": [upload["uuid"]]}})
    assert writer.downloaded(made["attachments"][0]["url"]) == b"jpeg"
    company = writer.created(f"/rest/v1.1/companies/{COMPANY}/uploads", {"response_filename": "b.pdf"})
    assert len(company["uuid"]) == 26


def test_the_storage_takes_the_form_as_it_was_given_and_nothing_else(writer: Writer) -> None:
    upload = promised(writer)
    fields = list(upload["fields"].items())
    refused = [
        stored(writer, upload, FILE, *fields),
        stored(writer, upload, *fields[:-1], FILE),
        stored(writer, upload, *[(name, "x" if name == "key" else value) for name, value in fields], FILE),
        stored(writer, upload, *fields),
    ]
    assert refused == [403, 403, 403, 400]
    with_token = writer.multipart("POST", upload["url"], *fields, FILE)
    assert (with_token.status, b"auth mechanism" in with_token.response.body) == (400, True)
    assert used(writer, upload["uuid"]) == 422


def test_the_form_ends_after_an_hour_and_the_upload_after_a_week(writer: Writer) -> None:
    late, early = promised(writer), writer.uploaded()
    writer.clock.advance(3600)
    assert stored(writer, late, *late["fields"].items(), FILE) == 403
    writer.clock.advance(WEEK - 3601)
    writer.caller.sign_in()
    assert used(writer, early) == 201
    writer.clock.advance(1)
    assert used(writer, early) == 410
    assert writer.caller.get(f"{P11}/uploads/{early}").status == 410


def test_an_upload_is_its_makers_alone(writer: Writer) -> None:
    uuid = writer.uploaded()
    app = writer.simulator.options.clients[0]
    redirect = {"client_id": app.client_id, "redirect_uri": "http://localhost", "response_type": "code"}
    there = Caller(writer.simulator).get("/oauth/authorize", redirect).headers["Location"]
    grant = {"grant_type": "authorization_code", "code": there.partition("code=")[2], **redirect}
    tokens = writer.caller.post("/oauth/token", {**grant, "client_secret": app.client_secret}).json
    writer.caller.token = tokens["access_token"]
    assert used(writer, uuid) == 403
    assert writer.caller.get(f"{P11}/uploads/{uuid}").status == 403
    assert used(writer, "01NOSUCHUPLOAD000000000000") == 422


def described(*pieces: bytes) -> list[dict[str, Any]]:
    return [
        {
            "size": len(piece),
            "sha256": hashlib.sha256(piece).hexdigest(),
            "md5": hashlib.md5(piece, usedforsecurity=False).hexdigest(),
        }
        for piece in pieces
    ]


def put(writer: Writer, segment: Any, data: bytes, **headers: str) -> Any:
    sent = {name.lower(): value for name, value in segment["headers"].items()}
    return writer.send("PUT", segment["url"], body=data, headers={**sent, **headers}, signed_in=False)


def test_a_large_file_goes_in_segments(writer: Writer) -> None:
    pieces = (b"first piece", b"end")
    path = f"{P11}/uploads"
    upload = writer.created(path, {"response_filename": "v.mp4", "segments": described(*pieces)})
    assert upload["status"] == "ready"
    md5 = base64.b64decode(upload["segments"][0]["headers"]["content-md5"]).hex()
    assert md5 == upload["segments"][0]["md5"]
    etags = [put(writer, *pair).headers["ETag"] for pair in zip(upload["segments"], pieces, strict=True)]
    own = f"{path}/{upload['uuid']}"
    partly = writer.changed(own, {"segments": [{"etag": etags[0]}, {}]})
    assert partly["status"] == "receiving"
    swapped = writer.json("PATCH", own, {"segments": [{"etag": etag} for etag in reversed(etags)]})
    assert swapped.status == 422
    done = writer.changed(own, {"segments": [{"etag": etag} for etag in etags]})
    assert (done["status"], done["segments"][0]["etag"]) == ("complete", etags[0].strip('"'))
    made = writer.created(NOTES, {"notes_log": {"upload_ids": [upload["uuid"]]}})
    assert writer.downloaded(made["attachments"][0]["url"]) == b"".join(pieces)


def test_segments_that_are_not_what_was_promised_are_refused(writer: Writer) -> None:
    path = f"{P11}/uploads"
    upload = writer.created(path, {"response_filename": "v", "segments": described(b"good")})
    (segment,) = upload["segments"]
    wrong = hashlib.sha256(b"evil").hexdigest()
    assert put(writer, segment, b"evil").status == 400
    assert put(writer, segment, b"evil", **{"x-amz-content-sha256": wrong}).status == 400
    assert put(writer, segment, b"too long").status == 400
    assert (
        put(writer, {**segment, "url": segment["url"].replace("parts/1", "parts/2")}, b"good").status == 403
    )
    assert writer.json("PATCH", f"{path}/{upload['uuid']}", {"segments": [{"etag": "x"}]}).status == 422
    for bad in ([{"size": 3}], described(b"abc", b"d"), "x"):
        assert writer.json("POST", path, {"response_filename": "v", "segments": bad}).status == 422


def test_a_name_is_demanded_of_one_piece_only(writer: Writer) -> None:
    assert writer.json("POST", f"{P11}/uploads", {}).status == 400
    unnamed = writer.created(f"{P}/uploads", {})
    assert writer.got(f"{P}/uploads/{unnamed['uuid']}")["status"] == "non_segmented"
    form = writer.form("POST", f"{P11}/uploads", ("response_filename", "a.jpg"))
    assert form.status == 201


def test_a_unified_upload_is_checked_before_it_is_available(writer: Writer) -> None:
    pieces = (b"first piece", b"end")
    whole = b"".join(pieces)
    sent = {
        "file_name": "v.mp4",
        "file_size": len(whole),
        "content_type": "video/mp4",
        "sha256": hashlib.sha256(whole).hexdigest(),
        "segments": described(*pieces),
    }
    upload = writer.created(UNIFIED, sent)["data"]
    assert (upload["status"], upload["total_parts"]) == ("ready", 2)
    own = f"{UNIFIED}/{upload['upload_id']}"
    first = put(writer, upload["segments"][0], pieces[0]).headers["ETag"]
    assert writer.changed(own, {"part_etags": [first, None]})["data"]["status"] == "receiving"
    writer.clock.advance(3600)
    assert put(writer, upload["segments"][1], pieces[1]).status == 403
    (fresh,) = writer.got(own)["data"]["segments"]
    second = put(writer, fresh, pieces[1]).headers["ETag"]
    assert writer.changed(own, {"part_etags": [first, second]})["data"]["status"] == "complete"
    writer.clock.advance(2)
    assert writer.got(own)["data"]["status"] == "available"
    writer.clock.advance(24 * 3600)
    writer.caller.sign_in()
    assert writer.caller.get(own).status == 410


def test_a_unified_upload_must_be_whole(writer: Writer) -> None:
    sent = {"file_name": "a", "file_size": 4, "sha256": "0" * 64, "segments": described(b"good")}
    upload = writer.created(UNIFIED, sent)["data"]
    etag = put(writer, upload["segments"][0], b"good").headers["ETag"]
    wrong = writer.json("PATCH", f"{UNIFIED}/{upload['upload_id']}", {"part_etags": [etag]})
    assert (wrong.status, wrong.json["error"]["code"]) == (422, "UNPROCESSABLE_ENTITY")
    assert writer.json("POST", UNIFIED, {**sent, "file_size": 5}).status == 422
    assert writer.json("POST", UNIFIED, {"file_name": "a"}).status == 400
    assert writer.json("PATCH", f"{UNIFIED}/{upload['upload_id']}", {}).status == 400


def test_storage_urls_end_and_belong_to_one_file(writer: Writer) -> None:
    made = writer.created(NOTES, {"notes_log": {"upload_ids": [writer.uploaded()]}})
    there = writer.caller.get(made["attachments"][0]["url"]).headers["Location"]
    assert writer.send("GET", there).status == 400
    assert writer.send("GET", there.replace("notes_logs", "work_logs"), signed_in=False).status == 403
    writer.clock.advance(60)
    assert writer.send("GET", there, signed_in=False).status == 403
    assert writer.send("GET", "/storage/nowhere", signed_in=False).status == 404
    open_house = Writer(files_need_token=False)
    photo = open_house.created(NOTES, {"notes_log": {"upload_ids": [open_house.uploaded()]}})
    bare = open_house.send("GET", photo["attachments"][0]["url"], signed_in=False)
    assert bare.response.body == b"jpeg"
