"""The simulator's own doors under /__sim: truth, counts and control, outside the API's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import orjson

from tiebeam.simulators.base.faults import Faults, rules_from_json
from tiebeam.simulators.monday.automations import Automation
from tiebeam.simulators.monday.cells import Writing, text_of
from tiebeam.simulators.monday.errors import ApiError, json_response
from tiebeam.simulators.monday.state import By

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.simulators.base.messages import SimRequest, SimResponse
    from tiebeam.simulators.monday.automations import Automations
    from tiebeam.simulators.monday.state import Board, Item, ItemState, MondayState


class Simulated(Protocol):
    """What the doors open on."""

    state: MondayState
    faults: Faults | None
    automations: Automations
    revoked: set[str]
    on_advance: Callable[[float], None] | None

    def stats_report(self) -> dict[str, Any]:
        """What was called, and how often."""


def handle(simulator: Simulated, request: SimRequest) -> SimResponse:
    """Answer a call under /__sim."""
    try:
        match (request.method, request.path):
            case ("GET", "/__sim/truth"):
                return json_response(truth(simulator.state))
            case ("GET", "/__sim/stats"):
                return json_response(simulator.stats_report())
            case ("POST", "/__sim/control"):
                return json_response(control(simulator, orjson.loads(request.body or b"{}")))
    except (ApiError, KeyError, TypeError, ValueError) as error:
        return json_response({"error_message": f"{type(error).__name__}: {error}"}, 400)
    return json_response({"error_message": "Not found"}, 404)


def truth(state: MondayState) -> dict[str, Any]:
    """Every board with its items, as people see them."""
    return {"boards": [_board(state, board) for board in state.boards.values()]}


def control(simulator: Simulated, wanted: dict[str, Any]) -> dict[str, Any]:
    """Do what each field asks, in this order: faults, advance_seconds, revoke, automations, edits."""
    if "faults" in wanted:
        _faults(simulator, wanted["faults"])
    if "advance_seconds" in wanted:
        if simulator.on_advance is None:
            raise ValueError("nothing moves the time of this simulator")
        simulator.on_advance(float(wanted["advance_seconds"]))
    simulator.revoked |= set(wanted.get("revoke", ()))
    simulator.automations.rules += [Automation(**each) for each in wanted.get("automations", ())]
    made = [str(edit(simulator.state, each).id) for each in wanted.get("edits", ())]
    return {"now": simulator.state.now().isoformat(), "items": made}


def edit(state: MondayState, wanted: dict[str, Any]) -> Item:
    """Do what somebody did on a page, by the name of it.

    `{"do": "create", "board": 1, "name": "…"}`, `{"do": "set", "item": 1, "column": "c", "value": "Done"}`,
    and `rename` (`name`), `move` (`group`), `archive`, `delete`, `restore`; `user` is who did it.
    """
    by = By(int(wanted.get("user") or next(iter(state.people))))
    if wanted["do"] == "create":
        return state.create(state.boards[int(wanted["board"])], wanted["name"], by, values={})
    item = state.item(int(wanted["item"]))
    if item is None:
        raise KeyError(wanted["item"])
    match wanted["do"]:
        case "set":
            column = state.boards[item.board_id].columns[wanted["column"]]
            kept = Writing(state.people, state.now()).kept(column, wanted["value"])
            state.set_value(item, column, kept, by)
        case "rename":
            state.rename(item, wanted["name"], by)
        case "move":
            state.move(item, wanted["group"], by)
        case "archive" | "delete" | "restore":
            ends: dict[str, ItemState] = {"archive": "archived", "delete": "deleted", "restore": "active"}
            state.set_state(item, ends[wanted["do"]], by)
        case other:
            raise ValueError(f"nobody can do {other!r}")
    return item


def _board(state: MondayState, board: Board) -> dict[str, Any]:
    return {
        "id": str(board.id),
        "name": board.name,
        "columns": {each.id: each.type for each in board.columns.values()},
        "items": [_item(state, board, item) for item in board.items.values()],
    }


def _item(state: MondayState, board: Board, item: Item) -> dict[str, Any]:
    return {
        "id": str(item.id),
        "name": item.name,
        "group": item.group_id,
        "state": item.state,
        "values": {
            column_id: text_of(board.columns[column_id], kept, state.people)
            for column_id, kept in item.values.items()
        },
    }


def _faults(simulator: Simulated, wanted: Any) -> None:
    if wanted in ("stop", "resume"):
        if simulator.faults is not None:
            simulator.faults.active = wanted == "resume"
    elif isinstance(wanted, dict):
        rules = rules_from_json(orjson.dumps(wanted.get("rules", [])))
        simulator.faults = Faults(int(wanted.get("seed", 0)), rules)
    else:
        raise ValueError('faults must be "stop", "resume" or {"seed": …, "rules": […]}')
