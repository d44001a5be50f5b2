"""The channels that a company adds itself, on the page of settings; none of their URLs is ever shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.alerts.model import Severity
from tiebeam.operations.alerts.own.kinds import URL_MAX
from tiebeam.operations.alerts.own.model import Terms
from tiebeam.web.pages.integration import uuid_of
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.web.call import Call

_BACK: Final = "/settings#notifications"
_THRESHOLDS: Final = {one.title: one for one in Severity}


async def add(call: Call) -> Response:
    """Add a channel."""
    app = await call.app()
    made = await app.own_channels.add(
        app.tenant.id, _url(call), _terms(call, enabled=True), by=call.viewer.person.actor
    )
    return call.to(_BACK, notice=f"{made.name} is added, by {made.kind}. Send a test to see it arrive.")


async def change(call: Call) -> Response:
    """Set a channel otherwise; an empty URL keeps the one it has."""
    app = await call.app()
    changed = await app.own_channels.change(
        app.tenant.id,
        uuid_of(call.posted("channel")),
        _terms(call, enabled=call.posted("enabled") == "yes"),
        by=call.viewer.person.actor,
        url=_url(call) or None,
    )
    return call.to(_BACK, notice=f"{changed.name}: {'on' if changed.enabled else 'off'}. It counts at once.")


async def send_test(call: Call) -> Response:
    """Send a test, and say what came of it."""
    app = await call.app()
    tried = await app.own_channels.send_test(
        app.tenant.id, uuid_of(call.posted("channel")), app.tenant.slug, by=call.viewer.person.actor
    )
    how = f"the test did not arrive. {tried.tried_error}" if tried.tried_error else "it took the test."
    return call.to(_BACK, notice=f"{tried.name}: {how}")


async def remove(call: Call) -> Response:
    """Ask whether a channel is to be removed, then forget it and its URL."""
    app, channel_id = await call.app(), uuid_of(call.posted("channel"))
    if call.posted("confirm") != "yes":
        found = await app.own_channels.get(app.tenant.id, channel_id)
        return call.render("settings_channel_remove.html", title="Remove the channel?", channel=found)
    gone = await app.own_channels.remove(app.tenant.id, channel_id, by=call.viewer.person.actor)
    return call.to(_BACK, notice=f"{gone.name} is removed, and its URL is forgotten.")


def _url(call: Call) -> str:
    return call.posted("url", most=URL_MAX)


def _terms(call: Call, *, enabled: bool) -> Terms:
    threshold, quiet = _THRESHOLDS.get(call.posted("threshold")), call.posted("quiet_minutes", most=6)
    if threshold is None or not (quiet.isascii() and quiet.isdigit()):
        raise BadInputError(
            "A channel needs the least severity that is told there, and whole quiet minutes.",
            action="Fill in the form again.",
        )
    return Terms(call.posted("name", most=400), threshold, int(quiet), enabled)


ROWS = (
    Row("POST", "/settings/channels", Permission.SETTINGS_MANAGE, add),
    Row("POST", "/settings/channels/change", Permission.SETTINGS_MANAGE, change),
    Row("POST", "/settings/channels/test", Permission.SETTINGS_MANAGE, send_test),
    Row("POST", "/settings/channels/remove", Permission.SETTINGS_MANAGE, remove),
)
