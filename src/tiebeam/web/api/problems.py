"""What an error looks like over the API: problem+json (RFC 9457), with what to do next."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from tiebeam.identity.rules import NotAllowedError
from tiebeam.kernel.correlation import correlation_id
from tiebeam.kernel.errors import Owner
from tiebeam.replicate.replica import AmbiguousRecordError
from tiebeam.web.statuses import status_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException
    from starlette.requests import Request

    from tiebeam.kernel.errors import TiebeamError

MEDIA_TYPE: Final = "application/problem+json"
_FAULTS_MAX: Final = 50
_ACTIONS: Final = {
    404: "See /api/v1/docs for what there is.",
    405: "See the Allow header, and /api/v1/docs, for what can be done here.",
}


class Fault(BaseModel):
    """One thing that is wrong with what was sent."""

    where: str = Field(description="The place of the value, such as `body.every_seconds`.")
    what: str


class ProblemBody(BaseModel):
    """An error: what happened, who can mend it, and what to do next."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="`urn:tiebeam:problem:` and the code.")
    title: str
    status: int
    detail: str = Field(description="What happened, in plain words.")
    code: str = Field(description="Stable: what a program goes by.")
    action: str = Field(description="What to do next.")
    owner: Owner
    correlation_id: str | None
    errors: list[Fault] = Field(description="What is wrong with single values; empty for most problems.")


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it that, and so does everything here.
    """An answer that is an error."""

    def __init__(
        self, status: int, code: str, cause: str, *, action: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(cause)
        self.status = status
        self.code = code
        self.cause = cause
        self.action = action
        self.headers = headers


def nothing_there(what: str) -> Problem:
    """Return the answer for something that is not there, or not for whoever asks: they are told the same."""
    return Problem(404, "api.not_found", f"There is no {what}.", action="List what there is, and choose.")


def told(problem: Problem) -> Response:
    """Answer with a problem."""
    return _answer(
        problem.status, problem.code, problem.cause, problem.action, Owner.OPERATOR, headers=problem.headers
    )


def told_of_error(error: TiebeamError) -> Response:
    """Answer with an error of ours."""
    status = status_of(error)
    if isinstance(error, NotAllowedError):
        status = 403
    elif isinstance(error, AmbiguousRecordError):
        status = 409
    return _answer(status, error.code, error.cause, error.action, error.owner)


def told_of_fault() -> Response:
    """Answer after an error that nobody foresaw: its id leads to the log."""
    return _answer(
        500,
        "api.broken",
        "Something broke here, and it is our fault.",
        "Try again; if it comes back, report it with the correlation id.",
        Owner.DEVELOPER,
    )


async def told_of_http(_: Request, error: Exception) -> Response:
    """Answer where no operation is, or not with this method."""
    status = getattr(error, "status_code", 500)
    found: HTTPException = error  # type: ignore[assignment]  # Registered for this kind alone.
    return _answer(
        status,
        f"api.http_{status}",
        str(found.detail),
        _ACTIONS.get(status, "Correct the request."),
        Owner.OPERATOR,
        headers=found.headers,
    )


async def told_of_values(_: Request, error: Exception) -> Response:
    """Answer to values that cannot be used; they are named, and not repeated."""
    found: RequestValidationError = error  # type: ignore[assignment]  # Registered for this kind alone.
    faults = [
        Fault(where=".".join(map(str, one["loc"])), what=str(one["msg"]))
        for one in found.errors()[:_FAULTS_MAX]
    ]
    return _answer(
        422,
        "api.values",
        "Some of what was sent cannot be used.",
        "Correct what `errors` names.",
        Owner.OPERATOR,
        faults=faults,
    )


def _answer(
    status: int,
    code: str,
    cause: str,
    action: str,
    owner: Owner,
    *,
    headers: Mapping[str, str] | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    body = ProblemBody(
        type=f"urn:tiebeam:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=cause,
        code=code,
        action=action,
        owner=owner,
        correlation_id=correlation_id(),
        errors=list(faults),
    )
    said = {"Cache-Control": "no-store", **(headers or {})}
    return Response(_json(body), status_code=status, media_type=MEDIA_TYPE, headers=said)


def _json(body: ProblemBody) -> bytes:
    plain: dict[str, Any] = body.model_dump(mode="json")
    # What a caller sent may be repeated in a message, also where it is no proper text.
    return orjson.dumps(
        {name: _text(value) if isinstance(value, str) else value for name, value in plain.items()}
    )


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode()
