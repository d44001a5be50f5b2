"""Hooks, their triggers and deliveries: the first version, by ids in bodies and queries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.bodies import Body, as_list, read_body
from tiebeam.simulators.procore.calls import open_project
from tiebeam.simulators.procore.errors import ApiError, json_response, missing_parameter, not_found
from tiebeam.simulators.procore.identifiers import stamp
from tiebeam.simulators.procore.routing import Route
from tiebeam.simulators.procore.webhooks.model import PAYLOAD_VERSIONS, Hook
from tiebeam.simulators.procore.webhooks.names import ANNOUNCED, fault_of
from tiebeam.simulators.procore.webhooks.payloads import payload
from tiebeam.simulators.procore.writes.forms import invalid
from tiebeam.simulators.procore.writes.saving import nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.webhooks.model import Delivery, Trigger
    from tiebeam.simulators.procore.writes.forms import Fields

_HOOKS = "/rest/v1.0/webhooks/hooks"
_NAMESPACE = re.compile(r"[a-z0-9-]+")
TRIGGERS_MAX = 500
_OUTCOMES = {"successful": ("ok",), "discarded": ("discarded",), "failing": ("retried", "failed")}


def routes() -> Iterator[Route]:
    """Every operation of the first version."""
    yield Route("GET", _HOOKS, _list)
    yield Route("POST", _HOOKS, _create)
    yield Route("GET", f"{_HOOKS}/{{id}}", lambda call: json_response(_shown(_hook(call, Body({}), "id"))))
    yield Route("PATCH", f"{_HOOKS}/{{id}}", _update)
    yield Route("DELETE", f"{_HOOKS}/{{id}}", _delete)
    yield Route("GET", f"{_HOOKS}/{{hook_id}}/triggers", _triggers)
    yield Route("POST", f"{_HOOKS}/{{hook_id}}/triggers", _add_trigger)
    yield Route("POST", f"{_HOOKS}/{{hook_id}}/triggers/bulk", _add_triggers)
    yield Route("DELETE", f"{_HOOKS}/{{hook_id}}/triggers/bulk", _remove_triggers)
    yield Route("DELETE", f"{_HOOKS}/{{hook_id}}/triggers/{{id}}", _remove_trigger)
    yield Route("GET", f"{_HOOKS}/{{hook_id}}/deliveries", _deliveries)
    yield Route("GET", "/rest/v1.0/webhooks/resources", _resources)
    yield Route(
        "GET",
        "/rest/v1.0/webhooks/resources/api_versions",
        lambda _call: json_response([version.removesuffix(".0") for version in PAYLOAD_VERSIONS]),
    )


def checked_settings(call: Call, sent: Fields, *, new: bool) -> Fields:
    """What a hook is to be, by the names of `Hook`. Raises ApiError 422 with what is wrong."""
    errors = {}
    url, namespace = sent.get("destination_url"), sent.get("namespace")
    if (new or "destination_url" in sent) and not re.match(r"https?://[^/]", str(url or "")):
        errors["destination_url"] = ["must be a valid URL"]
    if (new or "namespace" in sent) and not _NAMESPACE.fullmatch(str(namespace or "")):
        errors["namespace"] = ["must be made of lower-case letters, digits and dashes"]
    version = sent.get("payload_version", sent.get("api_version"))
    if (new or version is not None) and _version(version) is None:
        errors["payload_version"] = [f"must be one of {', '.join(PAYLOAD_VERSIONS)}"]
    headers = sent.get("destination_headers")
    if headers is not None and not isinstance(headers, dict):
        errors["destination_headers"] = ["is invalid"]
    if errors:
        raise invalid(call, errors)
    found = {"destination_url": url, "namespace": namespace, "payload_version": _version(version)}
    if headers is not None:
        found["destination_headers"] = {str(name): str(value) for name, value in headers.items()}
    return {name: value for name, value in found.items() if value is not None}


def _version(said: Any) -> str | None:
    text = f"{said}.0" if re.fullmatch(r"v\d", str(said)) else str(said)
    return text if text in PAYLOAD_VERSIONS else None


def made_hook(call: Call, sent: Fields, project_id: int | None) -> Hook:
    """A new hook of the company or of a project. Raises ApiError 422."""
    settings = checked_settings(call, sent, new=True)
    settings.setdefault("destination_headers", {})
    hook = Hook(
        id=call.webhooks.take_id(),
        company_id=call.state.company_id,
        project_id=project_id,
        user_id=call.principal.user["id"],
        created_at=call.moment,
        updated_at=call.moment,
        **settings,
    )
    call.webhooks.hooks[hook.id] = hook
    return hook


def changed_hook(call: Call, hook: Hook, sent: Fields) -> None:
    """Change a hook's settings. Raises ApiError 422."""
    for name, value in checked_settings(call, sent, new=False).items():
        setattr(hook, name, value)
    hook.updated_at = call.moment


def trigger_fault(hook: Hook, sent: Any) -> tuple[str, str, str] | None:
    """What is wrong with a trigger: a code, the field and the words; None when nothing is."""
    if not isinstance(sent, dict):
        return ("invalid", "trigger", "is invalid")
    fault = fault_of(sent)
    if fault is not None:
        return ("invalid", *fault)
    asked = (sent["resource_name"], str(sent["event_type"]).lower())
    if any((each.resource_name, each.event_type) == asked for each in hook.triggers):
        return ("duplicate", "resource_name", "has already a trigger for this event")
    return None


def added_trigger(call: Call, hook: Hook, sent: Fields) -> Trigger:
    """A trigger that has been found good."""
    return call.webhooks.add_trigger(hook, sent["resource_name"], str(sent["event_type"]).lower())


def _scope(call: Call, body: Body) -> int | None:
    """The project that the call is about; None is the company. Raises ApiError when neither is named."""
    project_id = call.query.integer("project_id") or body.integer("project_id")
    if project_id is not None:
        open_project(call.state, project_id, None)
        return project_id
    company_id = call.query.get("company_id") or body.integer("company_id")
    if company_id is None:
        raise missing_parameter("company_id")
    if str(company_id) != str(call.state.company_id):
        raise ApiError(403, "You do not have access to this company")
    return None


def _hook(call: Call, body: Body, parameter: str = "hook_id") -> Hook:
    """The hook of the path, in the scope that the call names. Raises ApiError 404."""
    project_id = _scope(call, body)
    hook = call.webhooks.hooks.get(call.integer_param(parameter))
    if hook is None or hook.project_id != project_id:
        raise not_found("The hook")
    return hook


def _shown(hook: Hook) -> Fields:
    return {
        "id": hook.id,
        "api_version": hook.payload_version.removesuffix(".0"),
        "destination_headers": hook.destination_headers,
        "destination_url": hook.destination_url,
        "owned_by_company_id": hook.company_id if hook.project_id is None else None,
        "owned_by_project_id": hook.project_id,
        "owned_by_user_id": hook.user_id,
        "namespace": hook.namespace,
    }


def _shown_trigger(hook: Hook, trigger: Trigger) -> Fields:
    return {
        "id": trigger.id,
        "webhook_hook_id": hook.id,
        "resource_name": trigger.resource_name,
        "resource_id": None,
        "event_type": trigger.event_type.upper(),
        "company_id": hook.company_id,
        "project_id": hook.project_id,
        "user_id": hook.user_id,
    }


def _list(call: Call) -> SimResponse:
    project_id, namespace = _scope(call, Body({})), call.query.get("namespace")
    hooks = [
        hook
        for hook in call.webhooks.hooks.values()
        if hook.project_id == project_id and namespace in (None, hook.namespace)
    ]
    return json_response([_shown(hook) for hook in hooks])


def _create(call: Call) -> SimResponse:
    body = read_body(call.request)
    project_id = _scope(call, body)
    return json_response(_shown(made_hook(call, body.wrapped("hook"), project_id)), status=201)


def _update(call: Call) -> SimResponse:
    body = read_body(call.request)
    hook = _hook(call, body, "id")
    changed_hook(call, hook, body.wrapped("hook"))
    return json_response(_shown(hook))


def _delete(call: Call) -> SimResponse:
    call.webhooks.remove(_hook(call, read_body(call.request), "id").id)
    return nothing(200)


def _triggers(call: Call) -> SimResponse:
    hook = _hook(call, Body({}))
    return json_response([_shown_trigger(hook, each) for each in hook.triggers])


def _add_trigger(call: Call) -> SimResponse:
    body = read_body(call.request)
    hook, sent = _hook(call, body), body.wrapped("trigger")
    fault = trigger_fault(hook, sent)
    if fault is not None:
        raise invalid(call, {fault[1]: [fault[2]]})
    return json_response(_shown_trigger(hook, added_trigger(call, hook, sent)), status=201)


def _add_triggers(call: Call) -> SimResponse:
    """Many at once: 207 when some were refused, 413 for too many."""
    body = read_body(call.request)
    hook, items = _hook(call, body), _bulk(as_list(body.fields.get("triggers")))
    made, failed = [], []
    for sent in items:
        fault = trigger_fault(hook, sent)
        if fault is None:
            made.append(_shown_trigger(hook, added_trigger(call, hook, sent)))
        else:
            failed.append(
                {"code": fault[0], "message": fault[2], "trigger": sent, "errors": {fault[1]: fault[2]}}
            )
    return _partly({"success": made}, failed)


def _remove_triggers(call: Call) -> SimResponse:
    body = read_body(call.request)
    hook, items = _hook(call, body), _bulk(as_list(body.fields.get("triggers")))
    known = {trigger.id for trigger in hook.triggers}
    gone = [item for item in items if item in known]
    failed = [{"code": "not_found", "trigger": item} for item in items if item not in known]
    hook.triggers = [trigger for trigger in hook.triggers if trigger.id not in gone]
    return _partly({"success": gone}, failed)


def _bulk(items: list[Any] | None) -> list[Any]:
    if items is None:
        raise missing_parameter("triggers")
    if len(items) > TRIGGERS_MAX:
        raise ApiError(413, f"No more than {TRIGGERS_MAX} triggers are allowed", shape="errors")
    return items


def _partly(content: Fields, failed: list[Fields]) -> SimResponse:
    return json_response({**content, "failed": failed}, status=207) if failed else json_response(content)


def _remove_trigger(call: Call) -> SimResponse:
    hook, wanted = _hook(call, read_body(call.request)), call.integer_param("id")
    if all(trigger.id != wanted for trigger in hook.triggers):
        raise not_found("The trigger")
    hook.triggers = [trigger for trigger in hook.triggers if trigger.id != wanted]
    return nothing(200)


def _deliveries(call: Call) -> SimResponse:
    """Every try of every delivery, the latest first; pages by `page_start` (from 1) and `page_size`."""
    hook = _hook(call, Body({}))
    wanted = _OUTCOMES.get(_asked_status(call) or "any")
    tried = [
        row
        for delivery in reversed(call.webhooks.deliveries)
        if delivery.hook_id == hook.id
        for row in _tries(hook, delivery)
        if wanted is None or row["outcome"] in wanted
    ]
    size, start = call.query.integer("page_size") or 100, call.query.integer("page_start") or 1
    return json_response(tried[(start - 1) * size : start * size])


def _asked_status(call: Call) -> str | None:
    """`filter[status]` as the guide says, or `filters[status]` as the reference does."""
    keys = {"filter": ("filter[status]",), "filters": ("filters[status]",)}
    allowed = keys.get(call.options.webhook_status_key, ("filter[status]", "filters[status]"))
    return next((value for key in allowed if (value := call.query.get(key))), None)


def _tries(hook: Hook, delivery: Delivery) -> list[Fields]:
    event = payload(delivery.event, hook.payload_version)
    rows = []
    for attempt in reversed(delivery.attempts):
        failed = "retried" if delivery.status == "delivered" else "failed"
        rows.append(
            {
                "event": event,
                "event_id": delivery.event.id,
                "outcome": "ok" if attempt.succeeded else failed,
                "response_body": None,
                "response_error": None if attempt.status else "Net::ReadTimeout",
                "started_at": stamp(attempt.started_at),
                "completed_at": stamp(attempt.completed_at),
                "response_status": attempt.status,
                "response_headers": {},
            }
        )
    if delivery.status == "discarded":
        known = {"event": event, "event_id": delivery.event.id, "outcome": "discarded"}
        rows.insert(0, {**known, "response_status": None, "response_headers": {}})
    return rows


def _resources(call: Call) -> SimResponse:
    in_project = _scope(call, Body({})) is not None
    return json_response(
        [
            {
                "api_version": "v2",
                "product_category": told.tool,
                "tools": told.tool,
                "name": told.name,
                "except": [event for event in ("create", "update", "delete") if event not in told.events],
                **{event: event for event in told.events},
            }
            for told in ANNOUNCED
            if told.company_wide != in_project or told.resource == "projects"
        ]
    )
