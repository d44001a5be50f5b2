"""Paths into JSON: `url`, `file.current_version.url`, `questions[].attachments[].url`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

EACH = "[]"


@lru_cache(maxsize=4096)
def parse_path(path: str) -> tuple[str, ...]:
    """Split `a[].b` into `("a", "[]", "b")`. Raises ValueError for an empty step."""
    steps = tuple(step for step in path.replace(EACH, f".{EACH}").split("."))
    if not all(steps):
        raise ValueError(f"path {path!r} has an empty step")
    return steps


def without(value: Any, paths: tuple[str, ...]) -> Any:
    """Return `value` less what the paths name; what they do not touch is shared, never copied."""
    for path in paths:
        value = _without(value, parse_path(path))
    return value


def _without(value: Any, steps: tuple[str, ...]) -> Any:
    step, rest = steps[0], steps[1:]
    if step == EACH:
        return [_without(item, rest) for item in value] if isinstance(value, list) else value
    if not isinstance(value, dict) or step not in value:
        return value
    if not rest:
        return {key: item for key, item in value.items() if key != step}
    inner = _without(value[step], rest)
    return value if inner is value[step] else {**value, step: inner}
