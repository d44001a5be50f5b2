"""What stands before every operation: who asks, whether they may, and what they send."""

# ruff: noqa: TC001 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from tiebeam.identity.permissions import Permission
from tiebeam.kernel.correlation import bound
from tiebeam.kernel.errors import TiebeamError
from tiebeam.web.api.asker import Ask, asker_of
from tiebeam.web.api.etags import with_tag
from tiebeam.web.api.idempotency import HEADER, once
from tiebeam.web.api.problems import (
    MEDIA_TYPE,
    Problem,
    ProblemBody,
    told,
    told_of_error,
    told_of_fault,
    told_of_values,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping

    from starlette.requests import Request

LOG = logging.getLogger(__name__)

BODY_BYTES_MAX: Final = 64 * 1024
_READS: Final = ("GET", "HEAD")
WORDS: Final = {
    304: "Not modified: what the asker has by If-None-Match is the present form.",
    400: "A value cannot be used.",
    401: "Nobody is signed in, and no API key that stands was given.",
    403: "The key's scopes or the person's role do not cover this, or the CSRF token is missing.",
    404: "There is no such thing, or it is not for whoever asks.",
    409: "It cannot be done as things stand, or a request with the same idempotency key is being worked on.",
    411: "A body without a Content-Length.",
    412: "It has changed since the form that If-Match names.",
    413: f"The body is larger than {BODY_BYTES_MAX // 1024} KiB, or than the operation's `x-body-bytes-max`.",
    415: "The body is not JSON.",
    422: "Values cannot be used, or the idempotency key stood for another request.",
    429: "Too many calls within a minute; Retry-After says how long to wait.",
    500: "A fault of ours; it is in the log under the correlation id.",
    502: "The other system cannot be asked, or refuses.",
    503: "The database cannot be reached.",
}
ANY: Final = "any"
"""What an operation takes that everybody who is known may."""
ALWAYS: Final = (400, 401, 403, 422, 429, 500, 503)
"""What every operation may answer."""
_CHANGING: Final = (409, 411, 413, 415)
HEADERS: Final = {
    "post": ("Idempotency-Key", "A fresh text for each thing to be done: sent again, it is done once."),
    "match": ("If-Match", "The ETag of what is to be changed: if it has changed meanwhile, nothing is done."),
    "csrf": ("X-CSRF-Token", "The session's token; only for a browser's session."),
    "none": ("If-None-Match", "The ETag of what the asker has."),
}


def needs(
    permission: Permission | None,
    *more: int,
    method: str = "get",
    is_secret: bool = False,
    body_bytes_max: int = BODY_BYTES_MAX,
    takes_bytes: bool = False,
) -> dict[str, Any]:
    """Return how an operation is documented and guarded; None: whoever is known may.

    `more` are statuses of its own beside those that every operation of its method has. What `takes_bytes`
    is sent a file as it is, of any type, and reads it piece by piece.
    """
    statuses = {*ALWAYS, *more, *((304,) if method == "get" else _CHANGING)}
    names = ["none"] if method == "get" else ["csrf"]
    names += ["post"] if method == "post" else []
    names += ["match"] if 412 in more else []
    return {
        "responses": {status: _documented(status) for status in sorted(statuses)},
        "openapi_extra": {
            "x-permission": permission.value if permission else ANY,
            **({"x-secret-answer": True} if is_secret else {}),
            **({"x-body-bytes-max": body_bytes_max} if body_bytes_max != BODY_BYTES_MAX else {}),
            **({"x-takes-bytes": True, "requestBody": _BYTES} if takes_bytes else {}),
            "parameters": [_header(*HEADERS[name]) for name in names],
        },
    }


def gives_file(guard: dict[str, Any], *kinds: str) -> dict[str, Any]:
    """Return the same of an operation that answers with a file of one of these media types."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    shown = {"description": "The file.", "content": dict.fromkeys(kinds, schema)}
    return {**guard, "responses": {**guard["responses"], 200: shown}, "response_class": Response}


def _documented(status: int) -> dict[str, Any]:
    if status == 304:
        return {"description": WORDS[status]}
    schema = {"$ref": f"#/components/schemas/{ProblemBody.__name__}"}
    return {"description": WORDS[status], "content": {MEDIA_TYPE: {"schema": schema}}}


def _header(name: str, words: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": words, "schema": _TEXT}


_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 200}
_BYTES: Final = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


_GONE: Final = Problem(400, "api.broken_off", "The body was broken off.", action="Send it again.")


class GuardedRoute(APIRoute):
    """An operation, and what stands before it. One that does not say what it takes is for nobody."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            with bound():
                try:
                    return await self._guarded(request, inner)
                except Problem as problem:
                    return told(problem)
                except TiebeamError as error:
                    return told_of_error(error)
                except RequestValidationError as error:
                    return await told_of_values(request, error)
                except ClientDisconnect:
                    # Nobody reads this: whoever sent a body went away before its end.
                    return told(_GONE)
                except HTTPException:
                    raise
                except Exception:
                    # It keeps the server answering: one operation that breaks is one answer 500.
                    LOG.exception("An operation of the API failed on an error that nobody foresaw.")
                    return told_of_fault()

        return handle

    async def _guarded(
        self, request: Request, inner: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> Response:
        house, rates = request.app.state.house, request.app.state.rates
        _refuse_odd_text(request)
        _require_bounded(request, self.openapi_extra or {})
        asker = await asker_of(request, house)
        said = rates.count(f"{asker.actor.kind}:{asker.actor.id}")
        self._require_permission(asker.permissions)
        ask = request.state.ask = Ask(request, house, asker)
        key = request.headers.get(HEADER)
        if key is not None and request.method == "POST":
            is_secret = bool((self.openapi_extra or {}).get("x-secret-answer"))
            answer = await once(ask, key, lambda: inner(request), is_secret=is_secret)
        else:
            answer = await inner(request)
        for name, value in said.items():
            answer.headers.setdefault(name, value)
        answer.headers.setdefault(
            "Cache-Control", "private, no-cache" if request.method == "GET" else "no-store"
        )
        return with_tag(request, answer)

    def _require_permission(self, permissions: Iterable[Permission]) -> None:
        extra = self.openapi_extra or {}
        wanted = extra.get("x-permission", "nobody's")
        if wanted != ANY and wanted not in {one.value for one in permissions}:
            raise Problem(
                403,
                "api.not_allowed",
                f"This takes the permission {wanted}.",
                action="Use a key with that scope, or ask an admin of your company.",
            )


def _refuse_odd_text(request: Request) -> None:
    """Raise Problem 400 for a zero byte in the address: no text of the database can hold one."""
    if "%00" in request.url.query or "\x00" in request.url.path or "%00" in request.url.path:
        raise Problem(400, "api.odd_text", "The address holds a zero byte.", action="Correct the address.")


def _require_bounded(request: Request, extra: Mapping[str, Any]) -> None:
    if request.method in _READS:
        return
    declared, most = request.headers.get("content-length"), extra.get("x-body-bytes-max", BODY_BYTES_MAX)
    if declared is None and "transfer-encoding" in request.headers:
        raise Problem(411, "api.no_length", "The body's length is not said.", action="Send Content-Length.")
    if not declared or declared == "0":
        return
    if not declared.isdigit() or len(declared) > 9 or int(declared) > most:
        raise Problem(
            413,
            "api.too_large",
            f"The body is larger than {most // 1_000_000} MB."
            if most >= 1_000_000
            else f"The body is larger than {most // 1024} KiB.",
            action="Send less at a time.",
        )
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not extra.get("x-takes-bytes"):
        raise Problem(415, "api.not_json", "The body is not JSON.", action="Send JSON, as application/json.")
