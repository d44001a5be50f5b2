"""Paths into JSON: `url`, `file.current_version.url`, `questions[].attachments[].url`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import is_not
from typing import Any

EACH = "[]"


@dataclass(frozen=True, slots=True)
class _Branches:
    """Paths put together by their first steps."""

    ends: frozenset[str]
    """Where a path ends: that member goes, with all that lies below."""
    inner: tuple[tuple[str, _Branches], ...]
    each: _Branches | None
    """What goes from every item of a list."""


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
def _branches(paths: tuple[str, ...]) -> _Branches:
    return _grown([parse_path(path) for path in paths])


def _grown(paths: list[tuple[str, ...]]) -> _Branches:
    ends = frozenset(path[0] for path in paths if len(path) == 1)
    steps = dict.fromkeys(path[0] for path in paths if path[0] not in ends)
    grown = {step: _grown([path[1:] for path in paths if path[0] == step]) for step in steps}
    each = grown.pop(EACH, None)
    return _Branches(ends, tuple(grown.items()), each)


def _without(value: Any, branches: _Branches) -> Any:
    if isinstance(value, dict):
        return _without_members(value, branches)
    if isinstance(value, list) and (each := branches.each) is not None:
        items = [_without(item, each) for item in value]
        return items if any(map(is_not, items, value)) else value
    return value


def _without_members(value: dict[str, Any], branches: _Branches) -> dict[str, Any]:
    kept = value
    ends = branches.ends
    if ends and not ends.isdisjoint(value):
        kept = {key: item for key, item in value.items() if key not in ends}
    for step, inner in branches.inner:
        if item := value.get(step):
            left = _without(item, inner)
            if left is not item:
                kept = dict(value) if kept is value else kept
                kept[step] = left
    return kept
