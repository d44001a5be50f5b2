"""What is named in an address: streams, connections and projects, told apart from what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

from fastapi import Path, Query
from pydantic import StringConstraints

from tiebeam.connectors.streams import Scope
from tiebeam.kernel.errors import BadInputError
from tiebeam.replicate.explorer.repository import Explorer
from tiebeam.replicate.history.repository import History
from tiebeam.replicate.streams import find_stream
from tiebeam.web.api.problems import nothing_there

if TYPE_CHECKING:
    from tiebeam.connectors.streams import Stream
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.web.api.asker import Ask

_NO_ZERO: Final = r"^[^\x00]*$"
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
View = Annotated[str, Path(max_length=100, description="The stream's view, such as `rfis`.")]
Key = Annotated[str, Path(max_length=500, description="The record's key in the vendor's system.")]
ProjectId = Annotated[
    str | None,
    Query(max_length=100, pattern=r"^[^\x00/]+$", description="Only of this project: its Procore id."),
]
ConnectionId = Annotated[UUID | None, Query(description="Only of this connection.")]
Words = Annotated[str, StringConstraints(max_length=200, pattern=_NO_ZERO)]


def stream_of(view: str) -> Stream:
    """Return a stream by its view. Raises Problem 404."""
    try:
        return find_stream(view)
    except BadInputError:
        raise nothing_there("such stream") from None


async def connection_of(ask: Ask, connection_id: UUID) -> Connection:
    """Return a connection of the asker's company. Raises Problem 404."""
    found = await (await ask.app()).connections()
    for one in found:
        if one.id == connection_id:
            return one
    raise nothing_there("such connection")


async def connections_of(ask: Ask, connection_id: UUID | None) -> list[Connection]:
    """Return one connection, or all when none is named. Raises Problem 404."""
    if connection_id is not None:
        return [await connection_of(ask, connection_id)]
    return await (await ask.app()).connections()


async def explorer_of(ask: Ask) -> Explorer:
    """Return what looks things up for the asker, and finds nothing that they may not see."""
    return Explorer((await ask.app()).store, ask.asker.tenant.id, ask.asker.projects)


async def history_of(ask: Ask) -> History:
    """Return what tells the asker of what was done, as far as they may know of it."""
    return History((await ask.app()).store, ask.asker.tenant.id, ask.asker.projects)


def require_seen(ask: Ask, project_id: str | None) -> None:
    """Raise Problem 404 for a project that the asker does not see."""
    if not ask.asker.sees(project_id):
        raise nothing_there("such project")


def project_of(scope_text: str) -> str | None:
    """Return the project that a scope lies in."""
    return Scope.parse(scope_text).project_id
