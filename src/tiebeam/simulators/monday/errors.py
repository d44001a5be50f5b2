"""monday.com's error answers: mostly 200 with `errors`, sometimes a status."""

from __future__ import annotations

from typing import Any

import orjson

from tiebeam.simulators.base.messages import SimResponse


class ApiError(Exception):
    """A refusal within an answer. The GraphQL executor takes `extensions` over into the answer."""

    def __init__(self, code: str, message: str, *, status_code: int = 200, **error_data: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.extensions: dict[str, Any] = {
            "code": code,
            "status_code": status_code,
            "error_data": error_data,
        }


class LimitError(ApiError):
    """Too much was asked, lately or at once."""

    def __init__(self, code: str, message: str, retry_in_seconds: int) -> None:
        super().__init__(code, message, status_code=429)
        self.retry_in_seconds = retry_in_seconds
        self.extensions["retry_in_seconds"] = retry_in_seconds


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> SimResponse:
    """`content` as a JSON answer."""
    named = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    return SimResponse(status, named, orjson.dumps(content))


def refused(error: ApiError, request_id: str, status: int = 200) -> SimResponse:
    """The answer that holds nothing but one error."""
    extensions = {**error.extensions, "request_id": request_id}
    return json_response({"errors": [{"message": error.message, "extensions": extensions}]}, status)


def limited(error: LimitError, request_id: str, *, by_status: bool, old_style: bool) -> SimResponse:
    """The answer to who asked too much: a status with Retry-After, or 200; in one of two shapes."""
    status = 429 if by_status else 200
    if old_style:
        content: dict[str, Any] = {
            "error_code": "ComplexityException",
            "status_code": 429,
            "error_message": f"{error.message}, reset in {error.retry_in_seconds} seconds",
            "error_data": {},
        }
        response = json_response(content, status)
    else:
        response = refused(error, request_id, status)
    if by_status:
        response.headers["Retry-After"] = str(error.retry_in_seconds)
    return response
