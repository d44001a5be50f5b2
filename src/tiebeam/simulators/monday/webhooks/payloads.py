"""What a webhook says. The type of an event is named otherwise than the subscription to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.simulators.monday.cells import WEBHOOK_TYPES, told

if TYPE_CHECKING:
    from tiebeam.simulators.monday.state import Happening, Kind

EVENT_TYPES: dict[Kind, str] = {
    "create": "create_pulse",
    "value": "update_column_value",
    "name": "update_name",
    "group": "move_pulse_into_group",
    "archive": "archive_pulse",
    "delete": "delete_pulse",
    "restore": "restore_pulse",
}
SUBSCRIPTIONS: dict[str, Kind] = {
    "create_item": "create",
    "change_column_value": "value",
    "change_status_column_value": "value",
    "change_specific_column_value": "value",
    "change_name": "name",
    "item_moved_to_any_group": "group",
    "item_archived": "archive",
    "item_deleted": "delete",
    "item_restored": "restore",
}


def wanted(event: str, config: dict[str, Any], happening: Happening) -> bool:
    """Whether a subscription is about what happened."""
    if SUBSCRIPTIONS.get(event) != happening.kind:
        return False
    column = happening.column
    if event == "change_status_column_value" and (column is None or column.type != "status"):
        return False
    return event != "change_specific_column_value" or (
        column is not None and column.id == config.get("columnId")
    )


def payload(happening: Happening, subscription_id: int) -> dict[str, Any]:
    """The body of a delivery."""
    event: dict[str, Any] = {
        "app": "monday",
        "type": EVENT_TYPES[happening.kind],
        "triggerTime": happening.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "subscriptionId": subscription_id,
        "userId": happening.by.user_id,
        "originalTriggerUuid": happening.by.original,
        "boardId": happening.board_id,
        "triggerUuid": happening.trigger_id,
    }
    return {"event": event | _about(happening)}


def _about(happening: Happening) -> dict[str, Any]:
    named = {"pulseId": happening.item_id, "pulseName": happening.item_name, "groupId": happening.group_id}
    match happening.kind:
        case "create":
            return named | {"columnValues": {}}
        case "value" if happening.column is not None:
            column = happening.column
            return named | {
                "columnId": column.id,
                "columnType": WEBHOOK_TYPES.get(column.type, column.type),
                "columnTitle": column.title,
                "value": told(column, happening.after),
                "previousValue": told(column, happening.before),
                "changedAt": happening.at.timestamp(),
                "isTopGroup": True,
            }
        case "name":
            return named | {"value": {"name": happening.after}, "previousValue": {"name": happening.before}}
        case "group":
            return named | {"destGroupId": happening.after, "sourceGroupId": happening.before}
        case _:
            return {"itemId": happening.item_id, "itemName": happening.item_name}
