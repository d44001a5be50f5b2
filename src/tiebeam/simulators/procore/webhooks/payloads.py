"""What a delivery says, in the three versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tiebeam.simulators.procore.webhooks.model import Event


def payload(event: Event, version: str) -> dict[str, Any]:
    """The object for an event in a version of `model.PAYLOAD_VERSIONS`."""
    if version == "v4.0":
        return _version_4(event)
    content = _version_2(event)
    if version == "v3.0":
        content |= {
            "api_version": "v3.0",
            "related_resources": [{"id": record_id, "name": name} for record_id, name in event.related],
        }
    return content


def _version_2(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "ulid": event.ulid,
        "timestamp": _timestamp(event),
        "metadata": {
            "source_user_id": event.user_id,
            "source_project_id": event.project_id,
            "source_operation_id": None,
            "source_company_id": event.company_id,
            "source_application_id": event.application_id,
        },
        "user_id": event.user_id,
        "company_id": event.company_id,
        "project_id": event.project_id,
        "api_version": "v2.0",
        "event_type": event.event_type,
        "resource_name": event.resource_name,
        "resource_id": event.resource_id,
    }


def _version_4(event: Event) -> dict[str, Any]:
    return {
        "id": event.ulid,
        "timestamp": _timestamp(event),
        "reason": event.reason,
        "company_id": str(event.company_id),
        "project_id": None if event.project_id is None else str(event.project_id),
        "user_id": str(event.user_id),
        "resource_type": event.resource_name,
        "resource_id": str(event.resource_id),
    }


def _timestamp(event: Event) -> str:
    return event.at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
