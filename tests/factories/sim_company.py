"""A make-believe company in a state of its own, for tests."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tiebeam.simulators.base.clock import ManualClock
from tiebeam.simulators.company.build import build_company
from tiebeam.simulators.company.size import TINY
from tiebeam.simulators.procore.state import ProcoreState

if TYPE_CHECKING:
    from tiebeam.simulators.company.company import Company
    from tiebeam.simulators.company.life import Life
    from tiebeam.simulators.company.size import Size
    from tiebeam.simulators.procore.tables import Row

# A Monday, at ten in the morning on the easternmost site.
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
COMPANY_ID = 2**49 + 42
# What every project has besides its paperwork; sizes do not count it.
NOT_COUNTED = frozenset(
    {
        "project_vendors",
        "project_users",
        "project_people",
        "locations",
        "cost_codes",
        "wbs_codes",
        "rfi_replies",
        "potential_change_order_line_items",
    }
)


def company(
    seed: int = 7, size: Size = TINY, *, life: Life | None = None, forbidden_projects: int = 0
) -> Company:
    """A company whose state reads a clock that stands still at its start."""
    state = ProcoreState(COMPANY_ID, ManualClock(START).now, seed)
    return build_company(
        state, seed=seed, size=size, start=START, life=life, forbidden_projects=forbidden_projects
    )


def fingerprint(built: Company) -> str:
    """A hash over every record with its place and fate, deleted ones and tools included."""
    digest = hashlib.blake2b()
    for name, table in built.state.tables.items():
        for row in table.everything:
            told = [name, row.project_id, row.parent_id, str(row.deleted_at), row.hidden, row.fields]
            digest.update(json.dumps(told, sort_keys=True).encode())
    for site in built.sites:
        tools = [built.state.tool_enabled(site.project_id, tool) for tool in ("rfis", "photos", "meetings")]
        digest.update(json.dumps([site.project_id, site.job.active, *tools]).encode())
    return digest.hexdigest()


def all_rows(built: Company) -> list[tuple[str, Row]]:
    """Every record with the name of its resource."""
    return [(name, row) for name, table in built.state.tables.items() for row in table.everything]


def items_by_project(built: Company) -> dict[int, int]:
    """How many records of paperwork each project has."""
    counts = {site.project_id: 0 for site in built.sites}
    for name, row in all_rows(built):
        if row.project_id is not None and name not in NOT_COUNTED:
            counts[row.project_id] += 1
    return counts
