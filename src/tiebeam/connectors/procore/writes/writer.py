"""Writes made and lists read for one company, through its client; nothing is written twice here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.connectors.answers import ShapeError, parse_json
from tiebeam.connectors.outcomes import Place, outcome_of
from tiebeam.connectors.paging import has_next
from tiebeam.connectors.ports import Refusal, RefusalKind, Share
from tiebeam.connectors.procore.client import Call
from tiebeam.connectors.procore.errors import ROWS
from tiebeam.connectors.sayings import said_in
from tiebeam.kernel.errors import Owner

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.connectors.ports import Query, Response
    from tiebeam.connectors.procore.client import ProcoreClient
    from tiebeam.connectors.procore.writes.plan import Write

Row = dict[str, Any]
_PER_PAGE = 100
PAGES_MAX = 500
"""How far a list is searched. Beyond that nobody can say that something is not there."""

BEGIN_SECONDS = 100.0
"""How long a write waits for its turn. A look at what it made must not come before it.

Longer than two turns of the share that pays for it are ever apart while everybody wants theirs: of 600 calls
an hour it has one in 40 seconds, counted in slots of 30.
"""


class ProcoreWriter:
    """Makes writes and looks for what they made."""

    def __init__(self, client: ProcoreClient, share: Share = Share.DEMAND) -> None:
        self.client = client
        self.share = share

    async def write(self, write: Write) -> list[Row] | Refusal:
        """Make a write once and return the records that it made or changed, at least one.

        A refusal says by `maybe_done` whether to look before it is made again. Of a sync, one refused record
        refuses the whole, though others may be done: an upsert can be made again. Raises TiebeamError when
        nothing can succeed before somebody acts; nothing was done then.
        """
        call = Call(write.path, write.query, self.share, write.place)
        got = await self.client.write(
            write.method, call, _records, content=write.body, begin_seconds=BEGIN_SECONDS
        )
        if isinstance(got, Refusal):
            return got
        rows, errors = got.value
        return _sync_refused(errors, write.place) if errors else rows

    async def one(self, path: str, query: Query = ()) -> Row | Refusal:
        """Return one record. Otherwise as ProcoreClient.get."""
        got = await self.client.get(Call(path, query, self.share, Place.TOOL), _record)
        return got if isinstance(got, Refusal) else got.value

    async def search(
        self, path: str, query: Query, wanted: Callable[[Row], bool], *, count: int = 1
    ) -> list[Row] | Refusal:
        """Return up to `count` records of a list that are wanted; fewer only when no more are there."""
        found: list[Row] = []
        for page in range(1, PAGES_MAX + 1):
            asked = (*query, ("page", str(page)), ("per_page", str(_PER_PAGE)))
            got = await self.client.get(Call(path, asked, self.share, Place.TOOL), _listed)
            if isinstance(got, Refusal):
                return got
            found += [row for row in got.value if wanted(row)]
            if len(found) >= count or not has_next(got.response.headers, page=page, rows=len(got.value)):
                return found[:count]
        return TOO_LONG


TOO_LONG = Refusal(
    RefusalKind.BAD_REQUEST,
    "procore.list_too_long",
    "Procore's list is too long to be searched for what may have been written already.",
    "Look in Procore whether it is there; if it is not, have it sent again.",
    owner=Owner.ADMIN,
)


def _records(response: Response) -> tuple[list[Row], list[Any]]:
    """Return the records of a write's answer, and what a sync refused. Raises ShapeError."""
    said = parse_json(response.body)
    errors: list[Any] = []
    if isinstance(said, dict) and "entities" in said:
        errors, said = said.get("errors") or [], said["entities"]
    rows = said if isinstance(said, list) else [said]
    if not all(isinstance(row, dict) and row for row in rows) or not (rows or errors):
        raise ShapeError("the record that was written was promised")
    return rows, errors


def _sync_refused(errors: list[Any], place: Place) -> Refusal:
    """Return the refusal of a sync, which answers 200 whatever happens."""
    said = said_in(orjson.dumps({"errors": [error.get("errors", error) for error in errors]}))
    return outcome_of(ROWS, status=422, said=said, place=place).refusal(1)


def _record(response: Response) -> Row:
    said = parse_json(response.body)
    if not isinstance(said, dict):
        raise ShapeError("an object was promised")
    return said


def _listed(response: Response) -> list[Row]:
    said = parse_json(response.body)
    if not isinstance(said, list) or not all(isinstance(row, dict) for row in said):
        raise ShapeError("a list of objects was promised")
    return said
