"""Which fields of which kinds name records of other kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tiebeam.connectors.streams import Column, Stream

_NAMED: Final[Mapping[str, str]] = {
    "observation_id": "observations",
    "drawing_set_id": "drawing_sets",
    "drawing_area_id": "drawing_areas",
    "album_id": "image_categories",
    "daily_log_header_id": "daily_log_headers",
    "specification_section_id": "specification_sections",
    "specification_section_division_id": "specification_section_divisions",
    "specification_set_id": "specification_sets",
    "cost_code_id": "cost_codes",
    "scheduled_task_id": "tasks",
    "change_order_request_id": "change_order_requests",
    "change_order_package_id": "change_order_packages",
    "change_event_id": "change_events",
    "vendor_id": "vendors",
    "rfi_manager_id": "users",
    "submittal_manager_id": "users",
    "assignee_id": "users",
    "created_by_id": "users",
    "uploader_id": "users",
}
"""What the column of a name holds the id of."""
_OF_OWN_KIND: Final[Mapping[tuple[str, str], str]] = {
    ("documents", "parent_id"): "documents",
    ("cost_codes", "parent_id"): "cost_codes",
    ("vendors", "parent_id"): "vendors",
    ("meetings", "parent_id"): "meetings",
}


@dataclass(frozen=True, slots=True)
class Relation:
    """A column of a kind that holds the id of a record of another kind."""

    child: Stream
    column: Column
    parent: Stream


def relations(streams: Iterable[Stream]) -> tuple[Relation, ...]:
    """Return every relation among some kinds."""
    by_view = {stream.view: stream for stream in streams}
    return tuple(
        Relation(stream, column, by_view[parent])
        for stream in by_view.values()
        for column in stream.columns
        if (parent := _OF_OWN_KIND.get((stream.view, column.name)) or _NAMED.get(column.name)) in by_view
    )
