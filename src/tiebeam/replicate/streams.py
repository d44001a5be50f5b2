"""Which vendors can be read, and how: the only place that sees a connector's reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.connectors.procore.catalog.streams import STREAMS as PROCORE_STREAMS
from tiebeam.connectors.procore.hook_calls import HookCalls
from tiebeam.connectors.procore.reads import Company, Login, ProcoreReader, list_companies, whoami
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from tiebeam.connectors.ports import Reader, Share
    from tiebeam.connectors.procore.client import ProcoreClient
    from tiebeam.connectors.streams import Stream

__all__ = [
    "STREAMS",
    "Company",
    "Login",
    "find_stream",
    "procore_companies",
    "procore_hooks",
    "procore_login",
    "procore_reader",
]

STREAMS: tuple[Stream, ...] = PROCORE_STREAMS


def find_stream(name: str) -> Stream:
    """Return a stream by its full name or by its view's. Raises BadInputError that lists what there is."""
    for stream in STREAMS:
        if name in (stream.name, stream.view):
            return stream
    known = ", ".join(sorted(stream.view for stream in STREAMS))
    raise BadInputError(f"There is no kind of record called {name!r}.", action=f"Choose among: {known}.")


def procore_reader(client: ProcoreClient) -> Reader:
    """Return what reads Procore through a client."""
    return ProcoreReader(client, STREAMS)


def procore_hooks(client: ProcoreClient, share: Share) -> HookCalls:
    """Return what asks Procore to deliver, and for what it has delivered."""
    return HookCalls(client, share)


async def procore_companies(client: ProcoreClient) -> tuple[Company, ...]:
    """Return the companies that a client may see. Raises TiebeamError."""
    return await list_companies(client)


async def procore_login(client: ProcoreClient) -> Login:
    """Return whom a client acts as. Raises TiebeamError."""
    return await whoami(client)
