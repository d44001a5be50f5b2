from __future__ import annotations

import pytest

from tiebeam.connectors.answers import (
    GarbledError,
    ShapeError,
    garbled_key,
    key_at,
    keys_of,
    parse_json,
    read_each,
    read_object,
    read_row,
    read_rows,
)
from tiebeam.connectors.sayings import SAID_CHARACTERS_MAX, said_in, scrubbed
from tiebeam.connectors.streams import Envelope


def read(body: bytes, envelope: Envelope) -> tuple[dict[str, object], ...]:
    rows = read_rows(body, envelope, "id")
    assert not rows.damaged
    return tuple(map(read_row, rows.rows))


def test_rows_come_out_of_every_envelope() -> None:
    cases = {
        Envelope.BARE: b'[{"id":1},{"id":2}]',
        Envelope.DATA: b'{"data":[{"id":1},{"id":2}]}',
        Envelope.GROUPS: b'[{"group_title":"a","meetings":[{"id":1}]},{"meetings":[{"id":2}]}]',
    }
    for envelope, body in cases.items():
        assert read(body, envelope) == ({"id": 1}, {"id": 2})
    assert read(b'{"project":{"id":9}}', Envelope.SINGLE) == ({"project": {"id": 9}},)
    assert read(b'{"meetings":[{"id":3}]}', Envelope.GROUPS) == ({"id": 3},)


@pytest.mark.parametrize(
    "body", [b"", b"   ", b'[{"id":1}', b"<html></html>", b"\x00\x01", b"nul", b"[" * 100_000]
)
def test_what_is_no_json_is_garbled(body: bytes) -> None:
    with pytest.raises(GarbledError):
        parse_json(body)


@pytest.mark.parametrize(
    ("envelope", "body"),
    [
        (Envelope.BARE, b'{"message":"hello"}'),
        (Envelope.BARE, b"null"),
        (Envelope.DATA, b"[]"),
        (Envelope.DATA, b'{"data":{"id":1}}'),
        (Envelope.GROUPS, b'[{"group_title":"a"}]'),
        (Envelope.GROUPS, b"[3]"),
        (Envelope.SINGLE, b"[]"),
    ],
)
def test_json_of_another_shape_is_said_to_be_so(envelope: Envelope, body: bytes) -> None:
    with pytest.raises(ShapeError, match="promised"):
        read_rows(body, envelope, "id")


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse_json(b"\xef\xbb\xbf[1]") == [1]


def test_what_is_no_row_damages_itself_and_not_its_page() -> None:
    rows = read_rows(b'[{"id":1},7,{"name":"no id"},{"id":null},"x",{"id":"b"}]', Envelope.BARE, "id")
    assert rows.rows == (b'{"id":1}', b'{"name":"no id"}', b'{"id":null}', b'{"id":"b"}')
    assert [damage.raw for damage in rows.damaged] == [b"7", b'"x"']
    assert all("an object was promised" in damage.reason for damage in rows.damaged)


@pytest.mark.parametrize(
    ("bad", "part"),
    [
        (b'{"id":2,"name":"\\ud83d"}', b"ud83d"),
        (b'{"id":2,"size":NaN}', b"NaN"),
    ],
)
def test_what_is_almost_json_damages_its_own_row(bad: bytes, part: bytes) -> None:
    rows = read_rows(b'[{"id":1},' + bad + b',{"id":3}]', Envelope.BARE, "id")
    assert rows.rows == (b'{"id":1}', b'{"id":3}')
    (damage,) = rows.damaged
    assert damage.key == "2"
    assert "not representable" in damage.reason
    assert part in damage.raw


@pytest.mark.parametrize(
    "bad",
    [
        b'{"id":2,"size":123456789012345678901234567890}',
        b'{"id":2,"name":"caf\xe9"}',
        b'{"id":2,"size":1e999}',
        b'{"id":2,"name":"\\ud83d"}',
        b'{"id":2,"size":NaN}',
    ],
)
def test_a_value_that_cannot_be_given_again_is_never_rounded(bad: bytes) -> None:
    with pytest.raises(GarbledError):
        read_row(bad)
    assert garbled_key(bad, "id") == "2"


@pytest.mark.parametrize("before", range(9))
def test_a_number_beyond_64_bits_is_noticed_wherever_it_begins(before: int) -> None:
    for number in (b"18446744073709551616", b"-9223372036854775809", b"9" * 400):
        with pytest.raises(GarbledError):
            read_row(b'{"id":2,"pad":"' + b"x" * before + b'","size":' + number + b"}")


def test_a_body_nested_beyond_reason_is_garbled() -> None:
    with pytest.raises(GarbledError):
        read_rows(b'[{"id":2,"nested":' + b"[" * 9000 + b"]" * 9000 + b"}]", Envelope.BARE, "id")


def test_rows_are_cut_out_as_they_came() -> None:
    rows = read_rows(b'\xef\xbb\xbf[ {"id":1, "size" : 1.50} ,\n{"id":2}]', Envelope.BARE, "id")
    assert rows.rows == (b'{"id":1, "size" : 1.50}', b'{"id":2}')


def test_ids_beyond_32_bits_4_byte_characters_and_nul_pass_as_they_are() -> None:
    rows = read('[{"id":562949953421312,"name":"\U0001f477 \\u0000"}]'.encode(), Envelope.BARE)
    assert rows == ({"id": 562949953421312, "name": "\U0001f477 \0"},)


def test_a_long_run_of_digits_within_a_text_is_only_text() -> None:
    (row,) = read(b'[{"id":1,"serial":"00000000000000000000000000"}]', Envelope.BARE)
    assert row["serial"] == "0" * 26


def test_a_record_of_50_megabytes_is_read() -> None:
    text = "x" * 50_000_000
    (row,) = read(b'[{"id":1,"note":"' + text.encode() + b'"}]', Envelope.BARE)
    assert len(str(row["note"])) == 50_000_000


def test_keys_are_told_without_reading_the_rows() -> None:
    assert keys_of([b'{"name":{"id":7},"id":1}', b'{"id":"b"}'], "id") == ["1", "b"]
    assert keys_of([b'{"project":{"id":7},"id":1}'], "project.id") == ["7"]
    for bad in (b'{"id":true}', b'{"id":null}', b"{}", b'{"id":[1]}', b'{"id":1.5}'):
        assert keys_of([b'{"id":1}', bad], "id") is None


@pytest.mark.parametrize("first", [b'{"id":12,"a":1}', b'{"a":1,"id":12}', b'{ "id": 12}', b'{"id":12}'])
def test_keys_are_the_same_wherever_they_stand(first: bytes) -> None:
    rows = [first, b'{"id":0}', b'{"id":9223372036854775807,"note":"\\u0000,{\\"id\\":3}"}']
    assert keys_of(rows, "id") == ["12", "0", "9223372036854775807"]
    assert keys_of([b'{"project.id":7,"id":1}'], "project.id") is None


def test_several_rows_are_read_as_each_of_them_alone() -> None:
    rows = [b'{"id":1}', b'{"id":2', b'{"id":1e999}', b'{"id":18446744073709551616}', b'{"id":3,"a":[1,{}]}']
    found = read_each(rows)
    for raw, row in zip(rows, found, strict=True):
        if isinstance(row, GarbledError):
            with pytest.raises(GarbledError):
                read_row(raw)
        else:
            assert row == read_row(raw)
    assert [type(row) for row in found].count(dict) >= 2
    assert read_each(rows[:1]) == [{"id": 1}]
    assert read_each([]) == []


def test_one_object_comes_bare_or_wrapped() -> None:
    assert read_object(b'{"id":1,"data":{"x":1}}') == {"id": 1, "data": {"x": 1}}
    assert read_object(b'{"data":{"id":1}}') == {"id": 1}
    with pytest.raises(ShapeError):
        read_object(b"[]")


def test_keys_are_found_by_path() -> None:
    assert key_at({"id": 7}, "id") == "7"
    assert key_at({"project": {"id": "x"}}, "project.id") == "x"
    assert key_at({"id": ""}, "id") is None
    assert key_at({"id": 1.5}, "id") is None
    assert key_at(7, "id") is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"code":403,"message":"No way","fields":{},"reason":"forbidden","error":"forbidden"}', "No way"),
        (b'{"code":422,"message":"Bad","fields":{"title":["is blank"]}}', "Bad; title: is blank"),
        (
            b'{"error":{"code":"B","message":"Wrong","details":[{"reason_code":"X","message":"Too big"}]}}',
            "Wrong; Too big",
        ),
        (b'{"errors":"text"}', "text"),
        (b'{"errors":{"name":["is taken","is short"]}}', "name: is taken; name: is short"),
        (b'{"errors":{"base":["Duplicate"]},"error_type":"x"}', "Duplicate"),
        (b'{"errors":{"message":["is blank"]}}', "message: is blank"),
        (b'{"errors":["one","two"]}', "one; two"),
        (b'{"message":"gone","exception":"NotFound"}', "gone"),
        (b'{"message":"budget","error":"locked"}', "budget"),
        (b'{"error":"invalid_grant","error_description":"It was revoked."}', "It was revoked."),
        (b'{"error":"invalid_grant"}', "invalid_grant"),
        (b'{"entities":[],"errors":[{"origin_id":"7","errors":{"title":["is blank"]}}]}', "title: is blank"),
        (b"<html><head><title>502 Bad Gateway</title></head><body>x</body></html>", "502 Bad Gateway"),
        (b"<h1>Down</h1>", "Down"),
        (b"plain words", "plain words"),
        (b"", ""),
        (b"{}", ""),
        (b'[{"message":"a"},{"message":"b"}]', "a; b"),
    ],
)
def test_every_shape_of_error_becomes_one_message(body: bytes, said: str) -> None:
    assert said_in(body) == said


@pytest.mark.parametrize(
    "text",
    [
        "see https://storage.example/x.pdf?sig=s3cret&exp=1",
        "Bearer s3cret.s3cret.s3cret was refused",
        '"access_token": "s3cret"',
        "client_secret=s3cret&x=1",
        "code=s3cret",
    ],
)
def test_secrets_are_taken_out_of_a_vendors_words(text: str) -> None:
    assert "s3cret" not in scrubbed(text)


def test_a_message_is_one_short_line() -> None:
    assert scrubbed("a\n\0 b") == "a b"
    assert len(scrubbed("word " * 1000)) == SAID_CHARACTERS_MAX
    assert scrubbed("\ud800").isascii()
