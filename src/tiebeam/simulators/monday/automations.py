"""Rules on its own side: what changes a cell because another one was changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiebeam.simulators.monday.cells import Writing, text_of
from tiebeam.simulators.monday.state import By

if TYPE_CHECKING:
    from tiebeam.simulators.monday.options import MondayOptions
    from tiebeam.simulators.monday.state import Happening, MondayState


@dataclass(frozen=True, slots=True)
class Automation:
    """When a cell of a column changes (and becomes a text, if one is given), write into another column.

    `written` is what a caller would write; `{count}` within a text is how often the rule has fired, so that a
    rule can be made that never writes the same twice.
    """

    board_id: int
    when_column: str
    set_column: str
    written: str
    becomes: str | None = None


class Automations:
    """The rules of an account, at work."""

    def __init__(self, state: MondayState, options: MondayOptions) -> None:
        self.rules: list[Automation] = []
        self.fired = 0
        self.stopped = 0
        """Changes that were not answered any more: the chain had grown too long."""
        self._state = state
        self._options = options
        state.listeners.append(self._hear)

    def _hear(self, happening: Happening) -> None:
        for rule in self.rules:
            if self._applies(rule, happening):
                self._fire(rule, happening)

    def _applies(self, rule: Automation, happening: Happening) -> bool:
        column = happening.column
        if column is None or (happening.board_id, column.id) != (rule.board_id, rule.when_column):
            return False
        return rule.becomes in (None, text_of(column, happening.after, self._state.people))

    def _fire(self, rule: Automation, happening: Happening) -> None:
        if happening.by.hops >= self._options.automation_hops_max:
            self.stopped += 1
            return
        self.fired += 1
        item = self._state.item(happening.item_id)
        column = self._state.boards[rule.board_id].columns[rule.set_column]
        if item is None or item.state != "active":
            return
        written = rule.written.replace("{count}", str(self.fired))
        kept = Writing(self._state.people, self._state.now()).kept(column, written)
        original = happening.by.original or happening.trigger_id
        by = By(self._options.automation_user_id, original, happening.by.hops + 1)
        self._state.set_value(item, column, kept, by)
