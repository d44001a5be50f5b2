"""The company's own channels for alerts. Their URLs are taken, and never given."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from tiebeam.identity.permissions import Permission
from tiebeam.operations.alerts.model import Severity
from tiebeam.operations.alerts.own.kinds import URL_MAX
from tiebeam.operations.alerts.own.model import NAME_MAX, QUIET_MINUTES_MAX, OwnChannel, Terms
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import Page
from tiebeam.web.api.etags import require_match, tag
from tiebeam.web.api.route import GuardedRoute, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["channels"])

_THRESHOLDS: Final = {one.title: one for one in Severity}
_URL: Final = Field(
    min_length=1, max_length=URL_MAX, description="A URL of Apprise, or the address of a service's web hook."
)


class ChannelSetting(BaseModel):
    """What is set of a channel beside its URL."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=NAME_MAX, description="Who reads it.")
    threshold: Literal["info", "warning", "critical"] = Field(description="The least that is told there.")
    quiet_minutes: int = Field(
        ge=0,
        le=QUIET_MINUTES_MAX,
        description="The least time between two messages; what comes meanwhile waits.",
    )
    enabled: bool


class ChannelChange(ChannelSetting):
    """How a channel is to be; without a URL it keeps the one it has."""

    url: Annotated[SecretStr | None, _URL] = None


class NewChannel(ChannelSetting):
    """A channel to be added."""

    url: Annotated[SecretStr, _URL]


class Channel(ChannelSetting):
    """A channel, and how sending to it goes."""

    id: UUID
    kind: str = Field(description="The service, in words.")
    added_at: datetime
    added_by: str
    tried_at: datetime | None = Field(description="When a test was last sent.")
    tried_error: str | None = Field(description="Why that test did not arrive; null when it did.")
    sent_at: datetime | None = Field(description="When it last took alerts.")
    failures: int = Field(description="Messages in a row that it did not take.")
    error: str | None = Field(description="Why it did not take the last one.")


@ROUTER.get("/channels", **needs(Permission.SETTINGS_READ))
async def channels(ask: Asked) -> Page[Channel]:
    """List the company's own channels; those of the installation are not among them."""
    app = await ask.app()
    return Page(items=[_shown(one) for one in await app.own_channels.all(app.tenant.id)], next=None)


@ROUTER.get("/channels/{channel_id}", **needs(Permission.SETTINGS_READ, 404))
async def channel(ask: Asked, answer: Response, channel_id: UUID) -> Channel:
    """Show a channel. Its ETag tells of its setting alone, not of how sending goes."""
    app = await ask.app()
    found = await app.own_channels.get(app.tenant.id, channel_id)
    tag(answer, _setting(found))
    return _shown(found)


@ROUTER.post("/channels", status_code=201, **needs(Permission.SETTINGS_MANAGE, method="post"))
async def add(ask: Asked, answer: Response, new: NewChannel) -> Channel:
    """Add a channel. Its host must be one of the public internet."""
    app = await ask.app()
    url = new.url.get_secret_value()
    made = await app.own_channels.add(app.tenant.id, url, _terms(new), by=ask.asker.actor)
    answer.headers["Location"] = f"/api/v1/channels/{made.id}"
    return _shown(made)


@ROUTER.put("/channels/{channel_id}", **needs(Permission.SETTINGS_MANAGE, 404, 412, method="put"))
async def change(ask: Asked, answer: Response, channel_id: UUID, setting: ChannelChange) -> Channel:
    """Set a channel otherwise; it counts at once."""
    app = await ask.app()
    require_match(ask.request, _setting(await app.own_channels.get(app.tenant.id, channel_id)))
    url = setting.url.get_secret_value() if setting.url else None
    found = await app.own_channels.change(
        app.tenant.id, channel_id, _terms(setting), by=ask.asker.actor, url=url
    )
    tag(answer, _setting(found))
    return _shown(found)


@ROUTER.post("/channels/{channel_id}/test", **needs(Permission.SETTINGS_MANAGE, 404, method="post"))
async def send_test(ask: Asked, channel_id: UUID) -> Channel:
    """Send a test; `tried_error` says what came of it."""
    app = await ask.app()
    return _shown(
        await app.own_channels.send_test(app.tenant.id, channel_id, app.tenant.slug, by=ask.asker.actor)
    )


@ROUTER.delete("/channels/{channel_id}", **needs(Permission.SETTINGS_MANAGE, 404, method="delete"))
async def remove(ask: Asked, channel_id: UUID) -> Channel:
    """Remove a channel, and forget its URL; answer with what it was."""
    app = await ask.app()
    return _shown(await app.own_channels.remove(app.tenant.id, channel_id, by=ask.asker.actor))


def _terms(setting: ChannelSetting) -> Terms:
    threshold = _THRESHOLDS[setting.threshold]
    return Terms(setting.name.strip(), threshold, setting.quiet_minutes, setting.enabled)


def _setting(one: OwnChannel) -> ChannelSetting:
    return ChannelSetting(
        name=one.name,
        threshold=one.threshold.title,  # type: ignore[arg-type]  # A severity's title is one of the three.
        quiet_minutes=one.quiet_minutes,
        enabled=one.enabled,
    )


def _shown(one: OwnChannel) -> Channel:
    return Channel(
        **_setting(one).model_dump(),
        id=one.id,
        kind=one.kind,
        added_at=one.added_at,
        added_by=one.added_by,
        tried_at=one.tried_at,
        tried_error=one.tried_error,
        sent_at=one.sent_at,
        failures=one.failures,
        error=one.error,
    )
