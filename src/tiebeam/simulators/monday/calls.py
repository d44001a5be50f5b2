"""One call on its way through the executor: who calls, on what, and what it may spend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from tiebeam.simulators.monday.complexity import Spent
    from tiebeam.simulators.monday.cursors import Cursors
    from tiebeam.simulators.monday.options import MondayOptions, Token
    from tiebeam.simulators.monday.state import MondayState, Person
    from tiebeam.simulators.monday.webhooks.outbox import Webhooks


@dataclass(frozen=True, slots=True)
class Call:
    """What the operations of one call are given."""

    state: MondayState
    options: MondayOptions
    token: Token
    person: Person
    cursors: Cursors
    webhooks: Webhooks
    spent: Spent
    random: Random
    half: bool = False
    """Whether only the first half of what is written takes effect: a fault."""
    spoiled: bool = False
    """Whether another write to the board is still under way, so that a part of this one is lost."""
