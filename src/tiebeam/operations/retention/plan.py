"""Which tables grow, and until when each row is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Growing:
    """A table that grows: what of it may go, and after how many days if nothing else is set."""

    name: str
    """Of the table, and of the setting: `alert` is kept by TIEBEAM_KEEP_ALERT_DAYS."""
    what: str
    query: str | None
    """The statement that deletes a batch of it; None: it has a way of its own, or never goes."""
    days: int | None
    """None: for ever."""
    days_min: int | None = None
    """The least that a company may choose itself; None: it is not a company's to choose."""
    count: str | None = None
    """The statement that counts what would go."""


DAYS_MAX: Final = 3650
"""The most that a company may choose."""
NEVER_DELETED: Final = ("records", "their former versions", "the audit trail")

GROWING: Final[Sequence[Growing]] = (
    Growing("sync_log", "sync log, which goes into the archive", None, 90, 30, "count_log"),
    Growing("alert", "resolved alerts with what was told of them", "purge_alerts", 365, 30, "count_alerts"),
    Growing("sync_run", "ended sync runs", "purge_runs", 365, 30, "count_runs"),
    Growing("pull", "ended pulls, but for the last of each feed", "purge_pulls", 30, 7, "count_pulls"),
    # A week of them is what the page of a record shows.
    Growing("webhook_delivery", "what webhooks delivered", "purge_deliveries", 30, 7, "count_deliveries"),
    Growing(
        "automation_firing",
        "log of the rules, of what was answered long ago",
        "purge_firings",
        90,
        7,
        "count_firings",
    ),
    Growing("job_history", "finished jobs, which the queue itself removes", None, 7),
    Growing("record_version", "former versions of records", None, None),
)


@dataclass(frozen=True, slots=True)
class Keep:
    """How many days each growing table is kept; None: for ever."""

    sync_log_days: int | None = 90
    alert_days: int | None = 365
    sync_run_days: int | None = 365
    pull_days: int | None = 30
    webhook_delivery_days: int | None = 30
    automation_firing_days: int | None = 90

    def until(self, table: str, now: datetime) -> datetime | None:
        """Return the moment before which rows of a table may go; None: none may."""
        days = self.days(table)
        return None if days is None else now - timedelta(days=days)

    def days(self, table: str) -> int | None:
        """Return how many days the rows of a table are kept; None: for ever."""
        found: int | None = getattr(self, f"{table}_days", None)
        return found

    def chosen(self, days: Mapping[str, int]) -> Keep:
        """Return the same with what was chosen for some tables in its place."""
        return replace(self, **{f"{table}_days": count for table, count in days.items()})


def purges(keep: Keep, now: datetime) -> list[tuple[Growing, datetime]]:
    """Return the tables to delete from, each with the moment before which its rows go."""
    dated = [(table, keep.until(table.name, now)) for table in GROWING if table.query]
    return [(table, before) for table, before in dated if before is not None]
