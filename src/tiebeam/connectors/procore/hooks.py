"""Procore's webhooks as data: what a delivery says, which stream it concerns, what mends a hook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiebeam.connectors.answers import GarbledError, ShapeError, parse_json
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.kernel.moments import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

ACTIONS = ("create", "update", "delete")
_ID_CHARACTERS_MAX = 64


@dataclass(frozen=True, slots=True)
class Event:
    """What a delivery of any payload version says. It never holds the record itself."""

    dedupe_id: str
    """The ULID where there is one, else the number: the same for every copy of a delivery."""
    company_id: str
    project_id: str | None
    resource: str
    """Procore's name of the kind: `RFIs`."""
    record_id: str
    event_type: str
    """`create`, `update` or `delete`; any other reason of payload v4 counts as an update."""
    at: datetime | None
    """By Procore's clock; None when what stands there is no moment."""
    user_id: str | None
    application_id: str | None
    """Payload v4 does not tell."""
    related: tuple[tuple[str, str], ...] = ()
    """Resource name and id of records that this one belongs to (payload v3)."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Which record of which stream is to be read for an event; `key` None: whichever has changed since."""

    stream: str
    key: str | None


def read_event(body: bytes) -> Event:
    """Return the event of a delivery in payload version 2, 3 or 4. Raises GarbledError, ShapeError."""
    return event_of(parse_json(body))


def event_of(said: Any) -> Event:
    """Return the event of a parsed payload. Raises ShapeError."""
    if not isinstance(said, dict):
        raise ShapeError("an object was promised")
    about = said.get("metadata")
    metadata: Mapping[str, Any] = about if isinstance(about, dict) else {}
    return Event(
        dedupe_id=_id(said.get("ulid")) or _needed(said, "id"),
        company_id=_needed(said, "company_id"),
        project_id=_id(said.get("project_id")),
        resource=_name(said.get("resource_name", said.get("resource_type"))),
        record_id=_needed(said, "resource_id"),
        event_type=_action(said.get("event_type", said.get("reason"))),
        at=parse_moment(said.get("timestamp")),
        user_id=_id(metadata.get("source_user_id", said.get("user_id"))),
        application_id=_id(metadata.get("source_application_id")),
        related=tuple(_related(said.get("related_resources"))),
    )


def _needed(said: Mapping[str, Any], name: str) -> str:
    found = _id(said.get(name))
    if found is None:
        raise ShapeError(f"{name} was promised")
    return found


def _id(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    usable = 0 < len(text) <= _ID_CHARACTERS_MAX and text.isascii() and text.isprintable()
    return text if usable else None


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 200 or not value.isprintable():
        raise ShapeError("the name of a resource was promised")
    return value


def _action(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ShapeError("event_type or reason was promised")
    action = value.lower()
    return action if action in ACTIONS else "update"


def _related(value: Any) -> Iterable[tuple[str, str]]:
    for each in value if isinstance(value, list) else ():
        record_id, name = (_id(each.get("id")), each.get("name")) if isinstance(each, dict) else (None, None)
        if record_id and isinstance(name, str):
            yield name, record_id


_OWN = {
    "Projects": "projects",
    "Company Vendors": "vendors",
    "Company Users": "users",
    "Project Vendors": "project_vendors",
    "Project Users": "project_users",
    "RFIs": "rfis",
    "Submittals": "submittals",
    "Meetings": "meetings",
    "Observation Items": "observations",
    "Observation Item Response Logs": "observation_response_logs",
    "Drawing Sets": "drawing_sets",
    "Drawing Areas": "drawing_areas",
    "Images": "images",
    "Image Categories": "image_categories",
    "Project Files": "documents",
    "Project Folders": "documents",
    "Specification Sections": "specification_sections",
    "Specification Section Revisions": "specification_section_revisions",
    "Specification Section Divisions": "specification_section_divisions",
    "Specification Sets": "specification_sets",
    "Prime Contracts": "prime_contracts",
    "Potential Change Orders": "potential_change_orders",
    "Change Order Requests": "change_order_requests",
    "Change Order Packages": "change_order_packages",
    "Change Events": "change_events",
    "Tasks": "tasks",
}
_OF_PARENT = {
    "RFI Replies": ("RFIs", "rfis"),
    "Meeting Topics": ("Meetings", "meetings"),
    "Meeting Attendees": ("Meetings", "meetings"),
    "Potential Change Order Line Items": ("Potential Change Orders", "potential_change_orders"),
    "Change Event Line Items": ("Change Events", "change_events"),
    "Project File Versions": ("Project Files", "documents"),
    "Drawings": ("Drawing Revisions", "drawing_revisions"),
}
"""Records that show within others: the resource and the stream of those."""
_LOGS = {
    " ".join(word.capitalize() for word in stream.view.split("_")): stream.view
    for stream in STREAMS
    if stream.family == "daily_logs"
}

STREAM_OF: Mapping[str, str] = {
    **{name: f"procore.{view}" for name, view in (_OWN | _LOGS).items()},
    **{name: f"procore.{view}" for name, (_, view) in _OF_PARENT.items()},
}
"""The stream to read for each resource that we follow."""


def subject_of(event: Event) -> Subject | None:
    """Return what to read for an event; None for a kind that is not copied."""
    stream = STREAM_OF.get(event.resource)
    if stream is None:
        return None
    if event.resource not in _OF_PARENT:
        return Subject(stream, event.record_id)
    parent, _ = _OF_PARENT[event.resource]
    return Subject(stream, next((key for name, key in event.related if name == parent), None))


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook as Procore keeps it. Its secret is never shown."""

    id: str
    namespace: str
    payload_version: str
    destination_url: str
    active: bool


@dataclass(frozen=True, slots=True)
class Trigger:
    """One kind of event that a hook is called for; `id` is empty for one that is still to be made."""

    resource: str
    event_type: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the one hook of a connection ought to be."""

    namespace: str
    """Of lower-case letters, digits and dashes, and ours alone: what else stands in it is removed."""
    destination_url: str
    payload_version: str
    triggers: frozenset[tuple[str, str]]
    """Resource names and event types."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What to do to a connection's hooks, in this order: remove, make, add triggers, drop triggers."""

    keep: str | None
    """The hook that stays; None: one is to be made."""
    remove: tuple[str, ...] = ()
    add: tuple[tuple[str, str], ...] = ()
    drop: tuple[str, ...] = ()
    """Ids of triggers."""

    @property
    def needed(self) -> bool:
        """Whether anything is amiss."""
        return self.keep is None or bool(self.remove or self.add or self.drop)


def repair(
    wanted: Wanted, found: Sequence[Hook], triggers: Mapping[str, Sequence[Trigger]], known_id: str | None
) -> Repair:
    """Say what makes the hooks of the namespace be the one that is wanted.

    A hook whose secret we never kept (`known_id` is another's, or None) cannot be trusted and is made anew.
    """
    ours = [hook for hook in found if hook.namespace == wanted.namespace]
    keep = next((hook.id for hook in ours if hook.id == known_id and _sound(hook, wanted)), None)
    remove = tuple(hook.id for hook in ours if hook.id != keep)
    have = {(each.resource, each.event_type): each.id for each in triggers.get(keep or "", ())}
    return Repair(
        keep,
        remove,
        add=tuple(sorted(wanted.triggers - have.keys())),
        drop=tuple(sorted(each for pair, each in have.items() if pair not in wanted.triggers)),
    )


def _sound(hook: Hook, wanted: Wanted) -> bool:
    there = (hook.destination_url, hook.payload_version)
    return hook.active and there == (wanted.destination_url, wanted.payload_version)


def triggers_for(resources: Iterable[tuple[str, Sequence[str]]]) -> frozenset[tuple[str, str]]:
    """Return the triggers for what Procore offers and we copy, given each resource and its actions."""
    return frozenset(
        (name, action)
        for name, actions in resources
        if name in STREAM_OF
        for action in ACTIONS
        if action in actions
    )


@dataclass(frozen=True, slots=True)
class Delivered:
    """One entry of Procore's list of deliveries: how it went, and what it said."""

    event: Event
    status: str
    payload: bytes


__all__ = [
    "STREAM_OF",
    "Delivered",
    "Event",
    "GarbledError",
    "Hook",
    "Repair",
    "ShapeError",
    "Subject",
    "Trigger",
    "Wanted",
    "event_of",
    "read_event",
    "repair",
    "subject_of",
    "triggers_for",
]
