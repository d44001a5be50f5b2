"""Hooks, their triggers and deliveries: the second version, with text ids under the company or a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.bodies import read_body
from tiebeam.simulators.procore.errors import ApiError, json_response, missing_parameter, not_found
from tiebeam.simulators.procore.filters import moment_of
from tiebeam.simulators.procore.identifiers import stamp
from tiebeam.simulators.procore.listing import cut_page
from tiebeam.simulators.procore.paging import VERSION_2
from tiebeam.simulators.procore.webhooks.model import PAYLOAD_VERSIONS
from tiebeam.simulators.procore.webhooks.names import ANNOUNCED
from tiebeam.simulators.procore.webhooks.payloads import payload
from tiebeam.simulators.procore.writes.building import write_route
from tiebeam.simulators.procore.writes.hooks import (
    TRIGGERS_MAX,
    added_trigger,
    changed_hook,
    made_hook,
    trigger_fault,
)
from tiebeam.simulators.procore.writes.saving import nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.routing import Route
    from tiebeam.simulators.procore.webhooks.model import Delivery, Hook, Trigger
    from tiebeam.simulators.procore.writes.forms import Fields

_SCOPES = ("companies/{company_id}", "companies/{company_id}/projects/{project_id}")
# What a filter says and what a delivery is called are not always the same word.
_STATUSES = {"succeeded": "delivered", "failed": "retrying"}


def routes() -> Iterator[Route]:
    """Every operation of the second version."""
    for scope in _SCOPES:
        hooks = f"/rest/v2.0/{scope}/webhooks/hooks"
        yield write_route("GET", hooks, _list, None)
        yield write_route("POST", hooks, _create, None)
        yield write_route("GET", f"{hooks}/{{id}}", _show, None)
        yield write_route("PATCH", f"{hooks}/{{id}}", _update, None)
        yield write_route("DELETE", f"{hooks}/{{id}}", _delete, None)
        triggers = f"{hooks}/{{hook_id}}/triggers"
        yield write_route("GET", triggers, _triggers, None)
        yield write_route("POST", triggers, _add_trigger, None)
        yield write_route("POST", f"{triggers}/bulk", _add_triggers, None)
        yield write_route("DELETE", f"{triggers}/bulk", _remove_triggers, None)
        yield write_route("DELETE", f"{triggers}/{{id}}", _remove_trigger, None)
        yield write_route("GET", f"{hooks}/{{hook_id}}/deliveries", _deliveries, None)
        yield write_route("GET", f"/rest/v2.0/{scope}/webhooks/resources", _resources, None)


def _scope(call: Call) -> int | None:
    return call.integer_param("project_id") if "project_id" in call.params else None


def _hook(call: Call, parameter: str = "hook_id") -> Hook:
    hook = call.webhooks.hooks.get(call.integer_param(parameter))
    if hook is None or hook.project_id != _scope(call):
        raise not_found("The hook")
    return hook


def _shown(call: Call, hook: Hook) -> Fields:
    """A hook; the secret it sends along is not shown."""
    shown: Fields = {
        "id": str(hook.id),
        "status": "active" if hook.active else "disabled",
        "payload_version": hook.payload_version,
        "namespace": hook.namespace,
        "destination_headers": dict.fromkeys(hook.destination_headers, "********"),
        "destination_url": hook.destination_url,
        "company_id": str(hook.company_id),
        "project_id": None if hook.project_id is None else str(hook.project_id),
        "created_at": stamp(hook.created_at),
        "updated_at": stamp(hook.updated_at),
    }
    if call.query.flag("include_trigger_count") is not False:
        shown["trigger_count"] = len(hook.triggers)
    return shown


def _shown_trigger(hook: Hook, trigger: Trigger) -> Fields:
    return {
        "id": str(trigger.id),
        "webhook_hook_id": str(hook.id),
        "resource_name": trigger.resource_name,
        "event_type": trigger.event_type,
        "company_id": str(hook.company_id),
        "project_id": None if hook.project_id is None else str(hook.project_id),
    }


def _paged(call: Call, rows: list[Any]) -> SimResponse:
    shown, headers = cut_page(call, VERSION_2, rows)
    return json_response({"data": list(shown)}, headers=headers)


def _list(call: Call) -> SimResponse:
    project_id = _scope(call)
    namespace, version = call.query.get("namespace"), call.query.get("payload_version")
    hooks = [
        hook
        for hook in call.webhooks.hooks.values()
        if hook.project_id == project_id
        and namespace in (None, hook.namespace)
        and version in (None, hook.payload_version)
    ]
    return _paged(call, [_shown(call, hook) for hook in hooks])


def _create(call: Call) -> SimResponse:
    hook = made_hook(call, read_body(call.request).fields, _scope(call))
    return json_response({"data": _shown(call, hook)}, status=201)


def _show(call: Call) -> SimResponse:
    return json_response({"data": _shown(call, _hook(call, "id"))})


def _update(call: Call) -> SimResponse:
    hook, sent = _hook(call, "id"), read_body(call.request).fields
    changed_hook(call, hook, sent)
    if sent.get("status") in ("active", "disabled"):
        hook.active = sent["status"] == "active"
    return json_response({"data": _shown(call, hook)})


def _delete(call: Call) -> SimResponse:
    call.webhooks.remove(_hook(call, "id").id)
    return nothing()


def _triggers(call: Call) -> SimResponse:
    hook = _hook(call)
    return _paged(call, [_shown_trigger(hook, each) for each in hook.triggers])


def _add_trigger(call: Call) -> SimResponse:
    hook, sent = _hook(call), read_body(call.request).fields
    fault = trigger_fault(hook, sent)
    if fault is not None:
        raise ApiError(400, f"{fault[1]}: {fault[2]}")
    return json_response({"data": _shown_trigger(hook, added_trigger(call, hook, sent))}, status=201)


def _items(call: Call) -> list[Any]:
    items = read_body(call.request).items
    if items is None:
        raise missing_parameter("triggers")
    if len(items) > TRIGGERS_MAX:
        raise ApiError(413, f"No more than {TRIGGERS_MAX} triggers are allowed")
    return items


def _add_triggers(call: Call) -> SimResponse:
    """A bare array of triggers: 207 when some were refused."""
    hook = _hook(call)
    made, failed = [], []
    for sent in _items(call):
        fault = trigger_fault(hook, sent)
        if fault is None:
            made.append(_shown_trigger(hook, added_trigger(call, hook, sent)))
        else:
            failed.append({"code": fault[0], "message": f"{fault[1]}: {fault[2]}", "trigger": sent})
    if failed:
        return json_response({"data": {"succeeded": made, "failed": failed}}, status=207)
    return json_response({"data": made}, status=201)


def _remove_triggers(call: Call) -> SimResponse:
    hook, wanted = _hook(call), [str(item) for item in _items(call)]
    known = {str(trigger.id) for trigger in hook.triggers}
    gone = [item for item in wanted if item in known]
    failed = [{"code": "not_found", "trigger": item} for item in wanted if item not in known]
    hook.triggers = [trigger for trigger in hook.triggers if str(trigger.id) not in gone]
    data: Fields = {"succeeded": gone}
    return json_response(
        {"data": {**data, "failed": failed} if failed else data}, status=207 if failed else 200
    )


def _remove_trigger(call: Call) -> SimResponse:
    hook, wanted = _hook(call), call.integer_param("id")
    if all(trigger.id != wanted for trigger in hook.triggers):
        raise not_found("The trigger")
    hook.triggers = [trigger for trigger in hook.triggers if trigger.id != wanted]
    return nothing()


def _deliveries(call: Call) -> SimResponse:
    hook = _hook(call)
    found = [
        delivery
        for delivery in reversed(call.webhooks.deliveries)
        if delivery.hook_id == hook.id and _asked_for(call, delivery)
    ]
    return _paged(call, [_shown_delivery(hook, delivery) for delivery in found])


def _asked_for(call: Call, delivery: Delivery) -> bool:
    event = delivery.event
    status = call.query.get("filter[status]")
    start = moment_of(call.query.get("filter[start]"))
    end = moment_of(call.query.get("filter[end]"), end=True)
    return (
        (status is None or _STATUSES.get(status, status) == delivery.status)
        and call.query.get("filter[resource_name]") in (None, event.resource_name)
        and call.query.get("filter[event_type]") in (None, event.event_type)
        and (start is None or event.at.timestamp() >= start)
        and (end is None or event.at.timestamp() <= end)
    )


def _shown_delivery(hook: Hook, delivery: Delivery) -> Fields:
    attempts = [
        {
            "started_at": stamp(attempt.started_at),
            "completed_at": stamp(attempt.completed_at),
            "response_status": attempt.status,
        }
        for attempt in delivery.attempts
    ]
    return {
        "id": delivery.id,
        "status": delivery.status,
        "payload": payload(delivery.event, hook.payload_version),
        "delivery_attempts": attempts,
    }


def _resources(call: Call) -> SimResponse:
    version = call.query.get("payload_version")
    if version is None:
        raise missing_parameter("payload_version")
    if version not in PAYLOAD_VERSIONS:
        raise ApiError(400, f"payload_version must be one of {', '.join(PAYLOAD_VERSIONS)}")
    in_project = _scope(call) is not None
    rows = [
        {
            "category": told.tool,
            "tool": told.tool,
            "name": told.name,
            "payload_version": version,
            "actions": list(told.events),
        }
        for told in ANNOUNCED
        if told.company_wide != in_project or told.resource == "projects"
    ]
    return _paged(call, rows)
