"""Whether Procore tells us of changes by itself, what came, and what of it still waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.duties import CATCH_UP, KEEP_HOOK, keep_hook_job
from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.tokens.model import Status
from tiebeam.replicate.webhooks.repository import Hooks
from tiebeam.web.pages.queue import KINDS
from tiebeam.web.places import places
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from tiebeam.app import App
    from tiebeam.operations.queue.repository import Entry
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.replicate.webhooks.model import FateCount, Hook, Waiting
    from tiebeam.web.call import Call, Viewer

DAYS: Final = 7
CHECKS_MAX = 4
FATES: Final = {
    "fetch": "fetched, or to be fetched",
    "echo": "our own write",
    "not_copied": "of a kind that is not copied",
    "unreadable": "not understood, left to polling",
}


@dataclass(frozen=True, slots=True)
class Post:
    """What comes to one connection."""

    connection: Connection
    hook: Hook | None
    fates: Sequence[FateCount]
    waiting: Sequence[Waiting]
    checks: Sequence[Entry]

    @property
    def pushed(self) -> int:
        """How many deliveries Procore brought."""
        return sum(one.deliveries for one in self.fates if one.source == "push")

    @property
    def found(self) -> int:
        """How many never came and were found in Procore's list."""
        return sum(one.deliveries for one in self.fates if one.source == "gap")


async def webhooks_page(call: Call) -> Response:
    """Show how deliveries come in."""
    app = await call.app()
    return call.render(
        "webhooks.html",
        title="Webhooks",
        address=app.settings.webhook_url,
        posts=[await _post(app, one, call.viewer) for one in await app.connections()],
        days=DAYS,
        fates=FATES,
        kinds=KINDS,
        places=await places(call),
    )


async def _post(app: App, connection: Connection, viewer: Viewer) -> Post:
    hooks, projects = Hooks(app.store, app.tenant.id, connection.id), viewer.person.project_ids
    since = app.clock.now() - timedelta(days=DAYS)
    states = ("processing", "pending", "blocked", "failed", "completed", "cancelled")
    checks = await app.queue.jobs(app.tenant.id, states, kinds=(KEEP_HOOK, CATCH_UP), limit=4 * CHECKS_MAX)
    return Post(
        connection,
        await hooks.current(),
        await hooks.fates(since, projects),
        await hooks.waiting_for(projects),
        [one for one in checks if one.key == str(connection.id)][:CHECKS_MAX],
    )


async def check_now(call: Call) -> Response:
    """Have the hook checked and repaired, and what never came looked for."""
    app, wanted = await call.app(), call.posted("connection")
    found = [one for one in await app.connections() if str(one.id) == wanted]
    if not found:
        raise BadInputError("There is no such connection.", action="Go back to the page of webhooks.")
    if found[0].status is not Status.CONNECTED:
        raise BadInputError(
            f"The connection is {found[0].status.value}, so Procore cannot be asked.",
            action=found[0].action or "Connect it again first.",
        )
    await app.queue.trigger(app.tenant.id, [keep_hook_job(found[0])])
    actor, subject = call.viewer.person.actor, f"connection:{wanted}"
    await call.house.trail.note(app.tenant.id, actor, "webhook.check_asked", subject)
    return call.to("/webhooks", notice="Asked for: the check begins at once, and is listed below.")


ROWS = (
    Row("GET", "/webhooks", Permission.RUNS_READ, webhooks_page),
    Row("POST", "/webhooks/check", Permission.QUEUE_MANAGE, check_now),
)
