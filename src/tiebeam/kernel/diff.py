"""Differences between two JSON values, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Op(StrEnum):
    """What became of a field."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs: its path (`approvers.0.response.name`) and both values."""

    op: Op
    path: str
    before: Any = None
    after: Any = None


def differences(before: Any, after: Any, path: str = "") -> list[Difference]:
    """Return what turns `before` into `after`, in the order of the paths. Lists are compared by position."""
    return list(_walk(before, after, path))


def _walk(before: Any, after: Any, path: str) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _walk_mapping(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _walk_mapping(_numbered(before), _numbered(after), path)
    elif before != after or type(before) is not type(after):
        yield Difference(Op.CHANGED, path, before, after)


def _walk_mapping(before: dict[str, Any], after: dict[str, Any], path: str) -> Iterator[Difference]:
    for key in list(before) + [key for key in after if key not in before]:
        inner = f"{path}.{key}" if path else key
        if key not in after:
            yield Difference(Op.REMOVED, inner, before=before[key])
        elif key not in before:
            yield Difference(Op.ADDED, inner, after=after[key])
        else:
            yield from _walk(before[key], after[key], inner)


def _numbered(items: list[Any]) -> dict[str, Any]:
    return {str(index): item for index, item in enumerate(items)}
