"""How long a company keeps what grows: what it chose within bounds, else what the installation sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.retention.plan import DAYS_MAX, GROWING, Keep

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tiebeam.operations.audit.model import Actor
    from tiebeam.operations.retention.plan import Growing
    from tiebeam.operations.retention.repository import ChosenDays

COUNTED_MAX: Final = 1_000_000
"""More than so many rows are not counted."""
CHOSEN: Final[Mapping[str, Growing]] = {one.name: one for one in GROWING if one.days_min is not None}
"""What a company may choose the days of, by table."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How long one kind of what grows is kept for a company."""

    name: str
    """Of its table."""
    what: str
    days: int
    default_days: int
    """What the installation sets."""
    days_min: int
    """The least that may be chosen; what the installation sets may be chosen always."""
    is_own: bool
    """Whether the company has chosen it."""

    @property
    def days_max(self) -> int:
        """The most that may be chosen."""
        return max(DAYS_MAX, self.default_days)


class Retention:
    """What companies chose, over what the installation sets."""

    def __init__(self, chosen: ChosenDays, defaults: Keep) -> None:
        self._chosen = chosen
        self._defaults = defaults

    async def keep(self, tenant_id: UUID) -> Keep:
        """Return how long everything is kept for a company, as it counts now."""
        return self._defaults.chosen(await self._chosen.of(tenant_id))

    async def all(self, tenant_id: UUID) -> list[Kept]:
        """Return everything that a company may choose, as it stands."""
        chosen = await self._chosen.of(tenant_id)
        return [self._kept(table, chosen.get(table.name)) for table in CHOSEN.values()]

    async def one(self, tenant_id: UUID, name: str) -> Kept:
        """Return how one kind stands. Raises BadInputError for one that is not a company's to choose."""
        return self._kept(_table(name), (await self._chosen.of(tenant_id)).get(name))

    async def going(self, tenant_id: UUID, name: str, days: int) -> int:
        """Return how many rows the next tidying takes if so many days are kept, at most COUNTED_MAX.

        Raises BadInputError as `set` does.
        """
        table = _table(name)
        self._require(table, days)
        before = self._chosen.now - timedelta(days=days)
        return await self._chosen.going(tenant_id, table.count or "", before, COUNTED_MAX)

    async def set(self, tenant_id: UUID, name: str, days: int | None, *, by: Actor) -> Kept:
        """Keep a kind for so many days from the next tidying on; None: as the installation sets it.

        Raises BadInputError for what is out of bounds, or not a company's to choose.
        """
        table = _table(name)
        if days is not None:
            self._require(table, days)
        default = self._defaults.days(name)
        await self._chosen.choose(tenant_id, name, days, default=default, by=by)
        return self._kept(table, days)

    def _require(self, table: Growing, days: int) -> None:
        bounds = self._kept(table, None)
        if bounds.days_min <= days <= bounds.days_max:
            return
        raise BadInputError(
            f"{table.what.capitalize()}: {bounds.days_min} to {bounds.days_max} days can be chosen.",
            action="Give a whole number of days within these bounds.",
        )

    def _kept(self, table: Growing, chosen: int | None) -> Kept:
        default = self._defaults.days(table.name) or DAYS_MAX
        least = min(table.days_min or 1, default)
        days = default if chosen is None else chosen
        return Kept(table.name, table.what, days, default, least, chosen is not None)


def _table(name: str) -> Growing:
    if name not in CHOSEN:
        raise BadInputError(
            "How long that is kept is not a company's to choose.",
            action=f"Choose one of: {', '.join(CHOSEN)}.",
        )
    return CHOSEN[name]
