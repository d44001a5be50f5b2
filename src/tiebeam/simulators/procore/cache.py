"""Lists that were filtered before: a walk over pages filters once."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tiebeam.simulators.procore.tables import Bucket, Row


class ListingCache:
    """The rows last found for a list, until one of its scope changes: a walk over pages filters once."""

    def __init__(self, size: int = 32) -> None:
        self._size = size
        self._found: OrderedDict[tuple[Any, ...], tuple[Bucket, int, list[Row]]] = OrderedDict()

    def get(self, key: tuple[Any, ...], bucket: Bucket) -> list[Row] | None:
        """The rows found earlier, if they still hold."""
        kept = self._found.get(key)
        if kept is None or kept[0] is not bucket or kept[1] != bucket.version:
            return None
        self._found.move_to_end(key)
        return kept[2]

    def put(self, key: tuple[Any, ...], bucket: Bucket, rows: list[Row]) -> None:
        """Remember what was found, and forget the longest unused."""
        self._found[key] = (bucket, bucket.version, rows)
        if len(self._found) > self._size:
            self._found.popitem(last=False)
