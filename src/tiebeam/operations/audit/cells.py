"""Cells of the tables that a trail is given as."""

from __future__ import annotations

from typing import Any, Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: Any) -> Any:
    """Return a cell that a spreadsheet does not take for a formula: names and details are others' words."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
