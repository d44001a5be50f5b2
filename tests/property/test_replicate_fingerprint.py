"""A fingerprint may overlook that a row is the same, and never that it is another."""

from __future__ import annotations

import copy
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.kernel.canonical import canonical
from tiebeam.kernel.paths import drop
from tiebeam.replicate.fingerprint import Fingerprints

VOLATILE = ("url", "files[].url", "files[].share_url", "owner.avatar", "a.b[].url")
NAMES = st.sampled_from(["url", "share_url", "avatar", "files", "owner", "a", "b", "note", "my_url", 'x"url'])
TEXTS = st.sampled_from(
    ["", "https://x/1?sig=a", "https://x/1?sig=b", '"url":"no"', "\\", '\\"url":"', "url", "é"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
ROWS = st.dictionaries(NAMES, VALUES, max_size=5)


def content(row: dict[str, Any]) -> bytes:
    return canonical(drop(copy.deepcopy(row), VOLATILE))


def signed_anew(value: Any, name: str = "") -> Any:
    """Return a row as another reading shows it: every text under a name of a link is another one."""
    if isinstance(value, dict):
        return {key: signed_anew(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [signed_anew(part) for part in value]
    return f"{value}&again" if isinstance(value, str) and name in {"url", "share_url", "avatar"} else value


@given(ROWS, ROWS)
def test_the_same_fingerprint_means_the_same_content(one: dict[str, Any], other: dict[str, Any]) -> None:
    taker = Fingerprints(VOLATILE)
    for second in (other, signed_anew(one)):
        if taker.of(orjson.dumps(one)) == taker.of(orjson.dumps(second)) and taker.proves(content(one)):
            assert content(one) == content(second)


@given(ROWS)
def test_links_signed_anew_leave_a_fingerprint_as_it_was(row: dict[str, Any]) -> None:
    taker = Fingerprints(VOLATILE)
    again = orjson.dumps(signed_anew(row))
    assert taker.of(orjson.dumps(row)) == taker.of(again)


@given(st.lists(ROWS, max_size=6))
def test_rows_together_are_told_what_each_is_told_alone(rows: list[dict[str, Any]]) -> None:
    taker, raws = Fingerprints(VOLATILE), [orjson.dumps(row) for row in rows]
    assert taker.of_all(raws) == list(map(taker.of, raws))
    datas = list(map(content, rows))
    assert taker.proves_all(datas) == list(map(taker.proves, datas))


def test_texts_that_hold_nul_are_told_apart_one_by_one() -> None:
    taker, raws = Fingerprints(("url",)), [b'{"id":"a\0b"}', b'{"id":2}']
    assert taker.of_all(raws) == list(map(taker.of, raws))
    assert taker.of_all([]) == []


@given(ROWS, st.text(max_size=8))
def test_another_text_in_any_other_member_shows(row: dict[str, Any], note: str) -> None:
    taker = Fingerprints(VOLATILE)
    one, other = {**row, "note": note}, {**row, "note": f"{note}!"}
    assert taker.of(orjson.dumps(one)) != taker.of(orjson.dumps(other))


def test_a_link_that_is_not_volatile_where_it_stands_proves_nothing() -> None:
    taker = Fingerprints(VOLATILE)
    assert taker.proves(content({"id": 1, "url": "x", "files": [{"url": "y", "share_url": "z"}]}))
    assert not taker.proves(content({"id": 1, "vendor": {"url": "x"}}))
    assert taker.proves(content({"id": 1, "vendor": {"my_url": "x", "note": '"url":"x"'}}))


def test_other_volatile_paths_make_other_fingerprints() -> None:
    raw = b'{"id":1}'
    taken = {Fingerprints(paths).of(raw) for paths in ((), ("url",), ("file.url",), ("url", "file.url"))}
    assert len(taken) == 4
    assert len({len(one) for one in taken}) == 1


def test_white_space_and_escapes_are_read_as_json_has_them() -> None:
    taker = Fingerprints(("url",))
    signed = [b'{"id":1, "url" : "a\\"b\\\\", "note":"x"}', b'{"id":1, "url" : "", "note":"x"}']
    assert len({taker.of(raw) for raw in signed}) == 1
    assert taker.of(b'{"id":1, "url" : null, "note":"x"}') != taker.of(signed[0])
