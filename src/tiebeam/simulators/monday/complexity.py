"""What a query costs before it runs, and what a caller has spent of its minute."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, OperationType
from graphql.utilities import value_from_ast_untyped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import FragmentDefinitionNode, OperationDefinitionNode, SelectionSetNode

MUTATION = 10_000
WINDOW_SECONDS = 60
_USUAL = {"boards": 25, "items": 25, "users": 25, "items_page": 25, "next_items_page": 25}
_CELLS = 10


def cost(
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> int:
    """The complexity of an operation: a point for each field of each row that it may give."""
    own = 0
    if operation.operation is OperationType.MUTATION:
        own = MUTATION * sum(name != "complexity" for name in names(operation))
    return own + _of(operation.selection_set, fragments, variables)


def names(operation: OperationDefinitionNode) -> list[str]:
    """What an operation asks for at its top."""
    return [each.name.value for each in operation.selection_set.selections if isinstance(each, FieldNode)]


def _of(
    selected: SelectionSetNode | None,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> int:
    total = 0
    for each in selected.selections if selected else ():
        if isinstance(each, FieldNode):
            total += 1 + _rows(each, variables) * _of(each.selection_set, fragments, variables)
        elif isinstance(each, InlineFragmentNode):
            total += _of(each.selection_set, fragments, variables)
        elif isinstance(each, FragmentSpreadNode) and each.name.value in fragments:
            total += _of(fragments[each.name.value].selection_set, fragments, variables)
    return total


def _rows(field: FieldNode, variables: Mapping[str, Any]) -> int:
    name = field.name.value
    if name == "column_values":
        return _CELLS
    if name not in _USUAL or field.selection_set is None:
        return 1
    given = {
        each.name.value: value_from_ast_untyped(each.value, dict(variables)) for each in field.arguments or ()
    }
    if not given and name == "items":
        return 1  # Of a page, whose limit has been counted.
    limit, ids = given.get("limit"), given.get("ids")
    if isinstance(ids, list):
        return len(ids)
    return limit if isinstance(limit, int) and limit > 0 else _USUAL[name]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a caller had before a call, the call's own cost, and when some of it comes back."""

    before: int
    query: int
    reset_in_x_seconds: int

    @property
    def after(self) -> int:
        """What is left."""
        return max(0, self.before - self.query)


class Budget:
    """The complexity that one caller spent within the last minute."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.largest = 0
        self._spent: deque[tuple[float, int]] = deque()

    def look(self, now: float, points: int) -> Spent:
        """What spending `points` now would mean."""
        while self._spent and self._spent[0][0] <= now - WINDOW_SECONDS:
            self._spent.popleft()
        left = self.limit - sum(each for _, each in self._spent)
        oldest = self._spent[0][0] if self._spent else now
        return Spent(left, points, max(1, math.ceil(oldest + WINDOW_SECONDS - now)))

    def spend(self, now: float, points: int) -> None:
        """Spend `points`."""
        self._spent.append((now, points))
        self.largest = max(self.largest, sum(each for _, each in self._spent))
