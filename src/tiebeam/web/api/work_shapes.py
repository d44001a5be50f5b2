"""What the API takes and gives of jobs, boards and what joins them."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from tiebeam.jobs.boards.model import ColumnKind, Purpose
from tiebeam.jobs.model import JobStatus, What

_PLAIN = r"^[^\x00]*\S[^\x00]*$"
"""Text that is not blank, without a zero byte."""
_ANY_TEXT = r"^[^\x00]*$"

Title = Annotated[str, Field(min_length=1, max_length=300, pattern=_PLAIN)]
Address = Annotated[str, Field(max_length=500, pattern=_ANY_TEXT)]
Version = Annotated[int, Field(ge=1, le=1_000_000_000, strict=True)]
Cells = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9_]+$")], Any],
    Field(max_length=100, description="By the key of the column; null empties a cell."),
]


class WorkJob(BaseModel):
    """A job."""

    id: UUID
    number: int
    title: str
    status: JobStatus
    lead_id: UUID | None
    address: str
    starts_on: date | None
    ends_on: date | None
    created_at: datetime
    updated_at: datetime
    version: int
    deleted_at: datetime | None


class NewWorkJob(BaseModel):
    """A job to be created."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    status: JobStatus = JobStatus.NEW
    lead_id: UUID | None = None
    address: Address = ""
    starts_on: date | None = None
    ends_on: date | None = None


class ChangedWorkJob(BaseModel):
    """What is to be changed of a job; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    title: Title = ""
    status: JobStatus = JobStatus.NEW
    lead_id: UUID | None = None
    address: Address = ""
    starts_on: date | None = None
    ends_on: date | None = None
    version: Version | None = Field(
        default=None, description="The version that the change was made from: with another one, 409."
    )


class BoardLabel(BaseModel):
    """A status that items can have."""

    text: str
    colour: str
    done: bool


class BoardColumn(BaseModel):
    """A column of a board."""

    id: UUID
    key: str
    title: str
    kind: ColumnKind
    labels: list[BoardLabel]


class BoardGroup(BaseModel):
    """A part of a board."""

    id: UUID
    title: str


class WorkBoard(BaseModel):
    """A board with its columns and groups."""

    id: UUID
    name: str
    purpose: Purpose | None
    version: int
    deleted_at: datetime | None
    columns: list[BoardColumn]
    groups: list[BoardGroup]


class BoardItem(BaseModel):
    """An item of a board, with all its column values."""

    id: UUID
    board_id: UUID
    group_id: UUID
    name: str
    position: float
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    column_values: dict[str, Any] = Field(description="By the key of the column; empty cells are left out.")


class NewBoardItem(BaseModel):
    """An item to be created."""

    model_config = ConfigDict(extra="forbid")

    name: Title
    group_id: UUID | None = Field(default=None, description="The board's first group unless given.")
    column_values: Cells = Field(default_factory=dict)


class ChangedBoardItem(BaseModel):
    """What is to be changed of an item; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Title | None = None
    group_id: UUID | None = None
    column_values: Cells = Field(default_factory=dict)
    version: Version | None = Field(
        default=None, description="The version that the change was made from: with another one, 409."
    )


class ItemSpot(BaseModel):
    """Beside which other item of its board an item is to stand; it comes into the group of that one."""

    model_config = ConfigDict(extra="forbid")

    item_id: UUID
    behind: bool = Field(default=False, description="Right behind it; else right before it.")


class WorkChange(BaseModel):
    """One thing that was done to a job or an item."""

    id: int
    at: datetime
    what: What
    field: str | None
    before: Any
    after: Any
    version: int
    by: str
    chain: UUID = Field(description="The same for a change and for all that answered it.")
    hops: int


class SyncResult(BaseModel):
    """What a sync of a pair wrote, and what it left for a person to decide."""

    job_id: UUID | None
    item_id: UUID | None
    made: bool = Field(description="Whether the item was created, or the two were linked, by it.")
    to_job: list[str] = Field(description="Fields that were written to the job.")
    to_item: list[str] = Field(description="Fields that were written to the item.")
    conflicts: int = Field(description="How many fields of the pair wait for somebody to decide.")
    note: str = Field(description="Why nothing was done, where that is to be explained.")
