"""The web application: what vendors deliver to, what probes ask, what a collector scrapes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.routing import Route

from tiebeam.web.api.application import doors
from tiebeam.web.assets import static
from tiebeam.web.guard import nowhere, route
from tiebeam.web.headers import SecurityHeaders
from tiebeam.web.health import healthz, metrics, readyz
from tiebeam.web.pages.table import ROWS
from tiebeam.web.rendering import ENVIRONMENT
from tiebeam.web.webhooks import Doorway

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from tiebeam.web.parts import House, Services


def create_app(services: Services, house: House | None = None) -> ASGIApp:
    """Return the application: the door for deliveries, the probes and, with a `house`, the console."""
    return Doorway(_app(*_probes(services)) if house is None else _console(services, house), services)


def _console(services: Services, house: House) -> FastAPI:
    ENVIRONMENT.globals["pages"] = frozenset(row.path for row in ROWS if row.method == "GET")
    pages = [route(row, house) for row in ROWS]
    made = _app(*_probes(services), Route("/static/{version}/{name}", static), *pages)
    made.router.routes.extend(doors(house))
    made.add_middleware(SecurityHeaders)
    made.add_exception_handler(404, partial(nowhere, house))
    return made


def create_probes(services: Services) -> FastAPI:
    """Return what a process without pages serves: whether it lives and is ready, and its numbers."""
    return _app(*_probes(services))


def _probes(services: Services) -> list[Route]:
    return [
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz(services), methods=["GET"]),
        Route("/metrics", metrics(services), methods=["GET"]),
    ]


def _app(*routes: Route) -> FastAPI:
    return FastAPI(title="Tiebeam", docs_url=None, redoc_url=None, openapi_url=None, routes=[*routes])
