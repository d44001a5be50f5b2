from __future__ import annotations

import pytest
from tests.factories.procore_writer import BOUNDARY, multipart

from tiebeam.simulators.base.messages import SimRequest
from tiebeam.simulators.procore.bodies import SentFile, read_body, read_parts
from tiebeam.simulators.procore.errors import ApiError

FORM = "application/x-www-form-urlencoded"


def request(kind: str, body: bytes) -> SimRequest:
    return SimRequest("POST", "/", (), {"content-type": kind}, body)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a=1&b=", {"a": "1", "b": ""}),
        ("rfi[subject]=Slab&rfi[assignee_ids][]=1&rfi[assignee_ids][]=2",
         {"rfi": {"subject": "Slab", "assignee_ids": ["1", "2"]}}),
        ("x[][n]=A&x[][id]=1&x[][n]=B", {"x": [{"n": "A", "id": "1"}, {"n": "B"}]}),
        ("x[0][n]=A&x[1][n]=B", {"x": {"0": {"n": "A"}, "1": {"n": "B"}}}),
        ("a[b][c][]=1", {"a": {"b": {"c": ["1"]}}}),
        ("q=%C3%9F+ok", {"q": "ß ok"}),
    ],
)  # fmt: skip
def test_brackets_in_names_nest(text: str, fields: dict[str, object]) -> None:
    assert read_body(request(FORM, text.encode())).fields == fields


def test_a_numbered_list_is_a_list() -> None:
    body = read_body(request(FORM, b"updates[1][n]=B&updates[0][n]=A"))
    assert body.listed("updates") == [{"n": "A"}, {"n": "B"}]


def test_parts_keep_their_order_their_files_and_their_bytes() -> None:
    data = b"\x00\r\n--not-the-boundary\r\n\xff"
    body = multipart(
        [("log[notes]", "Zwölf"), ("attachments[]", 'sl"ab.jpg'.replace('"', "%22"), "image/jpeg", data)]
    )
    kind = f'multipart/form-data; boundary="{BOUNDARY}"'
    first, second = read_parts(request(kind, body))
    assert (first.name, first.value) == ("log[notes]", "Zwölf")
    assert second.value == SentFile("sl%22ab.jpg", "image/jpeg", data)
    assert read_body(request(kind, body)).fields == {
        "log": {"notes": "Zwölf"},
        "attachments": [second.value],
    }


def test_a_name_is_taken_as_it_stands() -> None:
    body = multipart([("log%5Bnotes%5D", "x")])
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    assert read_body(request(kind, body)).fields == {"log%5Bnotes%5D": "x"}


def test_a_file_may_be_named_in_any_alphabet() -> None:
    head = (
        b"--x\r\nContent-Disposition: form-data; name=\"f\"; filename*=UTF-8''%E5%9B%B3.pdf\r\n\r\n.\r\n--x--"
    )
    (part,) = read_parts(request("multipart/form-data; boundary=x", head))
    assert isinstance(part.value, SentFile)
    assert part.value.filename == "図.pdf"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"a": '),
        ("application/json", b'"text"'),
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nno end"),
        ("multipart/form-data; boundary=x", b"--x\r\nno divider\r\n--x--"),
        (FORM, b"a=1&a[b]=2"),
        (FORM, b"a=\xff"),
    ],
)
def test_a_damaged_body_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        read_body(request(kind, body))
    assert refused.value.status == 400
