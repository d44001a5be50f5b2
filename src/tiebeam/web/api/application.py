"""The API as an application of its own, mounted at /api/v1 of the console's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route

from tiebeam.web.api.problems import ProblemBody, told_of_http, told_of_values
from tiebeam.web.api.rates import Rates
from tiebeam.web.api.reference import reference, swagger
from tiebeam.web.api.resources import (
    alerts,
    audit,
    automations,
    boards,
    channels,
    conflicts,
    connections,
    deletions,
    field,
    field_event,
    field_setting,
    history,
    jobs,
    keys,
    outside,
    pairs,
    people,
    photos,
    push,
    push_procore,
    queue,
    records,
    retention,
    schedules,
    streams,
    syncs,
    webhooks,
    you,
)

if TYPE_CHECKING:
    from tiebeam.web.parts import House

PATH: Final = "/api/v1"
VERSION: Final = "1"
CALLS_PER_MINUTE: Final = 1200
_WITHOUT_VERSION: Final = "jobs/[^/]+/(?:sync-to-board|board-item)|items/[^/]+/(?:sync-to-job|job)"
_ROUTERS: Final = (
    you.ROUTER,
    connections.ROUTER,
    streams.ROUTER,
    records.ROUTER,
    syncs.ROUTER,
    history.ROUTER,
    queue.ROUTER,
    schedules.ROUTER,
    alerts.ROUTER,
    channels.ROUTER,
    retention.ROUTER,
    deletions.ROUTER,
    webhooks.ROUTER,
    field.ROUTER,
    field_event.ROUTER,
    photos.ROUTER,
    field_setting.ROUTER,
    push.ROUTER,
    push_procore.ROUTER,
    jobs.ROUTER,
    boards.ROUTER,
    outside.ROUTER,
    pairs.ROUTER,
    conflicts.ROUTER,
    automations.ROUTER,
    audit.ROUTER,
    people.ROUTER,
    keys.ROUTER,
)
_ABOUT: Final = (
    "Everything that the console shows and does, for programs. Send an API key as "
    "`Authorization: Bearer tb_…`; its scopes are the permissions that `x-permission` of each "
    "operation names. Every error is problem+json with a code, a cause and an action."
)
_SCHEMES: Final = {
    "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key: `tb_…`."},
    "session": {"type": "apiKey", "in": "cookie", "name": "tiebeam_session"},
}


class _Door(Mount):
    """Everything below the path, also an address with a line break in it, which is no page of the console."""

    def __init__(self, path: str, app: FastAPI) -> None:
        super().__init__(path, app)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


class _NamedDoor(Mount):
    """The few operations that have an address without a version, too."""

    def __init__(self, path: str, app: FastAPI, operations: str) -> None:
        super().__init__(path, app)
        self.path_regex = re.compile(f"^{path}/(?P<path>{operations})$")


def doors(house: House) -> list[Mount]:
    """Return where the API is reached."""
    made = create_api(house)
    return [_Door(PATH, made), _NamedDoor("/api", made, _WITHOUT_VERSION)]


def create_api(house: House, *, calls_per_minute: int = CALLS_PER_MINUTE) -> FastAPI:
    """Return the API; `calls_per_minute` is what one caller may ask of one process."""
    made = FastAPI(
        title="Tiebeam",
        version=VERSION,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        root_path_in_servers=False,
        servers=[{"url": PATH}],
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    made.state.house = house
    made.state.rates = Rates(house.clock, calls_per_minute)
    made.add_exception_handler(HTTPException, told_of_http)
    made.add_exception_handler(RequestValidationError, told_of_values)
    for router in _ROUTERS:
        made.include_router(router)
    for path in ("/docs", "/docs/{tag}"):
        made.router.routes.append(Route(path, reference(made), methods=["GET"]))
    made.router.routes.append(Route("/swagger", swagger, methods=["GET"]))
    made.openapi = _documented(made)  # type: ignore[method-assign]  # FastAPI's own way to extend it.
    return made


def _documented(made: FastAPI) -> Any:
    plain = made.openapi

    def document() -> dict[str, Any]:
        if made.openapi_schema is None:
            found = plain()
            parts = found.setdefault("components", {})
            parts["securitySchemes"] = _SCHEMES
            parts["schemas"] |= _schemas_of_problems()
            found["security"] = [{"apiKey": []}, {"session": []}]
            made.openapi_schema = found
        return made.openapi_schema

    return document


def _schemas_of_problems() -> dict[str, Any]:
    made = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    inner: dict[str, Any] = made.pop("$defs", {})
    return {ProblemBody.__name__: made, **inner}
