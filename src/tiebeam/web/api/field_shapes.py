"""What the API takes and gives of what is captured on site."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from tiebeam.field.forms import ChangeOrderRequest, CheckIn, DailyReport, Photo, TmTicket
from tiebeam.field.model import Aside, Kind, Standing
from tiebeam.tying import Tie

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def _bounded(moment: datetime) -> datetime:
    # A phone whose clock was reset says 1970, and what it captured counts all the same.
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError("a time lies between 1970 and 2200")
    return moment


_Moment = Annotated[AwareDatetime, AfterValidator(_bounded)]
_Number = Annotated[int, Field(ge=0, le=1_000_000_000, strict=True)]


_PLAIN: Final = r"^[^\x00]*\S[^\x00]*$"
"""Text that is not blank, without a zero byte."""


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    project_id: UUID = Field(description="One of the company's own projects.")
    captured_at: _Moment = Field(description="What the device's clock says.")
    base_version: _Number = Field(
        default=0, description="The version that this was made from; 0 for what was captured just now."
    )


class SentTicket(_Sent):
    """A T&M ticket."""

    kind: Literal["tm_ticket"]
    body: TmTicket


class SentRequest(_Sent):
    """A change order request."""

    kind: Literal["change_order_request"]
    body: ChangeOrderRequest


class SentReport(_Sent):
    """A daily report."""

    kind: Literal["daily_report"]
    body: DailyReport


class SentCheckIn(_Sent):
    """A crew check-in."""

    kind: Literal["check_in"]
    body: CheckIn


class SentPhoto(_Sent):
    """A photo by itself."""

    kind: Literal["photo"]
    body: Photo


Sent = Annotated[SentTicket | SentRequest | SentReport | SentCheckIn | SentPhoto, Field(discriminator="kind")]


class Author(BaseModel):
    """Who captured or changed something."""

    kind: str = Field(description="`person` or `key`.")
    id: str
    name: str


class FieldDocument(BaseModel):
    """A document as it stands."""

    id: UUID
    kind: Kind
    project_id: UUID
    number: str = Field(description="Its own within the project and kind, such as `TM-0007`.")
    standing: Standing
    version: int = Field(description="The version that counts.")
    body: dict[str, Any] = Field(description="As it was sent, every member there.")
    captured_at: datetime
    received_at: datetime
    changed_at: datetime
    author: Author
    device_id: UUID | None
    locked_reason: str | None = Field(description="Why it is read-only; null while it can be changed.")
    returned_reason: str | None = Field(description="What the office asked for when it gave it back.")
    aside_version: int | None = Field(description="A version that was kept aside and waits for a decision.")
    total: str | None = Field(description="What it comes to, to the cent; null where nothing is priced.")


class Kept(BaseModel):
    """What came of sending a document. It is never lost."""

    outcome: Literal["kept", "unchanged", "aside"] = Field(
        description="`unchanged`: this was here already. `aside`: kept beside the version that counts."
    )
    aside: Aside | None
    told: str | None = Field(description="Why it was kept aside, as a sentence.")
    document: FieldDocument | None = Field(description="Null when somebody else captured it.")


class FieldVersion(BaseModel):
    """One version of a document; number 1 is what was captured."""

    number: int
    base: int
    body: dict[str, Any]
    captured_at: datetime
    received_at: datetime
    author: Author
    device_id: UUID | None
    aside: Aside | None = Field(description="Why it was kept aside; null for one that counted.")


class OfVersion(BaseModel):
    """Which version is meant, so that nobody decides on what they have not seen."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(ge=1, le=1_000_000_000, strict=True)]


class ChosenEvent(BaseModel):
    """The change event that a document is to be tied to."""

    model_config = ConfigDict(extra="forbid")

    change_event: str = Field(
        min_length=1, max_length=80, pattern=_PLAIN, description="The vendor's own id; one of the choices."
    )


class EventChoice(BaseModel):
    """A change event of the project, as our copy holds it."""

    id: str
    number: str
    title: str
    status: str


class DocumentEvent(BaseModel):
    """How a document stands with its change event, and which could be chosen."""

    state: Tie
    told: str = Field(description="The state as a sentence.")
    change_event: str | None = Field(description="The vendor's own id; null: none yet.")
    chosen_at: datetime | None = Field(description="When it was chosen beside the document.")
    chosen_by: Author | None
    can_choose: bool
    choices: list[EventChoice] | None = Field(
        description="The newest first; null where the copy does not say. Then any id is taken."
    )


class GiveBack(OfVersion):
    """A document given back, and why."""

    why: str = Field(min_length=1, max_length=2000, pattern=_PLAIN)


class Place(BaseModel):
    """Where a photo was taken, as the camera wrote it down."""

    latitude: float
    longitude: float


class FieldPhoto(BaseModel):
    """A photo that was kept, byte for byte."""

    id: UUID
    sha256: str
    bytes: int
    name: str
    media_type: str = Field(description="Told by the content, whatever the name says.")
    width: int | None
    height: int | None
    taken_at: datetime | None = Field(
        description="When, as the camera wrote it down; UTC where it says no zone."
    )
    place: Place | None
    has_thumbnail: bool
    received_at: datetime


class PhotoProgress(BaseModel):
    """How much of a photo that comes in pieces is here."""

    received_bytes: int = Field(description="The next piece begins here. 0 again: they were not the photo.")
    photo: FieldPhoto | None = Field(description="Once all of it is here.")


class NewProject(BaseModel):
    """A project to be added; no vendor need know of it."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(min_length=1, max_length=40, pattern=_PLAIN)
    name: str = Field(min_length=1, max_length=200, pattern=_PLAIN)


class FieldProject(BaseModel):
    """A project that can be captured for."""

    id: UUID
    number: str
    name: str


class Member(BaseModel):
    """One of a crew."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, pattern=_PLAIN)
    trade: str | None = Field(default=None, min_length=1, max_length=200, pattern=_PLAIN)


class Crew(BaseModel):
    """People who work together."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, pattern=_PLAIN)
    members: list[Member] = Field(max_length=200)


class CostCode(BaseModel):
    """What an amount is booked on, within a project."""

    model_config = ConfigDict(extra="forbid")

    project_id: UUID
    code: str = Field(min_length=1, max_length=80, pattern=_PLAIN)
    name: str = Field(max_length=200, pattern=r"^[^\x00]*$")


class FieldPerson(BaseModel):
    """Who captures."""

    id: UUID
    name: str


class Setting(BaseModel):
    """What a phone keeps so that it works without a network."""

    person: FieldPerson
    today: date = Field(description="By the server's clock, in UTC: to see that a phone's clock is off.")
    projects: list[FieldProject]
    crews: list[Crew]
    cost_codes: list[CostCode]
