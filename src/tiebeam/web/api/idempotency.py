"""The same POST twice under one key does its work once, and is answered the same."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tiebeam.web.api.problems import Problem
from tiebeam.web.api.repository import Answers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from tiebeam.web.api.asker import Ask
    from tiebeam.web.api.repository import Kept

HEADER: Final = "Idempotency-Key"
_LENGTH_MAX: Final = 200


async def once(
    ask: Ask, key: str, work: Callable[[], Awaitable[Response]], *, is_secret: bool = False
) -> Response:
    """Do `work` unless it was done under this key; then answer as it was answered.

    An answer with a secret is not kept. Raises Problem: 400 for a key that cannot be one, 409 while another
    request is at it or when the answer was not kept, 422 when the key stood for another request.
    """
    if not (key.isascii() and key.isprintable() and 0 < len(key) <= _LENGTH_MAX):
        raise Problem(
            400,
            "api.idempotency_key",
            f"The {HEADER} must be 1 to {_LENGTH_MAX} printable characters.",
            action="Send a fresh UUID for each thing that you want done.",
        )
    app, asker = await ask.app(), ask.asker
    answers = Answers(app.store, ask.house.clock, asker.tenant.id, f"{asker.actor.kind}:{asker.actor.id}")
    request_hash = await _hash_of(ask.request)
    found = await answers.begin(key, request_hash)
    if found is not None:
        return _again(found, request_hash)
    try:
        answer = await work()
    except BaseException:
        await answers.release(key)
        raise
    if answer.status_code >= 400:
        await answers.release(key)
        return answer
    await answers.keep(
        key,
        status=answer.status_code,
        media_type=answer.headers.get("content-type"),
        location=answer.headers.get("location"),
        body=None if is_secret else bytes(answer.body),
    )
    return answer


def _again(found: Kept, request_hash: bytes) -> Response:
    if found.request_hash != request_hash:
        raise Problem(
            422,
            "api.idempotency_key_reused",
            f"This {HEADER} was sent with another request.",
            action="Send a fresh key for each thing that you want done.",
        )
    if found.status is None:
        raise Problem(
            409,
            "api.in_progress",
            f"The request with this {HEADER} is being worked on.",
            action="Wait a second, and send it again.",
            headers={"Retry-After": "1"},
        )
    if found.body is None:
        raise Problem(
            409,
            "api.answer_not_kept",
            "This was done, and its answer held a secret: such are shown once and not kept.",
            action="List what there is; revoke what was made if its secret is lost, and make another.",
        )
    headers = {"Idempotency-Replayed": "true"}
    if found.location:
        headers["Location"] = found.location
    return Response(found.body, status_code=found.status, media_type=found.media_type, headers=headers)


async def _hash_of(request: Request) -> bytes:
    digest = sha256()
    for part in (request.method, request.url.path, request.url.query):
        digest.update(part.encode() + b"\x00")
    digest.update(await request.body())
    return digest.digest()
