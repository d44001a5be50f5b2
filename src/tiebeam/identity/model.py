"""Who uses Tiebeam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Tenant:
    """A company; every row of every table belongs to one. `slug` names it in commands and addresses."""

    id: UUID
    slug: str
    name: str
    created_at: datetime
