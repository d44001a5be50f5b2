"""What the simulator counted while it was called."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tiebeam.simulators.procore.limits import Limits
    from tiebeam.simulators.procore.options import ProcoreOptions


@dataclass(slots=True)
class Stats:
    """Calls by operation and by status."""

    calls: int = 0
    by_endpoint: Counter[str] = field(default_factory=Counter)
    by_status: Counter[int] = field(default_factory=Counter)

    def note(self, endpoint: str, status: int) -> None:
        """Count one answered call."""
        self.calls += 1
        self.by_endpoint[endpoint] += 1
        self.by_status[status] += 1

    def report(self, limits: Limits, options: ProcoreOptions, faults: dict[str, int]) -> dict[str, Any]:
        """Everything counted, with the largest count seen in any window beside the window's limit."""
        largest = limits.largest()
        return {
            "calls": self.calls,
            "by_endpoint": dict(self.by_endpoint),
            "by_status": {str(status): count for status, count in self.by_status.items()},
            "refused_429": limits.refused,
            "windows": {
                "spike": {"seconds": 10, "limit": options.spike_limit, "largest": largest["spike"]},
                "hourly": {"seconds": 3600, "limit": options.hourly_limit, "largest": largest["hourly"]},
            },
            "faults": dict(faults),
        }
