"""Ids and moments as Procore writes them."""

from __future__ import annotations

import random
from datetime import UTC, datetime

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def stamp(moment: datetime) -> str:
    """A moment in UTC with whole seconds: `2026-01-05T14:03:22Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"


def _base32(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 32)
        digits.append(_CROCKFORD[digit])
    return "".join(reversed(digits))


class Ulids:
    """Sortable 26-character ids: 48 bits of time, then 80 seeded bits; never falling."""

    def __init__(self, seed: int) -> None:
        """Every id follows from `seed` and the moments asked for."""
        self._random = random.Random(f"ulid:{seed}")
        self._last = 0

    def take(self, moment: datetime) -> str:
        """The next id, for a record made at `moment`."""
        milliseconds = max(0, int(moment.timestamp() * 1000))
        number = (milliseconds << 80) | self._random.getrandbits(80)
        self._last = number if number > self._last else self._last + 1
        return _base32(self._last, 26)
