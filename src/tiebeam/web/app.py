"""The web application: what vendors deliver to, what probes ask, what a collector scrapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.routing import Route

from tiebeam.web.health import healthz, metrics, readyz
from tiebeam.web.webhooks import deliveries

if TYPE_CHECKING:
    from tiebeam.web.parts import Services


def create_app(services: Services) -> FastAPI:
    """Return the application; it has no documentation pages and tells nothing of itself."""
    return _app(Route("/webhooks/procore", deliveries(services), methods=["POST"]), *_probes(services))


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
