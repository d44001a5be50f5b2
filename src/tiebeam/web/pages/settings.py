"""The settings in force: what is whose to change, and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from tiebeam.connectors.streams import Priority
from tiebeam.duties import EVERY_MINUTES, TIDY
from tiebeam.identity.permissions import Permission
from tiebeam.integration import Integration
from tiebeam.kernel.errors import BadInputError
from tiebeam.monday import Monday
from tiebeam.operations.alerts.model import Severity
from tiebeam.operations.alerts.own.kinds import KINDS
from tiebeam.operations.alerts.own.model import CHANNELS_MAX, QUIET_MINUTES_MAX
from tiebeam.operations.retention.plan import NEVER_DELETED
from tiebeam.replicate.streams import STREAMS, find_stream
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.app import App
    from tiebeam.settings import Settings
    from tiebeam.web.call import Call

HERE: Final = "/settings"
MINUTES_MAX: Final = 7 * 24 * 60
WORDS: Final = {
    "procore.sync": "Look at everything that may be due",
    "procore.due": "Look at what has come due meanwhile",
    "webhook.fetch": "Fetch what webhooks told of",
    "webhook.keep": "See that the webhook stands",
    "webhook.catch_up": "Find deliveries that never came",
    "token.keep_alive": "Keep the access alive",
    "alerts.look": "Look for what is worth an alert",
    "push.due": "Look which documents are to be sent",
    "outside.due": "Look which boards are to be laid beside those of monday.com",
    "upkeep.tidy": "Archive and delete what is old",
}
_ENVIRONMENT: Final = {
    "Retention": (
        "keep_log_days",
        "keep_deliveries_days",
        "keep_alerts_days",
        "keep_runs_days",
        "keep_pulls_days",
        "keep_firings_days",
        "archive",
    ),
    "Notifications": ("alert_urls", "alert_quiet_minutes", "alert_private_addresses"),
    "Reading": ("rate_limit", "rate_hourly_max", "sweep_hours", "recent_days", "concurrency", "webhook_url"),
}


@dataclass(frozen=True, slots=True)
class Clockwork:
    """How a schedule stands for a company."""

    name: str
    words: str
    minutes: float
    own: bool
    """Whether it was set for this company."""
    enabled: bool


@dataclass(frozen=True, slots=True)
class Fixed:
    """A setting of the environment, without its value where that is a secret."""

    variable: str
    value: str
    what: str


async def settings(call: Call) -> Response:
    """Show where everything is set, and what is in force."""
    app = await call.app()
    reads = call.viewer.may("settings.read")
    return call.render(
        "settings.html",
        title="Settings",
        connection=await Integration(app).connection(),
        monday=await Monday(app).connection(),
        clockworks=await _clockworks(app) if reads else [],
        intervals=await app.choices.intervals() if reads else {},
        streams=sorted(STREAMS, key=lambda one: (one.priority, one.title)) if reads else [],
        priorities={one: one.name.lower() for one in Priority},
        groups=_fixed(app.settings) if reads else {},
        kept=await app.retention.all(app.tenant.id) if reads else [],
        tidying=await tidying(app) if reads else None,
        never=NEVER_DELETED,
        channels=await app.own_channels.all(app.tenant.id) if reads else [],
        channels_max=CHANNELS_MAX,
        kinds=KINDS,
        severities=[one.title for one in Severity],
        quiet_minutes=min(round(app.settings.alert_quiet_minutes), QUIET_MINUTES_MAX),
        quiet_max=QUIET_MINUTES_MAX,
    )


async def _clockworks(app: App) -> list[Clockwork]:
    own = {one.name: one for one in await app.schedules.standing(list(EVERY_MINUTES))
           if one.tenant_id == app.tenant.id}  # fmt: skip
    found = []
    for name, minutes in EVERY_MINUTES.items():
        one = own.get(name)
        seconds = one.every_seconds if one else None
        found.append(
            Clockwork(
                name, WORDS[name], seconds / 60 if seconds else minutes, seconds is not None,
                one is None or one.enabled,
            )
        )  # fmt: skip
    return found


async def tidying(app: App) -> Clockwork:
    """Return how often, and whether, what is old goes."""
    return next(one for one in await _clockworks(app) if one.name == TIDY)


def _fixed(settings: Settings) -> dict[str, list[Fixed]]:
    fields = type(settings).model_fields
    return {
        title: [
            Fixed(f"TIEBEAM_{name.upper()}", _shown(getattr(settings, name)), fields[name].description or "")
            for name in names
        ]
        for title, names in _ENVIRONMENT.items()
    }


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, SecretStr):
        return "set (secret)"
    return {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)


async def set_schedule(call: Call) -> Response:
    """Change how often something is done by itself, or switch it off and on."""
    app = await call.app()
    name = call.posted("name", most=60)
    if name not in EVERY_MINUTES:
        raise BadInputError("There is no such schedule.", action="Choose among those shown.")
    minutes, enabled = _minutes(call.posted("minutes", most=6)), call.posted("enabled") == "yes"
    every = None if minutes is None else timedelta(minutes=minutes)
    await app.schedules.set(name, every=every, enabled=enabled, tenant_id=app.tenant.id)
    await call.note("schedule.set", f"schedule:{name}", {"minutes": minutes, "enabled": enabled})
    return call.to(HERE, notice=f"{WORDS[name]}: {'on' if enabled else 'off'}. It counts at once.")


async def set_interval(call: Call) -> Response:
    """Change how old a kind of record may become."""
    app = await call.app()
    stream = find_stream(call.posted("stream", most=80))
    minutes = _minutes(call.posted("minutes", most=6))
    await app.choices.set_interval(stream.name, minutes)
    await call.note("interval.set", f"stream:{stream.name}", {"minutes": minutes})
    shown = f"{minutes} minutes" if minutes else f"as it comes, {stream.interval_minutes} minutes"
    return call.to(HERE, notice=f"{stream.title}: {shown}. The next plan goes by it.")


def _minutes(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MINUTES_MAX):
        raise BadInputError(
            f"An interval has 1 to {MINUTES_MAX} whole minutes.", action="Give a number, or nothing."
        )
    return int(text)


ROWS = (
    Row("GET", HERE, Permission.CONNECTION_READ, settings),
    Row("POST", f"{HERE}/schedule", Permission.SETTINGS_MANAGE, set_schedule),
    Row("POST", f"{HERE}/interval", Permission.SETTINGS_MANAGE, set_interval),
)
