"""Writes as data: the method, the path, the query and the body, exactly as they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiebeam.connectors.outcomes import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

SYNC_MAX = 1000
"""The most updates that one sync takes."""


@dataclass(frozen=True, slots=True)
class Write:
    """One call that makes or changes records.

    In `body`, `UPLOAD` stands where the id of an uploaded file goes: files have no id before they are there.
    """

    method: str
    path: str
    body: Mapping[str, Any]
    query: tuple[tuple[str, str], ...] = ()
    place: Place = Place.TOOL


UPLOAD = "$upload"


def with_upload(value: Any, uuid: str) -> Any:
    """Return a body in which `UPLOAD` is the id of an upload."""
    if isinstance(value, dict):
        return {name: with_upload(inner, uuid) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_upload(inner, uuid) for inner in value]
    return uuid if value == UPLOAD else value


def project_path(project_id: str, rest: str, *, version: str = "v1.0") -> str:
    """Return a path within a project."""
    return f"/rest/{version}/projects/{project_id}/{rest}"


def of_project(project_id: str, *rest: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Return a query that names the project."""
    return (("project_id", project_id), *rest)
