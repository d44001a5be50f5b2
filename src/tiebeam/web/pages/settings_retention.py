"""How long a company keeps what grows: changed on the page of settings; confirmed when it is shortened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.retention.choice import COUNTED_MAX
from tiebeam.web.pages.settings import tidying
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.web.call import Call

_BACK: Final = "/settings#retention"


async def set_retention(call: Call) -> Response:
    """Keep a kind for other days; when that is less than now, say first what goes, and ask."""
    app = await call.app()
    kind, days = call.posted("kind", most=40), _days(call.posted("days", most=6))
    before = await app.retention.one(app.tenant.id, kind)
    wanted = before.default_days if days is None else days
    going = await app.retention.going(app.tenant.id, kind, wanted)
    if wanted < before.days and call.posted("confirm") != "yes":
        return call.render(
            "settings_retention.html",
            title="Keep it for less?",
            kept=before,
            days=days,
            wanted=wanted,
            going=going,
            counted_max=COUNTED_MAX,
            tidying=await tidying(app),
        )
    kept = await app.retention.set(app.tenant.id, kind, days, by=call.viewer.person.actor)
    shown = f"{kept.days} days" if kept.is_own else f"as the installation sets it, {kept.days} days"
    return call.to(_BACK, notice=f"{kept.what.capitalize()}: {shown}, from the next tidying on.")


def _days(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise BadInputError("Days are a whole number.", action="Give a number, or nothing for the default.")
    return int(text)


ROWS = (Row("POST", "/settings/retention", Permission.SETTINGS_MANAGE, set_retention),)
