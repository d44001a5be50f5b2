"""The several shapes of Procore's error answers."""

from __future__ import annotations

from typing import Any, Literal

import orjson

from tiebeam.simulators.base.messages import SimResponse

_NAMES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    409: "CONFLICT",
    422: "UNPROCESSABLE_ENTITY",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_SERVER_ERROR",
    502: "BAD_GATEWAY",
    503: "SERVICE_UNAVAILABLE",
}


class ApiError(Exception):
    """An answer that refuses.

    `shape` is `generic` ({code, message, fields, reason, error}), `errors` ({errors: …}) or `plain` (the
    payload as it is); under /rest/v2 every shape but `plain` becomes {error: {code, message, details}}.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        shape: Literal["generic", "errors", "plain"] = "generic",
        payload: Any = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """`payload` replaces the message in the shapes `errors` and `plain`."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.shape = shape
        self.payload = payload
        self.headers = headers or {}

    def response(self, path: str) -> SimResponse:
        """The answer in the shape that `path` uses."""
        return json_response(self._body(path), status=self.status, headers=self.headers)

    def _body(self, path: str) -> Any:
        name = _NAMES.get(self.status, "ERROR")
        if self.shape == "plain":
            return self.payload
        if path.startswith("/rest/v2"):
            details = [{"code": name, "message": self.message, "source": {}}]
            return {"error": {"code": name, "message": self.message, "details": details}}
        if self.shape == "errors":
            return {"errors": self.message if self.payload is None else self.payload}
        return {
            "code": self.status,
            "message": self.message,
            "fields": {},
            "reason": name.lower(),
            "error": name.lower(),
        }


def json_response(payload: Any, status: int = 200, headers: dict[str, str] | None = None) -> SimResponse:
    """`payload` as a JSON answer."""
    return body_response(orjson.dumps(payload), status=status, headers=headers)


def body_response(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> SimResponse:
    """Bytes that are JSON already, as an answer."""
    return SimResponse(status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, body)


def not_found(what: str = "The requested resource") -> ApiError:
    """404, which Procore also says when the reader may not know that there is something."""
    return ApiError(404, f"{what} was not found")


def missing_parameter(name: str) -> ApiError:
    """400 for a parameter that the endpoint demands."""
    return ApiError(400, f"param is missing or the value is empty: {name}")
