"""What is wrong, since when and what to do; and what was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.alerts.model import AlertStatus
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.web.call import Call

RESOLVED_MAX = 50


async def alerts_page(call: Call) -> Response:
    """Show what stands, the worst first, and what was resolved, the latest first."""
    app = await call.app()
    found = await app.alert_desk().open_alerts(app.tenant.id, every=True)
    over = sorted(
        ((one.resolved_at, one.id, one) for one in found if one.resolved_at is not None), reverse=True
    )
    standing = [one for one in found if one.status is not AlertStatus.RESOLVED]
    return call.render(
        "alerts.html",
        title="Alerts",
        standing=standing,
        open_ones=sum(one.status is AlertStatus.OPEN for one in standing),
        resolved=[one for _, _, one in over[:RESOLVED_MAX]],
    )


async def acknowledge(call: Call) -> Response:
    """Take on an alert, or all that are open."""
    app, person, wanted = await call.app(), call.viewer.person, call.posted("alert")
    if wanted != "all" and not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 18):
        raise BadInputError("Which alert was not said.", action="Press the button beside it.")
    ids = None if wanted == "all" else [int(wanted)]
    taken = await app.alert_desk().acknowledge(app.tenant.id, ids, by=person.email)
    for one in taken:
        await call.house.trail.note(app.tenant.id, person.actor, "alert.acknowledged", f"alert:{one}")
    if not taken:
        return call.to("/alerts", notice="It was taken on before, or is over.")
    what = "The alert is yours" if len(taken) == 1 else f"{len(taken)} alerts are yours"
    return call.to("/alerts", notice=f"{what}: nobody is told again, unless it gets worse.")


ROWS = (
    Row("GET", "/alerts", Permission.ALERTS_READ, alerts_page),
    Row("POST", "/alerts/acknowledge", Permission.ALERTS_ACKNOWLEDGE, acknowledge),
)
