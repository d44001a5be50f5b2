"""What a document's body may hold: nothing unknown, and amounts as text, never as binary fractions."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from tiebeam.field.model import Kind
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Collection

ROWS_MAX: Final = 200
_PLAIN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")
_SIGNED = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,4})?")


def _text_only(shape: re.Pattern[str]) -> BeforeValidator:
    def look(value: object) -> object:
        if isinstance(value, Decimal):
            value = str(value)
        if not (isinstance(value, str) and shape.fullmatch(value)):
            raise ValueError('an amount is text such as "12.50": at most 9 digits, then at most 4')
        return Decimal(value)

    return BeforeValidator(look)


def _schema(shape: re.Pattern[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{shape.pattern}$", "examples": ["12.50"]})


def _no_zero_byte(value: object) -> object:
    if isinstance(value, str) and "\x00" in value:
        raise ValueError("text cannot hold a zero byte")
    return value


_CLEAN: Final = BeforeValidator(_no_zero_byte)
Amount = Annotated[Decimal, _text_only(_PLAIN), _schema(_PLAIN)]
SignedAmount = Annotated[Decimal, _text_only(_SIGNED), _schema(_SIGNED)]
Hours = Annotated[Decimal, Field(gt=0, le=24), _text_only(_PLAIN), _schema(_PLAIN)]
Percent = Annotated[Decimal, Field(ge=-100, le=1000), _text_only(_SIGNED), _schema(_SIGNED)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), _CLEAN]
Text = Annotated[str, StringConstraints(max_length=10_000), _CLEAN]
Brief = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), _CLEAN]
Photos = Annotated[list[UUID], Field(max_length=ROWS_MAX)]
Day: TypeAlias = date  # A report has a member called `date`.
Count = Annotated[int, Field(ge=0, le=10_000, strict=True)]


class Form(BaseModel):
    """What every part of a body is like."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Labour(Form):
    """The hours of one worker."""

    worker: Name
    trade: Name | None = None
    hours: Hours
    time_type: Literal["regular", "overtime", "double"] = "regular"
    rate: Amount | None = Field(default=None, description="Money for an hour of this time type.")


class Material(Form):
    """What was used up."""

    name: Name
    unit: Brief = ""
    quantity: Amount
    unit_cost: Amount | None = None


class Equipment(Form):
    """What was used and taken home again."""

    name: Name
    unit: Brief = "hours"
    quantity: Amount
    rate: Amount | None = Field(default=None, description="Money a unit.")


class Signature(Form):
    """Who signed, and what they drew."""

    name: Name
    signed_at: AwareDatetime
    photo: UUID = Field(description="The photo that holds the drawing, a PNG.")


class TmTicket(Form):
    """A time and materials ticket."""

    work_date: Day
    description: Text
    cost_code: Brief | None = None
    change_event: Brief | None = Field(default=None, description="The vendor's own id; null: none yet.")
    labour: list[Labour] = Field(default=[], max_length=ROWS_MAX)
    materials: list[Material] = Field(default=[], max_length=ROWS_MAX)
    equipment: list[Equipment] = Field(default=[], max_length=ROWS_MAX)
    notes: Text = ""
    photos: Photos = []
    signature: Signature | None = None


class CorLine(Form):
    """A line of a change order request."""

    kind: Literal["labour", "material", "equipment", "other"]
    description: Name
    quantity: Amount
    unit: Brief = ""
    unit_cost: SignedAmount
    cost_code: Brief | None = None


class Markup(Form):
    """A mark-up on the lines and on the mark-ups before it."""

    name: Name
    percent: Percent


class ChangeOrderRequest(Form):
    """A change order request, by hand or from tickets."""

    title: Name
    description: Text = ""
    reason: Brief = ""
    contract: Brief | None = Field(default=None, description="The vendor's own id of the prime contract.")
    change_event: Brief | None = Field(default=None, description="The vendor's own id; null: none yet.")
    schedule_days: int | None = Field(default=None, ge=-10_000, le=10_000, strict=True)
    lines: list[CorLine] = Field(default=[], max_length=2 * ROWS_MAX)
    markups: list[Markup] = Field(default=[], max_length=20)
    tickets: list[UUID] = Field(default=[], max_length=ROWS_MAX)
    photos: Photos = []


class Weather(Form):
    """What the weather was like."""

    sky: Brief = ""
    temperature: Brief = ""
    wind: Brief = ""
    precipitation: Brief = ""
    ground: Brief = ""
    delay: bool = Field(default=False, description="Whether it held the work up.")


class CrewLine(Form):
    """How many of a company or trade were there."""

    company: Brief = ""
    trade: Brief = ""
    workers: Count
    hours: Amount | None = Field(default=None, description="Hours of each.")
    note: Text = ""


class Work(Form):
    """Something that was worked on."""

    description: Text
    workers: Count | None = None
    hours: Amount | None = None


class Delay(Form):
    """Something that held the work up."""

    what: Text
    hours: Amount | None = None


class DailyReport(Form):
    """What went on in a day."""

    date: Day
    weather: Weather | None = None
    crew: list[CrewLine] = Field(default=[], max_length=ROWS_MAX)
    work: list[Work] = Field(default=[], max_length=ROWS_MAX)
    delays: list[Delay] = Field(default=[], max_length=ROWS_MAX)
    notes: list[Text] = Field(default=[], max_length=ROWS_MAX)
    photos: Photos = []


class Present(Form):
    """Whether somebody is there."""

    name: Name
    trade: Name | None = None
    present: bool


class CheckIn(Form):
    """Who of a crew is there."""

    crew: Name
    at: AwareDatetime
    people: list[Present] = Field(default=[], max_length=ROWS_MAX)


class Photo(Form):
    """A photo by itself, told in words."""

    photo: UUID
    description: Text = ""
    taken_at: AwareDatetime | None = None
    place: Brief | None = None


FORMS: Final[dict[Kind, type[Form]]] = {
    Kind.TM_TICKET: TmTicket,
    Kind.CHANGE_ORDER_REQUEST: ChangeOrderRequest,
    Kind.DAILY_REPORT: DailyReport,
    Kind.CHECK_IN: CheckIn,
    Kind.PHOTO: Photo,
}


def form_of(kind: Kind, body: dict[str, Any]) -> Form:
    """Return a body as its form. Raises BadInputError, which names what is wrong."""
    try:
        return FORMS[kind].model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        raise BadInputError(
            f"{kind.in_words}: {where} cannot be used: {first['msg'].removeprefix('Value error, ')}.",
            action="Correct it, and send it again.",
            code="field.body",
        ) from None


def body_of(form: Form) -> dict[str, Any]:
    """Return a form as the JSON that is kept: every member there, amounts and times as text."""
    return form.model_dump(mode="json")


def without_photos(body: dict[str, Any], gone: Collection[UUID]) -> dict[str, Any]:
    """Return the kept body of a ticket or of a request as if some photos were not named in it."""
    lost = {str(one) for one in gone}
    kept = {**body, "photos": [one for one in body["photos"] if one not in lost]}
    signature = body.get("signature")
    return {**kept, "signature": None} if signature and signature["photo"] in lost else kept


def photos_of(kind: Kind, body: dict[str, Any]) -> list[UUID]:
    """Return which photos a kept body names, each once: its own in their order, then the signature."""
    named = [body["photo"]] if kind is Kind.PHOTO else list(body.get("photos") or [])
    if body.get("signature"):
        named.append(body["signature"]["photo"])
    return [UUID(one) for one in dict.fromkeys(named)]
