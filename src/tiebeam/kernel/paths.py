"""Paths into JSON: `url`, `file.current_version.url`, `questions[].attachments[].url`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

EACH = "[]"


@dataclass(frozen=True, slots=True)
class _Branches:
    """Paths put together by their first steps."""

    ends: tuple[str, ...]
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


def drop(value: Any, paths: tuple[str, ...]) -> Any:
    """Take what the paths name out of `value` itself, and return it."""
    _drop(value, _branches(paths))
    return value


@lru_cache(maxsize=4096)
def last_names(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that the paths end with, each once, sorted."""
    return tuple(sorted({parse_path(path)[-1] for path in paths} - {EACH}))


@lru_cache(maxsize=4096)
def _branches(paths: tuple[str, ...]) -> _Branches:
    return _grown([parse_path(path) for path in paths])


def _grown(paths: list[tuple[str, ...]]) -> _Branches:
    ends = tuple({path[0]: None for path in paths if len(path) == 1})
    steps = dict.fromkeys(path[0] for path in paths if path[0] not in ends)
    grown = {step: _grown([path[1:] for path in paths if path[0] == step]) for step in steps}
    each = grown.pop(EACH, None)
    return _Branches(ends, tuple(grown.items()), each)


def _drop(value: Any, branches: _Branches) -> None:
    if isinstance(value, dict):
        for name in branches.ends:
            value.pop(name, None)
        for name, inner in branches.inner:
            if below := value.get(name):
                _drop(below, inner)
    elif isinstance(value, list) and (each := branches.each) is not None:
        for item in value:
            _drop(item, each)
