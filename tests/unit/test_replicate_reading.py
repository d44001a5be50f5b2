"""A page's rows: which are known by their text, and which records a page shows to exist."""

from __future__ import annotations

from tiebeam.connectors.ports import Page
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.replicate.reading import Reading

SUBMITTALS = next(stream for stream in STREAMS if stream.name == "procore.submittals")


def reading_of(*rows: bytes) -> Reading:
    page = Page(rows=rows, has_next=False, total=len(rows), per_page=100, calls=1, server_date=None)
    return Reading(page, SUBMITTALS, SUBMITTALS.listings[0])


def test_a_row_that_names_its_key_twice_shows_the_record_that_reading_it_makes() -> None:
    reading = reading_of(b'{"id":1,"title":"a","id":2}', b'{"id":3}')
    for _ in reading.take_fingerprints():
        pass
    assert reading.keys == ["1", "3"]
    reading.read([0])
    assert [row.key for row in reading.rows] == ["2"]
    assert set(reading.seen([])) >= {"2", "3"}


def test_the_fingerprints_taken_before_reading_are_those_noted_with_the_rows() -> None:
    rows = [
        b'{"id":%d,"attachments":[{"url":"https://x/%d"}]}' % (number, number) for number in range(1, 300)
    ]
    known, read = reading_of(*rows), reading_of(*rows)
    for _ in known.take_fingerprints():
        pass
    for _ in read.read_all():
        pass
    assert known.fingerprints == [row.fingerprint for row in read.rows]
    assert known.keys == [row.key for row in read.rows]
