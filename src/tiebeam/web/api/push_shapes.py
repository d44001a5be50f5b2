"""What the API says of documents on their way to other systems."""

# ruff: noqa: TC001, TC003 - pydantic reads the annotations at run time.

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from tiebeam.kernel.errors import Owner
from tiebeam.push.model import IntentState, StepState
from tiebeam.push.triggers.model import BATCH_MINUTES_MAX, BATCH_MINUTES_MIN

AT_ONCE_MAX = 200

Ids = Annotated[list[UUID], Field(min_length=1, max_length=AT_ONCE_MAX)]
TargetName = Annotated[str, Field(min_length=1, max_length=40, pattern="^[a-z0-9_]+$")]


class Trouble(BaseModel):
    """Why a document is not there: what happened, who can mend it, and how."""

    code: str = Field(description="One of /push/causes, or the target's own.")
    cause: str
    owner: Owner
    action: str
    field: str | None = Field(description="Where in the document's body, such as `labour.2.cost_code`.")
    fix: str | None = Field(description="The page of Tiebeam on which it can be mended.")


class PushStanding(BaseModel):
    """Did it arrive, when, why not, can it be sent again; what was sent is told by its id."""

    id: UUID
    document_id: UUID
    document_kind: str
    number: str
    target: str
    state: IntentState
    synced: bool = Field(description="Whether the document is there; photos of it may still be missing.")
    synced_at: datetime | None
    trouble: Trouble | None
    can_send_again: bool
    goes_on_at: datetime | None = Field(description="When it goes on by itself; null: it does not.")
    wanted_by: str
    wanted_at: datetime
    trigger: str = Field(description="What had it sent: `button`, `schedule`, `approval` or `rule`.")
    correlation_id: str
    steps: int
    steps_done: int
    steps_uncertain: int
    steps_stuck: int


class PushStep(BaseModel):
    """One write of a document."""

    name: str
    kind: str
    may_fail: bool = Field(description="Whether the document counts as sent without it, as with a photo.")
    state: StepState
    attempts: int
    version: int = Field(description="The version of the document that it was planned for.")
    trouble: Trouble | None
    goes_on_at: datetime | None
    vendor_id: str | None = Field(description="The target's own id of what it made.")
    seen_at: datetime | None
    payload_sha256: str | None = Field(description="Of what was sent: JSON with sorted keys, in hexadecimal.")


class PushAttempt(BaseModel):
    """What was sent, or what came of it; nobody can change it."""

    id: int
    step: str
    attempt: int
    event: str
    at: datetime
    correlation_id: str
    sent: dict[str, Any] | None
    answer: dict[str, Any] | None
    code: str | None
    cause: str | None


class PushWhole(BaseModel):
    """Everything about one document and one target."""

    standing: PushStanding
    steps: list[PushStep]
    attempts: list[PushAttempt] = Field(description="At most the first 1,000.")


class Send(BaseModel):
    """Which documents are to be in which target."""

    model_config = ConfigDict(extra="forbid")

    document_ids: Ids
    target: TargetName


class SendAgain(BaseModel):
    """What is to be gone on with."""

    model_config = ConfigDict(extra="forbid")

    ids: Ids = Field(description="Of standings, not of documents.")
    steps: list[Annotated[str, Field(max_length=200)]] | None = Field(
        default=None, max_length=AT_ONCE_MAX, description="Of these steps alone, such as one photo."
    )
    keep_sent: bool = Field(
        default=False,
        description="What was sent of an older version stays as it is; it was corrected in the target.",
    )


class GoesOn(BaseModel):
    """What is gone on with; what is there already is not in it."""

    ids: list[UUID]
    correlation_id: str | None


class SendResult(BaseModel):
    """What became of one document of a batch: an id of its standing, or why it is not sent."""

    document_id: UUID
    id: UUID | None
    code: str | None
    cause: str | None
    action: str | None


class PlannedWrite(BaseModel):
    """One write, exactly as it would be made; `$receipt` stands for an id that does not exist yet."""

    name: str
    kind: str
    needs: list[str]
    may_fail: bool
    payload: dict[str, Any]


class Preview(BaseModel):
    """What would be sent of a document, or why nothing would."""

    document_id: UUID
    number: str | None
    writes: list[PlannedWrite]
    trouble: Trouble | None
    waits_for: str | None


class TriggerChoice(BaseModel):
    """What has documents sent to a target."""

    model_config = ConfigDict(extra="forbid")

    button: bool
    on_approval: bool
    batch_minutes: Annotated[int, Field(ge=BATCH_MINUTES_MIN, le=BATCH_MINUTES_MAX)] | None = Field(
        description="How often all that is approved is sent; null: never."
    )


class PushTarget(BaseModel):
    """A system that documents can be sent to."""

    name: str
    triggers: TriggerChoice


class PushCause(BaseModel):
    """What can keep a document from a target."""

    code: str
    cause: str
    owner: Owner
    action: str
