"""Uploads that could not be used at once, remembered until they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tiebeam.kernel.clock import Clock

_KEPT_SECONDS: Final = 3 * 24 * 3600.0
"""An upload is good for a week; what is used of that leaves room for attempts."""
_KEPT_MAX: Final = 1000


class KeptUploads:
    """The uploads of one process. What is forgotten is uploaded anew, which nobody sees."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, ...], tuple[str, float]] = {}

    def find(self, key: tuple[str, ...]) -> str | None:
        """Return the id of an upload that is still good."""
        uuid, until = self._kept.get(key, (None, 0.0))
        return uuid if self._clock.monotonic() < until else None

    def keep(self, key: tuple[str, ...], uuid: str) -> None:
        """Remember an upload."""
        if len(self._kept) >= _KEPT_MAX:
            self._kept.clear()
        self._kept[key] = (uuid, self._clock.monotonic() + _KEPT_SECONDS)

    def forget(self, key: tuple[str, ...]) -> None:
        """Forget an upload, if there is one: it was used, or is not to be used again."""
        self._kept.pop(key, None)
