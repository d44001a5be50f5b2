"""Everything that a simulated vendor really served, by stream and key: what is not in here was invented."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import orjson
from tests.simulation.truths import stable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tiebeam.connectors.ports import Request, Response, Transport
    from tiebeam.connectors.streams import Stream
    from tiebeam.kernel.clock import Clock


class Journal:
    """The stable contents served for each record: of listings and of details apart."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self._listings = [
            (_pattern(listing.path), stream) for stream in streams for listing in stream.listings
        ]
        self._details = [(_pattern(stream.detail), stream) for stream in streams if stream.detail]
        self._listed: dict[tuple[str, str], set[bytes]] = defaultdict(set)
        self._detailed: dict[tuple[str, str], set[bytes]] = defaultdict(set)

    def note(self, path: str, body: bytes) -> None:
        """Take in an answer that was a success."""
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            return
        for pattern, stream in self._listings:
            if pattern.fullmatch(path):
                for row in _objects(value):
                    self._keep(self._listed, stream, row)
        for pattern, stream in self._details:
            if pattern.fullmatch(path) and isinstance(value, dict):
                self._keep(self._detailed, stream, value)

    def streams_of(self, path: str) -> set[str]:
        """Return the streams that a path lists or shows."""
        known = (*self._listings, *self._details)
        return {stream.name for pattern, stream in known if pattern.fullmatch(path)}

    def served(self, stream: Stream, key: str, payload: Any, *, unfetched: bool) -> bool:
        """Say whether `payload` is something that was served for `key`.

        `unfetched` allows a row without its detail, as the recycle bin gives it.
        """
        content = _bytes(payload)
        listed = self._listed[stream.name, key]
        if stream.detail is None or unfetched:
            return content in listed
        details = [orjson.loads(data) for data in self._detailed[stream.name, key]]
        return any(_bytes({**orjson.loads(row), **detail}) == content for row in listed for detail in details)

    def _keep(self, kept: dict[tuple[str, str], set[bytes]], stream: Stream, row: dict[str, Any]) -> None:
        key: Any = row
        for step in stream.key.split("."):
            key = key.get(step) if isinstance(key, dict) else None
        kept[stream.name, str(key)].add(_bytes(row))


class JournalTransport:
    """A transport that writes down what comes back, and who calls while asked to wait."""

    def __init__(self, inner: Transport, journal: Journal, clock: Clock) -> None:
        self._inner = inner
        self._journal = journal
        self._clock = clock
        self._paused_until = float("-inf")
        self.impatient: list[str] = []
        """Calls made before a pause was over that the vendor had asked for with a 429."""

    async def send(self, request: Request) -> Response:
        path = request.url.partition("//")[2].partition("/")[2]
        now = self._clock.monotonic()
        if now < self._paused_until and path.startswith("rest/"):
            self.impatient.append(f"{path} came {self._paused_until - now:.1f} s too early")
        response = await self._inner.send(request)
        if response.status == 200:
            self._journal.note(path, response.body)
        if response.status == 429:
            asked = float(response.headers.get("retry-after", 1))
            self._paused_until = max(self._paused_until, self._clock.monotonic() + asked)
        return response


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{[a-z_]+\}", path.lstrip("/"))
    return re.compile("[^/]+".join(map(re.escape, parts)))


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a listing, whatever wraps them."""
    if isinstance(value, dict):
        inner = value.get("data")
        yield from _objects(inner) if isinstance(inner, list) else iter((value,))
        return
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict) and "group_title" in item:
            yield from (row for rows in item.values() if isinstance(rows, list) for row in rows)
        elif isinstance(item, dict):
            yield item


def _bytes(value: Any) -> bytes:
    return orjson.dumps(stable(value), option=orjson.OPT_SORT_KEYS)
