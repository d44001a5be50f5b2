"""Which kinds of records tell of themselves, under which name and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.resources import DAILY_LOG_KINDS, RESOURCES

if TYPE_CHECKING:
    from tiebeam.simulators.procore.tables import Row

_ALL = ("create", "update", "delete")
_KEPT = ("create", "update")
# The fan-out of a directory's updates to every project has ended: they come as those of the company.
_MEMBERS = ("create", "delete")


@dataclass(frozen=True, slots=True)
class Announced:
    """One name that triggers can be made for."""

    name: str
    resource: str
    events: tuple[str, ...] = _ALL
    document_type: str | None = None
    parent_name: str | None = None

    @property
    def tool(self) -> str:
        """The tool it belongs to; the company's directory and administration have none of their own."""
        return RESOURCES[self.resource].tool or "admin"

    @property
    def company_wide(self) -> bool:
        """Whether its events name no project."""
        return RESOURCES[self.resource].scope == "company"


def _log_name(kind: str) -> str:
    return " ".join(word.capitalize() for word in kind.split("_"))


# Tickets and delay logs were not seen in the vendor's own list.
_UNTOLD_LOGS = frozenset({"delay_logs"})
_KEPT_LOGS = frozenset({"weather_logs"})

ANNOUNCED: tuple[Announced, ...] = (
    Announced("Projects", "projects", _KEPT),
    Announced("Company Vendors", "vendors", _KEPT),
    Announced("Company Users", "users", _KEPT),
    Announced("Project Vendors", "project_vendors", _MEMBERS),
    Announced("Project Users", "project_users", _MEMBERS),
    Announced("Locations", "locations"),
    Announced("RFIs", "rfis"),
    Announced("RFI Replies", "rfi_replies", parent_name="RFIs"),
    Announced("Submittals", "submittals"),
    Announced("Submittal Packages", "submittal_packages"),
    Announced("Meetings", "meetings"),
    Announced("Observation Items", "observations"),
    Announced(
        "Observation Item Response Logs",
        "observation_response_logs",
        ("create",),
        parent_name="Observation Items",
    ),
    Announced("Drawings", "drawings"),
    Announced("Drawing Sets", "drawing_sets"),
    Announced("Drawing Areas", "drawing_areas"),
    Announced("Images", "images"),
    Announced("Image Categories", "image_categories"),
    Announced("Project Files", "documents", document_type="file"),
    Announced("Project Folders", "documents", document_type="folder"),
    Announced("Specification Sections", "specification_sections", _KEPT),
    Announced("Specification Section Revisions", "specification_section_revisions"),
    Announced("Specification Section Divisions", "specification_section_divisions"),
    Announced("Specification Sets", "specification_sets"),
    Announced("Prime Contracts", "prime_contracts"),
    Announced("Potential Change Orders", "potential_change_orders"),
    Announced(
        "Potential Change Order Line Items",
        "potential_change_order_line_items",
        parent_name="Potential Change Orders",
    ),
    Announced("Change Order Requests", "change_order_requests"),
    Announced("Change Order Packages", "change_order_packages"),
    Announced("Change Events", "change_events"),
    Announced("Tasks", "tasks"),
    *(
        Announced(_log_name(kind), kind, _KEPT if kind in _KEPT_LOGS else _ALL)
        for kind in DAILY_LOG_KINDS
        if kind not in _UNTOLD_LOGS
    ),
)

_BY_RESOURCE: dict[str, tuple[Announced, ...]] = {
    resource: tuple(each for each in ANNOUNCED if each.resource == resource) for resource in RESOURCES
}
_BY_NAME = {each.name: each for each in ANNOUNCED}


def announced_as(resource: str, row: Row) -> Announced | None:
    """What a record is called in events; None when nothing tells of it."""
    for each in _BY_RESOURCE[resource]:
        if each.document_type in (None, row.fields.get("document_type")):
            return each
    return None


def fault_of(sent: dict[str, Any]) -> tuple[str, str] | None:
    """What is wrong with a trigger that somebody asks for, by field; None when nothing is."""
    known = _BY_NAME.get(str(sent.get("resource_name")))
    if known is None:
        return ("resource_name", f"{sent.get('resource_name')} is not a valid resource name")
    if str(sent.get("event_type")).lower() not in known.events:
        return ("event_type", f"{sent.get('event_type')} is not a valid event type of {known.name}")
    return None
