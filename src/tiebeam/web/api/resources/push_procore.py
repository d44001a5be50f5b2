"""How a company wants its documents in Procore, over the API."""

# ruff: noqa: TC001 - pydantic and fastapi read the annotations at run time.

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from tiebeam.delivering import ConnectedProcore
from tiebeam.identity.permissions import Permission
from tiebeam.push.deliveries.procore.facts import Choices
from tiebeam.web.api.asker import Asked
from tiebeam.web.api.route import GuardedRoute, needs

ROUTER = APIRouter(route_class=GuardedRoute, tags=["push"])

Id = Annotated[int, Field(gt=0, lt=1 << 63)]
LogKind = Literal["weather_logs", "manpower_logs", "work_logs", "delay_logs", "notes_logs"]
OrderStatus = Literal["draft", "pending", "pricing", "not_pricing", "proceeding", "approved"]


class ProcoreLogs(BaseModel):
    """Into which kind of daily log each part of a report goes; null: it is not sent."""

    model_config = ConfigDict(extra="forbid")

    weather: LogKind | None
    crew: LogKind | None
    work: LogKind | None
    delays: LogKind | None
    notes: LogKind | None


class ProcoreTimeTypes(BaseModel):
    """Procore's id of each kind of time; null: the type of that name, if time cards tell, else words."""

    model_config = ConfigDict(extra="forbid")

    regular: Id | None = None
    overtime: Id | None = None
    double: Id | None = None


class ProcoreChoice(BaseModel):
    """How a company wants its documents in Procore."""

    model_config = ConfigDict(extra="forbid")

    tickets: Literal["tool", "documents"] = Field(
        description="Into the T&M tool, or as PDF documents alone where the company does not have it."
    )
    album_id: Id | None = Field(description="Procore's id of the album for photos; null: its first.")
    folder_id: Id | None = Field(description="Procore's id of the folder for PDFs; null: the root.")
    order_status: OrderStatus = Field(description="Of a new potential change order.")
    logs: ProcoreLogs
    order_tiers: Literal[1, 2, 3] = Field(
        default=3, description="Of projects whose copy holds no change order to tell by."
    )
    orders_grouped: bool = Field(
        default=False,
        description="Put each order into a request (three tiers) or a package (two tiers) of its own.",
    )
    time_types: ProcoreTimeTypes = Field(default_factory=ProcoreTimeTypes)


@ROUTER.get("/push/procore", **needs(Permission.PUSH_RUN))
async def chosen(ask: Asked) -> ProcoreChoice:
    """Show how documents are put into Procore."""
    found = await ConnectedProcore(await ask.app()).choices().get()
    return ProcoreChoice.model_validate(asdict(found))


@ROUTER.put("/push/procore", **needs(Permission.PUSH_MANAGE, method="put"))
async def choose(ask: Asked, wanted: ProcoreChoice) -> ProcoreChoice:
    """Choose how documents are put into Procore from now on; what is there stays as it is."""
    told = wanted.model_dump()
    await ConnectedProcore(await ask.app()).choices().choose(Choices(**told))
    await ask.note("push_procore.set", "push_target:procore", told)
    return wanted
