"""What our copy of Procore says of a project before anything is sent to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.streams import Scope
from tiebeam.push.deliveries.procore.facts import TICKETS_TOOL, Choices, Contract, CostCode, Facts, folded
from tiebeam.replicate.model import Access
from tiebeam.replicate.replica import Slice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tiebeam.replicate.replica import Records
    from tiebeam.replicate.repository import Replica

_MOST: Final = 20_000
"""Records of one kind in one project that are looked at."""
_KIND_OF_LINE: Final = {
    "labour": ("labor", "labour"),
    "material": ("material", "materials"),
    "equipment": ("equipment",),
    "other": ("other",),
}


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """Reads facts out of the copy of one connection, and asks nobody outside."""

    replica: Replica
    records: Records
    choices: Choices = field(default_factory=Choices)

    async def facts(self, project: str) -> Facts:
        """Return what is known of a project now; what was never copied is left open, and checks nothing."""
        codes = await self._rows("procore.cost_codes", project)
        contracts = await self._rows("procore.prime_contracts", project)
        events = await self._rows("procore.change_events", project)
        vendors = await self._rows("procore.project_vendors", project)
        return Facts(
            tools_off=_tools_off(await self._rows("procore.project_tools", project) or ()),
            cost_codes=None if codes is None else _cost_codes(codes),
            contracts=None if contracts is None else tuple(map(_contract, contracts)),
            change_events=None if events is None else frozenset(str(one["id"]) for one in events),
            people=_logins(await self._rows("procore.project_people", project) or ()),
            companies=_alone((one.get("name"), one.get("id")) for one in vendors or ()),
            line_item_types=_line_item_types(codes or ()),
            choices=self.choices,
        )

    async def _rows(self, stream: str, project: str) -> list[Mapping[str, Any]] | None:
        """Return the live records of a kind in a project; None while our copy cannot tell which there are."""
        feed = await self.replica.feed(stream, Scope().within("project_id", project))
        if feed is None or feed.completed_at is None or feed.access is not Access.OPEN:
            return None
        found = await self.records.find(Slice(stream, project, limit=_MOST))
        return [one.payload for one in found]


def _tools_off(tools: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return the T&M tool if the project's list of tools has it switched off; which is which goes by name."""
    for one in tools:
        said = folded(f"{one.get('engine_name') or ''} {one.get('title') or ''}").replace("_", " ")
        is_tickets = "time and material" in said or "t&m" in said
        if is_tickets and one.get("is_active") is False:
            return frozenset({TICKETS_TOOL})
    return frozenset()


def _cost_codes(rows: Iterable[Mapping[str, Any]]) -> dict[str, CostCode]:
    found: dict[str, CostCode] = {}
    for row in rows:
        code = CostCode(int(row["id"]), str(row.get("name") or ""), row.get("budgeted"))
        for written in (row.get("full_code"), row.get("code"), row.get("sortable_code")):
            if written:
                found.setdefault(str(written), code)
    return found


def _contract(row: Mapping[str, Any]) -> Contract:
    return Contract(int(row["id"]), str(row.get("title") or row.get("number") or row["id"]))


def _logins(people: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    return _alone((one.get("name"), one.get("user_id")) for one in people)


def _alone(pairs: Iterable[tuple[Any, Any]]) -> dict[str, int]:
    """Return ids by name, without the names that several have."""
    found: dict[str, int | None] = {}
    for name, id_ in pairs:
        if name and id_ is not None:
            key = folded(str(name))
            found[key] = None if key in found else int(id_)
    return {key: id_ for key, id_ in found.items() if id_ is not None}


def _line_item_types(codes: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return Procore's types of line by our words, as the cost codes name them."""
    named = {
        folded(str(one.get("name") or "")): int(one["id"])
        for row in codes
        for one in row.get("line_item_types") or ()
        if one.get("id") is not None
    }
    return {
        ours: named[theirs] for ours, words in _KIND_OF_LINE.items() for theirs in words if theirs in named
    }
