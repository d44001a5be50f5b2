"""From a method and a path to the handler that answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tiebeam.simulators.base.messages import SimResponse
from tiebeam.simulators.procore.calls import Call

Handler = Callable[[Call], SimResponse]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    `path` has parameters in braces. `in_project` makes the doors ask for a project (in the path or the
    query) and for `tool` in it; `header` says whether the company header is demanded; `resource` is what a
    list shows.
    """

    method: str
    path: str
    handler: Handler
    tool: str | None = None
    in_project: bool = False
    header: bool = True
    resource: str | None = None


@dataclass(slots=True)
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """Routes by path segment; a literal segment wins over a parameter."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Raises ValueError when two routes have the same method and path."""
        self._root = _Node()
        for route in routes:
            self._add(route)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and its parameters, or None."""
        segments = path.strip("/").split("/")
        node = _walk(self._root, segments, 0, method)
        if node is None:
            return None
        route = node.routes[method]
        names = route.path.strip("/").split("/")
        pairs = zip(names, segments, strict=True)
        return route, {name[1:-1]: value for name, value in pairs if name.startswith("{")}

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.path.strip("/").split("/"):
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literal.setdefault(segment, _Node())
        if route.method in node.routes:
            raise ValueError(f"{route.method} {route.path} is routed twice: remove one of the two")
        node.routes[route.method] = route


def _walk(node: _Node, segments: list[str], depth: int, method: str) -> _Node | None:
    if depth == len(segments):
        return node if method in node.routes else None
    for child in (node.literal.get(segments[depth]), node.parameter):
        found = _walk(child, segments, depth + 1, method) if child is not None else None
        if found is not None:
            return found
    return None
