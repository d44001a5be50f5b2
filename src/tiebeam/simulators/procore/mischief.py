"""What a firing fault does to this vendor's world, and to the answer on its way out."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.simulators.base.messages import ConnectionLost, SimResponse
from tiebeam.simulators.procore.errors import ApiError
from tiebeam.simulators.procore.storage import refused_by_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.base.faults import FaultRule, Firing
    from tiebeam.simulators.base.messages import SimRequest
    from tiebeam.simulators.procore.oauth import OAuth
    from tiebeam.simulators.procore.routing import Route
    from tiebeam.simulators.procore.state import ProcoreState
    from tiebeam.simulators.procore.storage import Storeroom
    from tiebeam.simulators.procore.tables import Row

_TEXT_FIELDS = ("title", "subject", "name", "comments", "comment", "description", "notes", "activity_name")
_HTML = b"<!DOCTYPE html><html><head><title>Procore</title></head><body><h1>Back soon</h1></body></html>"
_OK, _CREATED, _TWO = 200, 201, 2
_GARBAGE = b'\x00\x8b{"id": nul, ]]\xff\xfe'


class Target:
    """Where a call points: its project and resource, as far as the route tells."""

    def __init__(self, route: Route | None, project_id: int | None) -> None:
        self.resource = route.resource if route else None
        self.tool = route.tool if route else None
        self.project_id = project_id


class Mischief:
    """Carries faults out on the state and on answers."""

    def __init__(self, state: ProcoreState, oauth: OAuth) -> None:
        """Nothing to undo yet."""
        self._state = state
        self._oauth = oauth
        self._undo: list[tuple[float, Callable[[], None]]] = []

    def settle(self, moment: datetime | None) -> None:
        """Undo what was to last only until `moment`; with None, everything that was to be undone some day."""
        due = [(when, undo) for when, undo in self._undo if moment is None or when <= moment.timestamp()]
        self._undo = [entry for entry in self._undo if entry not in due]
        for _, undo in due:
            with contextlib.suppress(KeyError):  # the record may have been purged meanwhile
                undo()

    def before(self, firings: Sequence[Firing], target: Target, moment: datetime) -> None:
        """Change the world. Raises ConnectionLost when the request never arrives."""
        for firing in firings:
            rule = firing.rule
            if rule.kind == "drop_request":
                raise ConnectionLost(sent=False)
            undo = self._change_world(rule, target, firing.random)
            if undo is not None and rule.for_seconds is not None:
                self._undo.append((moment.timestamp() + rule.for_seconds, undo))

    def after(self, firings: Sequence[Firing], response: SimResponse, target: Target) -> SimResponse:
        """Spoil the answer. Raises ConnectionLost when it never arrives."""
        for firing in firings:
            rule = firing.rule
            if rule.kind == "drop_answer":
                raise ConnectionLost(sent=True)
            if rule.kind == "delay":
                response.delay_seconds += rule.delay_seconds
            elif rule.kind == "half_done":
                response = self._half_done(rule, response, target)
            elif rule.kind == "change_between_pages" and 'rel="next"' in response.headers.get("Link", ""):
                self._change_rows(rule, target, firing.random)
            else:
                response = spoil(rule, response, firing.random)
        return response

    def _half_done(self, rule: FaultRule, response: SimResponse, target: Target) -> SimResponse:
        """Leave the first half of what was made at once, and answer with an error."""
        made = _rows_of(response.body) if response.status == _CREATED else []
        if len(made) < _TWO or target.resource is None:
            return response
        for row in made[len(made) // 2 :]:
            self._state.delete(target.resource, row["id"])
        return refusal(replace(rule, status=500))

    def _change_world(self, rule: FaultRule, target: Target, random: Random) -> Callable[[], None] | None:
        if rule.kind == "revoke_grant":
            self._oauth.revoke_all()
            return None
        project_id = rule.project_id or target.project_id
        if rule.kind == "lose_project" and project_id is not None:
            self._state.permit_project(project_id, False)
            return lambda: self._state.permit_project(project_id, True)
        tool = rule.tool or target.tool
        if rule.kind == "disable_tool" and project_id is not None and tool is not None:
            self._state.set_tool(project_id, tool, False)
            return lambda: self._state.set_tool(project_id, tool, True)
        if rule.kind == "hide_record":
            return self._hide(rule, target, random)
        return None

    def _hide(self, rule: FaultRule, target: Target, random: Random) -> Callable[[], None] | None:
        resource = rule.resource or target.resource
        row = self._pick(resource, rule, target, random)
        if row is None or resource is None:
            return None
        record_id, project_id = row.id, row.project_id
        self._state.hide(resource, record_id, project_id=project_id)
        return lambda: self._state.unhide(resource, record_id, project_id=project_id)

    def _pick(self, resource: str | None, rule: FaultRule, target: Target, random: Random) -> Row | None:
        if resource is None:
            return None
        table = self._state.tables[resource]
        project_id = rule.project_id or target.project_id
        if rule.record_id is not None:
            return table.find(rule.record_id, project_id)
        scoped = project_id if table.resource.scope != "company" else None
        live = [row for row in table.bucket(project_id=scoped) if row.live]
        return random.choice(live) if live else None

    def _change_rows(self, rule: FaultRule, target: Target, random: Random) -> None:
        resource = rule.resource or target.resource
        row = self._pick(resource, rule, target, random)
        if row is None or resource is None:
            return
        change = rule.change if rule.change != "any" else random.choice(("insert", "update", "delete"))
        if change == "delete":
            self._state.delete(resource, row.id, project_id=row.project_id)
        elif change == "insert" and not self._state.tables[resource].resource.membership:
            self._insert_like(resource, row)
        else:
            self._state.update(resource, row.id, _edited(row), project_id=row.project_id)

    def _insert_like(self, resource: str, row: Row) -> None:
        own = {"id", "created_at", "updated_at"}
        fields = {name: value for name, value in row.fields.items() if name not in own}
        self._state.insert(resource, fields, project_id=row.project_id, parent_id=row.parent_id)


def stored(
    storeroom: Storeroom, request: SimRequest, moment: datetime, firings: Sequence[Firing]
) -> SimResponse:
    """What the storage answers under faults: it may refuse, get a part of the body, or take no more forms."""
    rules = {firing.rule.kind: firing.rule for firing in firings}
    if "status" in rules and not rules["status"].processed:
        return refused_by_storage(rules["status"].status, "SlowDown", "Please reduce your request rate.")
    if "end_form" in rules:
        return refused_by_storage(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    if "html" in rules:  # Something in between answers in the storage's stead.
        return SimResponse(200)
    if "cut_body" in rules:
        request = replace(request, body=request.body[: len(request.body) // 2])
    return storeroom.handle(request, moment)


def without_last(firings: Sequence[Firing], request: SimRequest) -> tuple[SimRequest, dict[str, Any] | None]:
    """A sync without the last of its updates, where one is to be refused, and that update."""
    if not any(firing.rule.kind == "refuse_part" for firing in firings) or not request.path.endswith("/sync"):
        return request, None
    content = orjson.loads(request.body)
    *updates, last = content["updates"]
    return replace(request, body=orjson.dumps({**content, "updates": updates})), last


def refused_in_part(response: SimResponse, update: dict[str, Any]) -> SimResponse:
    """The answer to a sync that refused one of its updates: 200 all the same."""
    if response.status == _OK:
        content = orjson.loads(response.body)
        refused = {**update, "errors": {"base": ["is being edited by somebody else"]}}
        response.body = orjson.dumps({**content, "errors": [*content["errors"], refused]})
    return response


def spoil(rule: FaultRule, response: SimResponse, random: Random) -> SimResponse:
    """An answer after a fault that touches nothing but the answer."""
    match rule.kind:
        case "status":
            return refusal(rule)
        case "truncate":
            response.body = response.body[: random.randrange(1, max(2, len(response.body)))]
        case "html":
            response.headers["Content-Type"] = "text/html; charset=utf-8"
            response.status, response.body = 200, _HTML
        case "garbage":
            response.body = _GARBAGE
        case "wrong_etag":
            response.headers["ETag"] = '"00000000000000000000000000000000"'
        case "repeat_row":
            response.body = _repeated(response.body, random)
        case _:
            pass
    return response


def refusal(rule: FaultRule) -> SimResponse:
    """The answer of a `status` rule."""
    headers = {} if rule.retry_after_seconds is None else {"Retry-After": str(rule.retry_after_seconds)}
    return ApiError(rule.status, "The service is temporarily unavailable", headers=headers).response(
        "/rest/v1.0"
    )


def _rows_of(body: bytes) -> list[dict[str, Any]]:
    try:
        content: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    return content if isinstance(content, list) else []


def _repeated(body: bytes, random: Random) -> bytes:
    """The page with one of its rows twice, if it is a page of rows."""
    try:
        content: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    rows = content.get("data") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not rows:
        return body
    rows.insert(random.randrange(len(rows) + 1), random.choice(rows))
    return orjson.dumps(content)


def _edited(row: Row) -> dict[str, Any]:
    name = next((name for name in _TEXT_FIELDS if isinstance(row.fields.get(name), str)), "description")
    return {name: f"{row.fields.get(name) or ''} (changed)"}
