"""Paths into JSON: `url`, `file.current_version.url`, `questions[].attachments[].url`."""

from __future__ import annotations

from functools import lru_cache
from operator import is_not
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

EACH = "[]"

Branches: TypeAlias = "Mapping[str, Branches | None]"
"""Paths put together by their first steps; None where a path ends."""


@lru_cache(maxsize=4096)
def parse_path(path: str) -> tuple[str, ...]:
    """Split `a[].b` into `("a", "[]", "b")`. Raises ValueError for an empty step."""
    steps = tuple(step for step in path.replace(EACH, f".{EACH}").split("."))
    if not all(steps):
        raise ValueError(f"path {path!r} has an empty step")
    return steps


def without(value: Any, paths: tuple[str, ...]) -> Any:
    """Return `value` less what the paths name; what they do not touch is shared, never copied."""
    return _without(value, _branches(paths))


@lru_cache(maxsize=4096)
def _branches(paths: tuple[str, ...]) -> Branches:
    root: dict[str, Any] = {}
    for path in paths:
        *above, last = parse_path(path)
        inner: dict[str, Any] | None = root
        for step in above:
            # A path that ends higher up has already taken all that lies below.
            inner = inner.setdefault(step, {}) if inner is not None else None
        if inner is not None:
            inner[last] = None
    return root


def _without(value: Any, branches: Branches) -> Any:
    if isinstance(value, dict):
        return _without_members(value, branches)
    if isinstance(value, list) and (inner := branches.get(EACH)) is not None:
        items = [_without(item, inner) for item in value]
        return items if any(map(is_not, items, value)) else value
    return value


def _without_members(value: dict[str, Any], branches: Branches) -> dict[str, Any]:
    kept = value
    for step, inner in branches.items():
        if step not in value:
            continue
        item = value[step]
        left = item if inner is None else _without(item, inner)
        if inner is not None and left is item:
            continue
        kept = dict(value) if kept is value else kept
        if inner is None:
            del kept[step]
        else:
            kept[step] = left
    return kept
