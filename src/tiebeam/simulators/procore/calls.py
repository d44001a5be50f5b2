"""One authorised call, as a handler sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from tiebeam.simulators.procore.errors import ApiError, missing_parameter, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tiebeam.simulators.base.messages import SimRequest
    from tiebeam.simulators.procore.cache import ListingCache
    from tiebeam.simulators.procore.options import ProcoreOptions
    from tiebeam.simulators.procore.render import Renderer
    from tiebeam.simulators.procore.state import ProcoreState
    from tiebeam.simulators.procore.storage import Storeroom
    from tiebeam.simulators.procore.webhooks.outbox import Webhooks

_TRUE = frozenset({"true", "1", "t", "yes"})
_FALSE = frozenset({"false", "0", "f", "no"})


class Query:
    """A query string's parameters; the same name may stand more than once."""

    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        self.pairs = pairs
        self._first: dict[str, str] = {}
        for name, value in pairs:
            self._first.setdefault(name, value)

    def get(self, name: str) -> str | None:
        """The first value of a parameter; an empty one counts as absent."""
        return self._first.get(name) or None

    def many(self, name: str) -> tuple[str, ...]:
        """Every value of an array parameter, however written: `x[]=1&x[]=2`, `x=1,2` or `x=[1,2]`."""
        values = [value for key, value in self.pairs if key in (name, f"{name}[]")]
        parts = [part.strip(" \"'") for value in values for part in value.strip("[] ").split(",")]
        return tuple(part for part in parts if part)

    def flag(self, name: str) -> bool | None:
        """A boolean parameter; None when absent or neither."""
        value = (self.get(name) or "").lower()
        return True if value in _TRUE else False if value in _FALSE else None

    def integer(self, name: str) -> int | None:
        """A whole number; None when absent or not one."""
        value = self.get(name)
        return int(value) if value is not None and value.lstrip("-").isdecimal() else None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: the app, and the user or service account it acts as."""

    client_id: str
    token: str
    user: Mapping[str, Any]
    service: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed the doors, with what a handler needs to answer it."""

    request: SimRequest
    params: Mapping[str, str]
    query: Query
    state: ProcoreState
    options: ProcoreOptions
    renderer: Renderer
    listings: ListingCache
    principal: Principal
    moment: datetime
    base_url: str
    storeroom: Storeroom
    webhooks: Webhooks

    def integer_param(self, name: str) -> int:
        """A whole number from the path; anything else is a 404, as no route would match."""
        value = self.params[name]
        if not value.isdecimal():
            raise not_found()
        return int(value)

    def project_id(self) -> int:
        """The project of the call, from the path or the query. 400 when it is nowhere."""
        if "project_id" in self.params:
            return self.integer_param("project_id")
        project_id = self.query.integer("project_id")
        if project_id is None:
            raise missing_parameter("project_id")
        return project_id

    def project(self) -> dict[str, Any]:
        """The fields of the call's project."""
        return self.state.get("projects", self.project_id())


def open_project(state: ProcoreState, project_id: int, tool: str | None) -> None:
    """Let the caller into a project's tool, or refuse: 404 unknown, 403 not permitted or switched off."""
    row = state.tables["projects"].find(project_id)
    if row is None or row.hidden:
        raise not_found("The project")
    if not state.project_permitted(project_id):
        raise ApiError(403, "You do not have permission to access this project")
    if tool is not None and not state.tool_enabled(project_id, tool):
        raise ApiError(403, f"The {tool} tool is not enabled in this project, or you may not use it")


def read_fields(request: SimRequest) -> dict[str, Any]:
    """The flat fields of a JSON or form body; raises ApiError 400 when it is neither."""
    try:
        if "json" in request.headers.get("content-type", ""):
            decoded = json.loads(request.body or b"{}")
        else:
            decoded = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    except ValueError as error:
        raise ApiError(400, "The request body could not be read as what its Content-Type says") from error
    if not isinstance(decoded, dict):
        raise ApiError(400, "The request body must be an object")
    return decoded
