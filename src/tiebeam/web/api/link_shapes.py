"""What the API takes and gives of what keeps jobs and items in step."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from tiebeam.jobs.model import JobStatus
from tiebeam.link.pairs.model import Answer, Asked, Flow, Kind, Owner, PairState, Ruling, Side

_NAME = r"^[^\x00]*$"

Named = Annotated[str, Field(min_length=1, max_length=60, pattern=_NAME)]


class LinkConflict(BaseModel):
    """A field of which both sides hold something else, or that one of them cannot hold."""

    id: UUID
    pair_id: UUID
    job_id: UUID
    board_id: UUID
    item_id: UUID
    field: str = Field(description="Of the job.")
    kind: Kind
    base: Any = Field(description="What both last agreed on; null too where they never did.")
    job: Any = Field(description="What the job held.")
    item: Any = Field(description="What the item held.")
    job_at: datetime | None
    job_by: str
    item_at: datetime | None
    item_by: str
    sentence: str
    state: Ruling
    found_at: datetime
    decided_at: datetime | None
    decided_by: str


class Settled(BaseModel):
    """Whose value is to be that of both."""

    model_config = ConfigDict(extra="forbid")

    side: Side


class LinkPair(BaseModel):
    """A job and the item that it is kept in step with."""

    id: UUID
    job_id: UUID
    board_id: UUID
    item_id: UUID
    state: PairState
    asked: Asked | None = Field(description="What has happened to one side, where somebody is asked.")
    question: str = Field(description="The same in words, with what can be answered; empty when nothing is.")
    base: dict[str, Any] = Field(description="What both last agreed on, by field of the job.")
    version: int
    made_at: datetime
    changed_at: datetime


class NewLinkPair(BaseModel):
    """A job and an item that belong together."""

    model_config = ConfigDict(extra="forbid")

    job_id: UUID
    item_id: UUID


class Answered(BaseModel):
    """What is to become of the side that is left."""

    model_config = ConfigDict(extra="forbid")

    answer: Answer = Field(
        description="`keep`: what is gone comes back. `delete`: the other goes too. `unlink`: it stays."
    )


class LinkSuggestion(BaseModel):
    """A job and an item that may belong together."""

    job_id: UUID
    job_number: int
    job_title: str
    item_id: UUID
    item_name: str
    score: float = Field(description="0 to 1.")
    reason: str


class LinkDeed(BaseModel):
    """An operation, as the log has it."""

    id: int
    at: datetime
    pair_id: UUID | None
    job_id: UUID | None
    item_id: UUID | None
    what: str
    fields: dict[str, Any] = Field(description="What was written, by field.")
    result: str
    by: str
    chain: UUID = Field(description="The same for a change and for all that answered it.")
    hops: int


class InStepField(BaseModel):
    """How a field is kept in step."""

    model_config = ConfigDict(extra="forbid")

    field: Named = Field(description="Of the job.")
    column: Named | None = Field(
        default=None, description="Of the item: its key, or `name`. It is told, and not taken."
    )
    owner: Owner = Field(description="Whose value counts where both sides have changed it.")
    flow: Flow = Field(description="Which way it goes where one side alone has changed it.")


class InStep(BaseModel):
    """How the items of a board are kept in step with jobs."""

    model_config = ConfigDict(extra="forbid")

    fields: list[InStepField] = Field(max_length=20, description="Fields that are left out stay as they are.")
    labels: dict[Annotated[str, Field(max_length=200, pattern=_NAME)], JobStatus] = Field(
        max_length=200,
        description="Labels of the status column that stand for a status beside those called like one: all.",
    )
