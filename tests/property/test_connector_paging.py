from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.connectors.answers import GarbledError, parse_json
from tiebeam.connectors.paging import (
    days_allowed,
    has_next,
    parse_links,
    per_page_of,
    smaller_page,
    total_of,
)
from tiebeam.connectors.sayings import SAID_CHARACTERS_MAX, said_in

RELATIONS = ("first", "prev", "next", "last")


@given(st.text())
def test_any_header_is_read_without_an_error(header: str) -> None:
    links = parse_links(header)
    assert all(name == name.lower() for name in links)
    has_next({"link": header}, page=1, rows=1)


@given(
    st.dictionaries(st.sampled_from(RELATIONS), st.integers(1, 10_000), min_size=1),
    st.sampled_from([", ", ",", " ,  "]),
    st.sampled_from(['rel="{}"', "rel={}", 'REL="{}"', 'title="a, b; c"; rel="{}"', '; rel = "{}"']),
)
def test_links_come_back_by_relation(pages: dict[str, int], comma: str, form: str) -> None:
    url = "https://api.example/rest/v1.0/x?a=1,2&filters%5Bid%5D=3;4&page={}"
    header = comma.join(
        f"<{url.format(page)}>;{form.format(name).lstrip(';')}" for name, page in pages.items()
    )
    assert parse_links(header) == {name: url.format(page) for name, page in pages.items()}


@given(page=st.integers(1, 500), last=st.integers(1, 500), size=st.integers(1, 1000))
def test_a_walk_by_links_ends_at_the_last_page(page: int, last: int, size: int) -> None:
    ahead = f'<https://x/y?page={page + 1}>; rel="next", ' if page < last else ""
    header = f'{ahead}<https://x/y?page={last}>; rel="last"'
    assert has_next({"link": header}, page=page, rows=size) == (page < last)


@given(page=st.integers(1, 500), back=st.integers(0, 500), rows=st.integers(0, 5))
def test_a_link_that_leads_nowhere_is_not_followed(page: int, back: int, rows: int) -> None:
    header = f'<https://x/y?page={max(0, page - back)}>; rel="next"'
    assert not has_next({"link": header}, page=page, rows=rows)


@given(rows=st.integers(0, 1000))
def test_without_a_link_no_page_is_so_full_that_another_follows(rows: int) -> None:
    assert not has_next({}, page=1, rows=rows)
    assert not has_next({"total": "99999"}, page=1, rows=rows)


def test_an_empty_page_past_the_end_is_the_last() -> None:
    onward = {"link": '<https://x?page=9>; rel="next"'}
    assert not has_next(onward, page=8, rows=0)
    between = {"link": '<https://x?page=3>; rel="next", <https://x?page=5>; rel="last"'}
    assert has_next(between, page=2, rows=0)
    assert has_next({"link": '<https://x?cursor=abc>; rel="next"'}, page=2, rows=3)


@given(st.text(max_size=30))
def test_a_total_is_a_whole_number_or_nothing(text: str) -> None:
    total = total_of({"total": text})
    assert total is None or total >= 0
    assert total_of({"total": " 42 "}) == 42
    assert total_of({}) is None


@given(st.text(max_size=60), st.integers(0, 5000))
def test_shrinking_always_shrinks_and_always_ends(said: str, per_page: int) -> None:
    steps = 0
    while (smaller := smaller_page(said, per_page)) is not None:
        assert 0 < smaller < per_page
        per_page = smaller
        steps += 1
        assert steps < 20
    assert per_page <= 1


@given(st.integers(2, 5000), st.integers(1, 5000))
def test_the_size_that_the_vendor_names_is_taken(asked: int, ceiling: int) -> None:
    said = f"Invalid per_page: {asked}, exceeding max per_page of {ceiling}"
    expected = ceiling if ceiling < asked else asked // 2
    assert smaller_page(said, asked) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("per_page is too large", 500),
        ("Invalid per_page: 1000", 500),
        ("maximum page size is 250", 250),
        ("max: 300", 300),
        ("max 0", 500),
    ],
)
def test_without_a_number_half_is_asked(said: str, expected: int) -> None:
    assert smaller_page(said, 1000) == expected


def test_the_page_size_that_is_told_counts() -> None:
    assert per_page_of({"per-page": "100"}, 1000) == 100
    assert per_page_of({"per-page": "2000"}, 1000) == 1000
    assert per_page_of({"per-page": "0"}, 1000) == 1000
    assert per_page_of({}, 1000) == 1000


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("The date range must not be longer than 91 days", 91),
        ("at most 31 days", 31),
        ("a 30-day window", 30),
        ("range too long", None),
        ("0 days", None),
        ("up to 31 days or 1 day of hours", 1),
    ],
)
def test_the_days_that_the_vendor_allows_are_read(said: str, days: int | None) -> None:
    assert days_allowed(said) == days


@given(st.binary(max_size=200))
def test_any_body_is_json_or_garbled_and_says_something_short(body: bytes) -> None:
    assert len(said_in(body)) <= SAID_CHARACTERS_MAX
    try:
        parse_json(body)
    except GarbledError:
        return
