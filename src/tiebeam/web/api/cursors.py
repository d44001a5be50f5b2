"""Pages of a list: where one ended is where the next begins, whatever came meanwhile."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Query
from pydantic import BaseModel, Field

from tiebeam.web.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

LIMIT_MAX: Final = 500
_LIMIT_USUAL: Final = 100
_CURSOR_LENGTH_MAX: Final = 1000
_INTEGER_MAX: Final = 2**63 - 1

Item = TypeVar("Item")
Row = TypeVar("Row")

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="How many at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=_CURSOR_LENGTH_MAX, description="`next` of the page before; it means nothing else."),
]
USUAL: Final = _LIMIT_USUAL


class Page(BaseModel, Generic[Item]):
    """Some of a list, in its order."""

    items: list[Item]
    next: str | None = Field(description="The cursor of the page after this one; null at the end.")


def cut(rows: Sequence[Row], limit: int, place: Callable[[Row], list[Any]]) -> tuple[list[Row], str | None]:
    """Return the rows of a page, read with one more than it holds, and the cursor of the next."""
    if len(rows) <= limit:
        return list(rows), None
    kept = list(rows[:limit])
    return kept, urlsafe_b64encode(orjson.dumps(place(kept[-1]))).rstrip(b"=").decode()


def place_of(cursor: str | None, *kinds: type) -> list[Any] | None:
    """Return where a page ended, as values of these kinds; None for the first. Raises Problem."""
    if cursor is None:
        return None
    try:
        found = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, orjson.JSONDecodeError, ValueError):
        raise odd_cursor() from None
    fits = isinstance(found, list) and [type(one) for one in found] == list(kinds)
    if not fits or any(_too_large(one) for one in found):
        raise odd_cursor()
    return list(found)


def moment_of(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return the time and the id at which a page ended; None for the first. Raises Problem."""
    found = place_of(cursor, str, str)
    if found is None:
        return None
    try:
        at, id_ = datetime.fromisoformat(found[0]), UUID(found[1])
    except ValueError:
        raise odd_cursor() from None
    if at.tzinfo is None:
        raise odd_cursor()
    return at, id_


def odd_cursor() -> Problem:
    """Return the answer to a cursor that no page of the list gave."""
    return Problem(
        400, "api.cursor", "This cursor is none of this list.", action="Begin at the first page, without one."
    )


def link_next(request: Request, answer: Response, cursor: str | None) -> None:
    """Say in the Link header where the next page is."""
    if cursor is not None:
        target = request.url.include_query_params(cursor=cursor)
        answer.headers["Link"] = f'<{target.path}?{target.query}>; rel="next"'


def _too_large(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    return isinstance(value, int) and not 0 <= value <= _INTEGER_MAX
