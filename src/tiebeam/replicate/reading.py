"""The rows of a page, made canonical, or known by their fingerprints and left alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.connectors.answers import GarbledError, garbled_key, keys_of, read_each
from tiebeam.connectors.ports import Damage
from tiebeam.connectors.streams import Means
from tiebeam.kernel.canonical import UnstorableError, canonical, content_hash
from tiebeam.kernel.moments import parse_moment
from tiebeam.kernel.paths import drop
from tiebeam.replicate.fingerprint import fingerprints
from tiebeam.replicate.model import Incoming
from tiebeam.replicate.plan import day_of, flagged, key_of, value_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tiebeam.connectors.ports import Page
    from tiebeam.connectors.streams import Listing, Stream
    from tiebeam.replicate.fingerprint import Fingerprints
    from tiebeam.replicate.model import Pull


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page, ready to be applied to the pull whose checkpoint it belongs to."""

    reading: Reading
    total: int | None
    calls: int
    after: Pull
    """The pull with its checkpoint moved past this page."""


_ROWS_AT_ONCE = 8
"""How many rows are read at a stretch: the database must not wait while a whole page is."""


@dataclass(slots=True)
class Reading:
    """A page, and how far its rows have been read. Iterate over one of its methods to go on, bit by bit."""

    page: Page
    stream: Stream
    listing: Listing
    rows: list[Incoming] = field(default_factory=list)
    damaged: list[Damage] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """The keys of all rows, in their order, if they are to be known by their fingerprints."""
    fingerprints: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.damaged.extend(self.page.damaged)

    @property
    def good(self) -> int:
        """How many rows could be taken in."""
        return len(self.page.rows) + len(self.page.damaged) - len(self.damaged)

    @property
    def to_be_known(self) -> bool:
        """Whether rows can be known by their fingerprints."""
        return bool(self.keys)

    def take_fingerprints(self) -> Iterator[None]:
        """Take every row's fingerprint, or read the page where they would prove nothing."""
        keys = _distinct_keys(self.stream, self.listing, self.page.rows)
        if keys is None:
            yield from self.read_all()
            return
        take = fingerprints(self.stream.volatile).of_all
        for some in _strides(self.page.rows, 32 * _ROWS_AT_ONCE):
            self.fingerprints.extend(take(some))
            yield
        self.keys = keys

    def read_all(self) -> Iterator[None]:
        """Read every row."""
        for some in _strides(self.page.rows, _ROWS_AT_ONCE):
            self._read(some)
            yield

    def read(self, places: Iterable[int]) -> None:
        """Read the rows at these places of the page, counted from 0."""
        self._read([self.page.rows[place] for place in places])

    def seen(self, gone: Sequence[str]) -> list[str]:
        """Return the keys of all that the page showed to exist, read, damaged or known, without `gone`."""
        keys = dict.fromkeys(self.keys)
        keys |= dict.fromkeys(row.key for row in self.rows)
        keys |= dict.fromkeys(damage.key for damage in self.damaged if damage.key)
        for key in gone:
            del keys[key]
        return list(keys)

    def _read(self, raws: Sequence[bytes]) -> None:
        rows: list[Incoming] = []
        texts: list[bytes] = []
        for raw, row in zip(raws, read_each(raws), strict=True):
            try:
                rows.append(whole(self.stream, _good(row), means=self.listing.means))
            except (UnstorableError, GarbledError) as error:
                self.damaged.append(Damage(str(error), raw, garbled_key(raw, self.stream.key)))
                continue
            texts.append(raw)
        if rows and knowable(self.stream, self.listing.means):
            _note_fingerprints(fingerprints(self.stream.volatile), rows, texts)
        self.rows += rows


def _good(row: dict[str, Any] | GarbledError) -> dict[str, Any]:
    if isinstance(row, GarbledError):
        raise row
    return row


def _note_fingerprints(known_by: Fingerprints, rows: Sequence[Incoming], texts: Sequence[bytes]) -> None:
    proven = known_by.proves_all([row.data for row in rows])
    for row, taken, proves in zip(rows, known_by.of_all(texts), proven, strict=True):
        if proves:
            row.fingerprint = taken


def whole(stream: Stream, row: dict[str, Any], *, means: Means = Means.LIVE) -> Incoming:
    """Make a row canonical: its times read, hashed, and what is volatile taken out of `row` itself.

    Raises UnstorableError.
    """
    key = key_of(stream, row)
    vendor_at = parse_moment(value_at(row, stream.vendor_time)) if stream.vendor_time else None
    day = day_of(row, stream.day_field) if stream.day_field else None
    gone = means is Means.DELETED or (means is Means.FLAGGED and flagged(stream, row))
    data = canonical(drop(row, stream.volatile))
    return Incoming(key, data, content_hash(data), vendor_at, day, gone)


def knowable(stream: Stream, means: Means) -> bool:
    """Whether rows of a listing can be known by their text alone: the whole record, and not from a bin."""
    return stream.detail is None and means is not Means.DELETED


def merged(listed: dict[str, Any], detail: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return a whole record, the detail over the row of the listing, and its text as far as it has one."""
    row = {**listed, **detail}
    try:
        return row, orjson.dumps(row)
    except (TypeError, orjson.JSONEncodeError):
        return row, repr(row).encode("utf-8", "backslashreplace")


def _distinct_keys(stream: Stream, listing: Listing, rows: Sequence[bytes]) -> list[str] | None:
    """Return the keys of rows that may be known by their text: none comes twice, and each can be stored."""
    keys = keys_of(rows, stream.key) if knowable(stream, listing.means) else None
    if keys is None or len(set(keys)) != len(keys) or any("\0" in key for key in keys):
        return None
    return keys


def _strides(rows: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
