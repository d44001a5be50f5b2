"""API keys: making, rotating and revoking them. A secret is shown once."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tiebeam.identity.model import ApiKey
from tiebeam.identity.permissions import Permission
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.cursors import Page
from tiebeam.web.api.places import Words
from tiebeam.web.api.problems import nothing_there
from tiebeam.web.api.route import GuardedRoute, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["keys"])


class Key(BaseModel):
    """What a program comes in with, without its secret."""

    id: UUID
    name: str
    prefix: str = Field(description="How the secret begins.")
    scopes: list[str]
    made_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None
    replaced_by: UUID | None


class NewKey(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Words
    scopes: list[Permission] = Field(min_length=1, max_length=len(Permission))
    expires_at: AwareDatetime | None = None


class MadeKey(BaseModel):
    """A key that was made, and its secret, which is never to be had again."""

    key: Key
    secret: str


@ROUTER.get("/keys", **needs(Permission.KEYS_MANAGE))
async def keys(ask: Asked) -> Page[Key]:
    """List every key, the newest first, also those that are over."""
    found = await ask.house.keys.all(ask.asker.tenant.id)
    return Page(items=[_shown(one) for one in found], next=None)


@ROUTER.get("/keys/{key_id}", **needs(Permission.KEYS_MANAGE, 404))
async def key(ask: Asked, key_id: UUID) -> Key:
    """Show a key."""
    return _shown(await _one(ask, key_id))


@ROUTER.post("/keys", status_code=201, **needs(Permission.KEYS_MANAGE, method="post", is_secret=True))
async def make(ask: Asked, answer: Response, new: NewKey) -> MadeKey:
    """Make a key. Nobody can give it more than they may themselves."""
    made, secret = await ask.house.keys.make(
        ask.asker.tenant.id, name=new.name, scopes=new.scopes, by=ask.asker.by, expires_at=new.expires_at
    )
    answer.headers["Location"] = f"/api/v1/keys/{made.id}"
    return MadeKey(key=_shown(made), secret=secret)


@ROUTER.post(
    "/keys/{key_id}/rotate",
    status_code=201,
    **needs(Permission.KEYS_MANAGE, 404, method="post", is_secret=True),
)
async def rotate(ask: Asked, answer: Response, key_id: UUID) -> MadeKey:
    """Make a key like this one; this one works for a day yet."""
    await _one(ask, key_id)
    made, secret = await ask.house.keys.rotate(ask.asker.tenant.id, key_id, by=ask.asker.by)
    answer.headers["Location"] = f"/api/v1/keys/{made.id}"
    return MadeKey(key=_shown(made), secret=secret)


@ROUTER.delete("/keys/{key_id}", **needs(Permission.KEYS_MANAGE, 404, method="delete"))
async def revoke(ask: Asked, key_id: UUID) -> Key:
    """Let a key in no more. It stays listed."""
    await _one(ask, key_id)
    return _shown(await ask.house.keys.revoke(ask.asker.tenant.id, key_id, by=ask.asker.by))


async def _one(ask: Asked, key_id: UUID) -> ApiKey:
    for one in await ask.house.keys.all(ask.asker.tenant.id):
        if one.id == key_id:
            return one
    raise nothing_there("such key")


def _shown(one: ApiKey) -> Key:
    return Key(
        id=one.id,
        name=one.name,
        prefix=one.prefix,
        scopes=sorted(one.scopes),
        made_at=one.made_at,
        expires_at=one.expires_at,
        used_at=one.used_at,
        revoked_at=one.revoked_at,
        replaced_by=one.replaced_by,
    )
