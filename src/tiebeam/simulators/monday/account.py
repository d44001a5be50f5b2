"""A make-believe account to begin with: a few people, and a board of jobs under way."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tiebeam.simulators.monday.cells import Writing
from tiebeam.simulators.monday.state import By, Column, MondayState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tiebeam.simulators.monday.state import Board

_PEOPLE = ("Ana Whitfield", "Ben Okafor", "Carla Reyes", "Dmitri Voss")
_WORK = ("Roof", "Porch", "Kitchen", "Store front", "Stairs", "Garage", "Boiler room", "Lobby")
_STREETS = ("Elm St", "Oak Ave", "Harbor Rd", "Mill Ln", "Ridge Dr")
_LABELS = {0: "New", 3: "Scheduled", 2: "In progress", 4: "On hold", 1: "Done", 5: "Cancelled"}


def small_account(now: Callable[[], datetime], *, seed: int, items: int) -> tuple[MondayState, Board]:
    """An account with one board of so many items; the same seed gives the same."""
    state = MondayState(now, seed)
    people = [state.add_person(name, f"{name.split()[0].lower()}@example.com") for name in _PEOPLE]
    board = state.add_board(
        "Active Jobs",
        [
            Column("status", "Status", "status", _LABELS, (1, 5)),
            Column("lead", "Lead", "people"),
            Column("job", "Job", "link"),
            Column("address", "Address", "text"),
            Column("starts", "Starts", "date"),
            Column("ends", "Ends", "date"),
        ],
    )
    chance, writing = random.Random(f"account:{seed}"), Writing(state.people, now())
    for _ in range(items):
        starts = now().date() + timedelta(days=chance.randrange(-30, 60))
        written: dict[str, Any] = {
            "status": {"label": chance.choice(tuple(_LABELS.values()))},
            "lead": {"personsAndTeams": [{"id": chance.choice(people).id, "kind": "person"}]},
            "address": f"{chance.randrange(1, 400)} {chance.choice(_STREETS)}",
            "starts": {"date": starts.isoformat()},
            "ends": {"date": (starts + timedelta(days=chance.randrange(2, 40))).isoformat()},
        }
        values = {name: writing.kept(board.columns[name], value) for name, value in written.items()}
        name = f"{chance.choice(_WORK)}, {written['address']}"
        state.create(board, name, By(chance.choice(people).id), values=values)
    return state, board
