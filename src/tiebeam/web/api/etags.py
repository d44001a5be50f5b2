"""Telling whether somebody has the present form of something. Strong tags alone; made from the content."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tiebeam.web.api.problems import Problem

if TYPE_CHECKING:
    from pydantic import BaseModel
    from starlette.requests import Request

_DIGITS: Final = 32
_KEPT: Final = ("link", "ratelimit", "ratelimit-policy", "cache-control")


def tag_of(body: bytes) -> str:
    """Return the entity tag of a representation."""
    return f'"{sha256(body).hexdigest()[:_DIGITS]}"'


def with_tag(request: Request, answer: Response) -> Response:
    """Tag what was read; answer 304 without it when the asker has just that."""
    if request.method != "GET" or answer.status_code != 200:
        return answer
    tag = answer.headers.get("etag") or tag_of(bytes(answer.body))
    answer.headers["ETag"] = tag
    answer.headers.setdefault("Cache-Control", "private, no-cache")
    asked = request.headers.get("if-none-match")
    if asked is None or not _matches(asked, tag):
        return answer
    kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
    return Response(status_code=304, headers={**kept, "ETag": tag})


def tag(answer: Response, present: BaseModel) -> None:
    """Tag the present form of what can be changed, so that If-Match can name it."""
    answer.headers["ETag"] = tag_of(present.model_dump_json().encode())


def require_match(request: Request, present: BaseModel) -> None:
    """Raise Problem 412 when the asker goes by another form of what is to be changed than the present one."""
    asked = request.headers.get("if-match")
    if asked is None or _matches(asked, tag_of(present.model_dump_json().encode()), strong=True):
        return
    raise Problem(
        412,
        "api.changed_meanwhile",
        "It has changed since you read it.",
        action="Read it again, and decide anew.",
    )


def _matches(asked: str, tag: str, *, strong: bool = False) -> bool:
    if asked.strip() == "*":
        return True
    tags = {one.strip() for one in asked.split(",")}
    return tag in tags or (not strong and f"W/{tag}" in tags)
