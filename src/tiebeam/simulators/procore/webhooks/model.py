"""Hooks, triggers, events and deliveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

EventType = Literal["create", "update", "delete"]
Status = Literal["enqueued", "retrying", "delivered", "discarded"]

PAYLOAD_VERSIONS = ("v2.0", "v3.0", "v4.0")


@dataclass(slots=True)
class Trigger:
    """One kind of event that a hook is called for."""

    id: int
    resource_name: str
    event_type: str


@dataclass(slots=True)
class Hook:
    """Somebody who wants to be called. `project_id` None is a hook of the whole company."""

    id: int
    company_id: int
    project_id: int | None
    user_id: int
    namespace: str
    payload_version: str
    destination_url: str
    destination_headers: dict[str, str]
    created_at: datetime
    updated_at: datetime
    active: bool = True
    triggers: list[Trigger] = field(default_factory=list)

    def wants(self, event: Event) -> bool:
        """Whether an event is within the hook's scope and one of its triggers."""
        if not self.active or self.project_id not in (None, event.project_id):
            return False
        asked = (event.resource_name, event.event_type)
        return any((each.resource_name, each.event_type) == asked for each in self.triggers)


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to one record. `reason` says more than `event_type` where there is more to say."""

    id: int
    ulid: str
    at: datetime
    event_type: EventType
    reason: str
    resource_name: str
    resource_id: int | str
    company_id: int
    project_id: int | None
    user_id: int
    application_id: str | None
    related: tuple[tuple[int | str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try; `status` None means that no answer came within five seconds, or no connection."""

    started_at: datetime
    completed_at: datetime
    status: int | None

    @property
    def succeeded(self) -> bool:
        """Whether the receiver said 2xx."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class Delivery:
    """An event on its way to a hook: POST `body` with `headers` to `url`."""

    id: str
    hook_id: int
    event: Event
    url: str
    headers: Mapping[str, str]
    body: bytes
    status: Status = "enqueued"
    attempts: list[Attempt] = field(default_factory=list)
    sent_at: datetime | None = None
