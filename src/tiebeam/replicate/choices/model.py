"""Which projects and kinds of record a connection copies, and what those take with them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tiebeam.connectors.streams import Scope, Stream

MINIMAL: Final = frozenset({"procore.rfis", "procore.submittals"})
"""What is proposed at first: the least that a construction office asks for every day."""

TOOL_TITLES: Final[Mapping[str, str]] = {
    "company_directory": "Company directory",
    "directory": "Project directory",
    "cost_codes": "Cost codes",
    "work_breakdown_structure": "Work breakdown structure",
    "rfis": "RFIs",
    "submittals": "Submittals",
    "meetings": "Meetings",
    "observations": "Observations",
    "prime_contracts": "Prime contracts",
    "change_events": "Change events",
    "change_orders": "Change orders",
    "drawings": "Drawings",
    "photos": "Photos",
    "documents": "Documents",
    "specifications": "Specifications",
    "schedule": "Schedule (tasks)",
    "schedule_v2": "Schedule (activities)",
    "daily_log": "Daily log",
    "timecards": "Time cards",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a connection copies; None stands for everything that it may see."""

    project_ids: frozenset[str] | None = None
    streams: frozenset[str] | None = None
    """Names of streams, without those that they cannot be read without (`kept`)."""

    def takes(self, stream: Stream, scope: Scope, kept: Collection[str]) -> bool:
        """Say whether a feed is to be read; `kept` are the names that `kept` returned."""
        project = scope.project_id
        inside = project is None or self.project_ids is None or project in self.project_ids
        return inside and stream.name in kept


EVERYTHING: Final = Choice()
NOTHING_YET: Final = Choice(project_ids=frozenset(), streams=frozenset())
"""Until somebody has chosen: the list of projects alone, to choose from."""


def kept(streams: Sequence[Stream], choice: Choice) -> frozenset[str]:
    """Return the names of the streams that a choice has read, those included that it stands on.

    A kind of record cannot be found without what it lies in; and which projects and tools there are is what
    every other choice is made from.
    """
    known = {stream.name: stream for stream in streams}
    if choice.streams is None:
        return frozenset(known)
    found = {name for name, stream in known.items() if not selectable(stream)}
    for name in choice.streams & known.keys():
        step: str | None = name
        while step is not None and step not in found:
            found.add(step)
            step = known[step].parent
    if any(known[name].family for name in found):
        # The counts of a family are read by the days of its headers.
        found |= {name for name, stream in known.items() if stream.view == "daily_log_headers"}
    return frozenset(found)


def selectable(stream: Stream) -> bool:
    """Say whether a kind of record is anybody's to choose: lists of companies, projects and tools are not."""
    return stream.tool in TOOL_TITLES


def by_tool(streams: Sequence[Stream]) -> list[tuple[str, list[Stream]]]:
    """Return the kinds of record that can be chosen, under the titles of their tools."""
    return [
        (title, [stream for stream in streams if stream.tool == tool])
        for tool, title in TOOL_TITLES.items()
        if any(stream.tool == tool for stream in streams)
    ]
