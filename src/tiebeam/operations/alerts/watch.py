"""One look at everything: see, judge, report, tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.operations.alerts.repository import Sightings
from tiebeam.operations.alerts.rules import DiskSeen, GateSeen, gathered, judged, rules_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.operations.alerts.desk import AlertDesk, Told
    from tiebeam.operations.alerts.repository import Expected

_LOOKED_AT = rules_for(*Sightings.SHOWN, GateSeen, DiskSeen)


async def watch(
    desk: AlertDesk,
    sightings: Sightings,
    tenant_id: UUID,
    *,
    expected: Mapping[str, Expected],
    gates: Sequence[GateSeen],
    disks: Sequence[DiskSeen],
    now: datetime,
) -> list[Told]:
    """Look at a tenant's connections, gates and disks, and tell of what changed. Do it every minute.

    `gates` and `disks` must be all there are: an alert about one that is missing is resolved.
    """
    seen = await sightings.see(tenant_id, expected, now)
    found = judged([*seen, *gates, *disks])
    standing = {(one.rule, one.subject) for one in await desk.open_alerts(tenant_id)}
    await desk.report(tenant_id, gathered(found, seen, standing), rules=_LOOKED_AT)
    return await desk.deliver(tenant_id)
