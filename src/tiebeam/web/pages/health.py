"""How every company stands, for whoever runs the installation; and nothing of what any of them has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.identity.permissions import Permission
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.web.call import Call


async def health(call: Call) -> Response:
    """Show every company's connections, freshness, queue and errors."""
    return call.render("health.html", title="Health", found=await call.house.health())


ROWS = (Row("GET", "/health", Permission.HEALTH_READ_ALL_TENANTS, health),)
