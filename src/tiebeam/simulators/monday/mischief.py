"""What a firing fault does to a call, and to the answer on its way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.base.messages import ConnectionLost, SimResponse
from tiebeam.simulators.monday.errors import ApiError, json_response, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.simulators.base.faults import FaultRule, Firing

_HTML = b"<!DOCTYPE html><html><head><title>monday.com</title></head><body><h1>Back soon</h1></body></html>"
_GARBAGE = b'\x00\x8b{"data": nul, ]]\xff\xfe'


def before(firings: Sequence[Firing], request_id: str) -> SimResponse | None:
    """The answer to a call that nothing is done for. Raises ConnectionLost when it never arrives."""
    for firing in firings:
        rule = firing.rule
        if rule.kind == "drop_request":
            raise ConnectionLost(sent=False)
        if rule.kind == "status" and not rule.processed:
            return refusal(rule, request_id)
    return None


def after(firings: Sequence[Firing], response: SimResponse, request_id: str) -> SimResponse:
    """The answer as it comes out. Raises ConnectionLost when it never does."""
    for firing in firings:
        rule = firing.rule
        match rule.kind:
            case "drop_answer":
                raise ConnectionLost(sent=True)
            case "delay":
                response.delay_seconds += rule.delay_seconds
            case "status" | "half_done":
                response = refusal(rule, request_id)
            case "truncate":
                response.body = response.body[: firing.random.randrange(1, max(2, len(response.body)))]
            case "html":
                response.headers["Content-Type"] = "text/html; charset=utf-8"
                response.status, response.body = 200, _HTML
            case "garbage":
                response.body = _GARBAGE
            case _:
                pass
    return response


def refusal(rule: FaultRule, request_id: str) -> SimResponse:
    """The answer of a `status` rule; below 400 it is an error within an answer that looks like a success."""
    headers = {} if rule.retry_after_seconds is None else {"Retry-After": str(rule.retry_after_seconds)}
    if rule.status < 400:
        error = ApiError("INTERNAL_SERVER_ERROR", "Internal server error", status_code=500)
        return refused(error, request_id)
    content = {"error_message": "The service is temporarily unavailable", "status_code": rule.status}
    return json_response(content, rule.status, headers)
