"""What our copy of Procore says of a project, for checking a document before it is sent there."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from tiebeam.push.deliveries.procore.facts import (
    TICKETS_TOOL,
    ChangeEvent,
    Contract,
    CostCode,
    Facts,
    folded,
)
from tiebeam.store.adapt import Texts
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from tiebeam.push.deliveries.procore.facts import Choices
    from tiebeam.store.pool import Store

Q = queries("tiebeam.link.facts")

EVENTS_MAX: Final = 500
TIMECARDS_MAX: Final = 500
_CODES: Final = "procore.cost_codes"
_CONTRACTS: Final = "procore.prime_contracts"
_EVENTS: Final = "procore.change_events"
_USERS: Final = "procore.project_users"
_PEOPLE: Final = "procore.project_people"
_VENDORS: Final = "procore.project_vendors"
_ORDERS: Final = "procore.potential_change_orders"
_TIMECARDS: Final = "procore.timecard_entries"
_TOOLS: Final = "procore.project_tools"
_STREAMS: Final = (_CODES, _CONTRACTS, _EVENTS, _USERS, _PEOPLE, _VENDORS, _TOOLS)
_TICKETS: Final = frozenset({TICKETS_TOOL, "time and materials", "t&m tickets", "time & materials"})
_TIME_TYPES: Final[Mapping[str, str]] = {
    "regular": "regular",
    "regular time": "regular",
    "straight time": "regular",
    "overtime": "overtime",
    "over time": "overtime",
    "double time": "double",
    "doubletime": "double",
}
_LINE_TYPES: Final[Mapping[str, str]] = {
    "labor": "labour",
    "labour": "labour",
    "material": "material",
    "materials": "material",
    "equipment": "equipment",
    "other": "other",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """Something of a project; without a key where a list is empty."""

    stream: str
    key: str | None
    name: str | None
    code: str | None
    full_code: str | None
    engine: str | None
    active: str | None
    budgeted: str | None
    line_item_types: Any
    classification_id: str | None
    classification: str | None


class CopiedFacts:
    """The facts of a connection's projects, as they were when they were last read."""

    def __init__(
        self,
        store: Store,
        tenant_id: UUID,
        connection_id: UUID,
        choices: Callable[[], Awaitable[Choices]],
    ) -> None:
        """`choices` says how the tenant wants its documents there."""
        self._store = store
        self._tenant_id = tenant_id
        self._connection_id = connection_id
        self._choices = choices

    async def facts(self, project: str) -> Facts:
        """Return what is known of a project of the vendor's, by its id."""
        named = {
            "tenant_id": self._tenant_id,
            "connection_id": self._connection_id,
            "streams": Texts(_STREAMS),
            "scope": f"project_id={project}",
        }
        async with self._store.transaction(self._tenant_id) as tx:
            rows = await tx.all(_Row, Q["project_facts"], named)
            tiers = await tx.rows(Q["order_tiers"], named | {"stream": _ORDERS})
            times = await tx.rows(Q["time_types"], named | {"stream": _TIMECARDS, "limit": TIMECARDS_MAX})
        found = _facts(rows, await self._choices())
        return replace(found, order_tiers=tiers[0][0] if tiers else None, time_types=dict(_time_types(times)))

    async def change_events(self, project: str) -> list[ChangeEvent] | None:
        """Return the change events of a project, the newest first; None where they were never copied."""
        named = {
            "tenant_id": self._tenant_id,
            "connection_id": self._connection_id,
            "stream": _EVENTS,
            "scope": f"project_id={project}",
            "limit": EVENTS_MAX,
        }
        async with self._store.transaction(self._tenant_id) as tx:
            rows = await tx.rows(Q["change_events"], named)
        if not rows:
            return None
        return [ChangeEvent(*(text or "" for text in row)) for row in rows if row[0] is not None]


def _facts(rows: Sequence[_Row], choices: Choices) -> Facts:
    of: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        of[row.stream] += [row] if row.key is not None else []
    copied = {row.stream for row in rows}
    return Facts(
        tools_off=frozenset(_tools_off(of[_TOOLS])),
        cost_codes=_codes(of[_CODES]) if _CODES in copied else None,
        contracts=tuple(_contract(row) for row in of[_CONTRACTS]) if _CONTRACTS in copied else None,
        change_events=_titles(of[_EVENTS]) if _EVENTS in copied else None,
        people=_by_name((row.name, row.key) for row in of[_USERS]),
        companies=_by_name((row.name, row.key) for row in of[_VENDORS]),
        classifications=_by_name({(row.classification, row.classification_id) for row in of[_PEOPLE]}),
        line_item_types=dict(_line_types(of[_CODES])),
        choices=choices,
    )


def _tools_off(rows: Iterable[_Row]) -> Iterator[str]:
    for row in rows:
        named = {folded(row.engine or ""), folded(row.name or "")}
        if row.active == "false" and named & _TICKETS:
            yield TICKETS_TOOL


def _codes(rows: Sequence[_Row]) -> dict[str, CostCode]:
    """Return the codes as they are written in full, and in short where that names one alone."""
    short = Counter(row.code for row in rows)
    found: dict[str, CostCode] = {}
    for row in rows:
        budgeted = None if row.budgeted is None else row.budgeted == "true"
        code = CostCode(int(row.key or 0), row.name or "", budgeted)
        if row.code and short[row.code] == 1:
            found.setdefault(row.code, code)
        if row.full_code:
            found[row.full_code] = code
    return found


def _titles(rows: Iterable[_Row]) -> dict[str, str]:
    return {row.key or "": row.name or "" for row in rows}


def _contract(row: _Row) -> Contract:
    return Contract(int(row.key or 0), row.name or "")


def _by_name(pairs: Iterable[tuple[str | None, str | None]]) -> dict[str, int]:
    """Return ids by name, of those alone that share it with nobody."""
    known = [(folded(name), int(key)) for name, key in pairs if name and key]
    often = Counter(name for name, _ in known)
    return {name: key for name, key in known if often[name] == 1}


def _time_types(rows: Iterable[tuple[str, str]]) -> Iterator[tuple[str, int]]:
    """Yield Procore's id of each of our kinds of time that one type alone is called."""
    named = [(ours, int(id_)) for id_, name in rows if (ours := _TIME_TYPES.get(folded(name)))]
    often = Counter(ours for ours, _ in named)
    yield from ((ours, id_) for ours, id_ in named if often[ours] == 1)


def _line_types(rows: Iterable[_Row]) -> Iterator[tuple[str, int]]:
    for row in rows:
        for kind in row.line_item_types or ():
            ours = _LINE_TYPES.get(folded(str(kind.get("name") or "")))
            if ours is not None:
                yield ours, int(kind["id"])
