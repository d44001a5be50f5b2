"""Values of records as a page shows them: cut where the page would grow too long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from markupsafe import escape

from tiebeam.kernel.moments import parse_moment
from tiebeam.web.rendering import utc

if TYPE_CHECKING:
    from tiebeam.connectors.streams import Column


class Room:
    """How many bytes of a page are left for what vendors wrote."""

    def __init__(self, bytes_left: int) -> None:
        self._left = bytes_left
        self.cut = False
        """Whether anything had to be cut."""

    @property
    def full(self) -> bool:
        """Whether nothing more fits."""
        return self._left <= 0

    def fit(self, text: str, most: int) -> str:
        """Return a text or its beginning: at most so many bytes as HTML, and no more than there is room."""
        allowed = max(0, min(most, self._left))
        used = _size(text[: allowed + 1])
        if used <= allowed and len(text) <= allowed + 1:
            self._left -= used
            return text
        self.cut = True
        kept = text[:allowed]
        while kept and _size(kept) > allowed:
            kept = kept[: min(len(kept) - 1, len(kept) * allowed // _size(kept))]
        self._left -= _size(kept)
        return f"{kept}…"


def _size(text: str) -> int:
    return len(str(escape(text)).encode())


def in_words(column: Column, given: Any) -> str:
    """Return a value of a typed column as people read it."""
    if isinstance(given, bool):
        return "yes" if given else "no"
    if column.type == "timestamptz" and (moment := parse_moment(given)):
        return utc(moment)
    return plain(given)


def plain(given: Any) -> str:
    """Return any value on one line."""
    if given is None:
        return ""
    if isinstance(given, bool):
        return "yes" if given else "no"
    return given if isinstance(given, str) else orjson.dumps(given).decode()
