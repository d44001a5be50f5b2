"""Cells of the tables that are given away as CSV. What stands in them is others' words."""

from __future__ import annotations

import re
from typing import Final

_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?")
_FORMULA: Final = tuple("=+-@＝＋－＠")  # noqa: RUF001 - Spreadsheets take the wide ones for the narrow.
_BREAKS: Final = ("\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula.

    One that begins like a formula gets an apostrophe before it; a plain number, also a negative one, stays.
    """
    if _NUMBER.fullmatch(text):
        return text
    dangerous = text.startswith(_BREAKS) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if dangerous else text
