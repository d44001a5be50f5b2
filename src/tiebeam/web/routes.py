"""Every page and every action of the console, as a table: where it is, and who may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.responses import Response

    from tiebeam.identity.permissions import Permission
    from tiebeam.web.call import Call

    Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Row:
    """A page (GET) or an action (POST)."""

    method: str
    path: str
    permission: Permission | None
    """What it takes. None: nothing, and nobody need be signed in."""
    handler: Handler
