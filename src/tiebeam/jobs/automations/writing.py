"""Carries out what a rule writes to jobs and items, within the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.jobs.automations.model import ActionKind
from tiebeam.jobs.automations.rules import fitted, fitted_job, same
from tiebeam.jobs.boards.model import ItemEdit
from tiebeam.jobs.errors import NoSuchBoardError
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.model import Actor, ActorKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from tiebeam.jobs.automations.model import Action, Rule, World
    from tiebeam.jobs.automations.repository import RuledWork, Within
    from tiebeam.jobs.boards.model import Board, Item
    from tiebeam.jobs.model import Cause, Job

WRITES: Final = frozenset(
    {ActionKind.CREATE_JOB, ActionKind.CHANGE_JOB, ActionKind.CREATE_ITEM, ActionKind.CHANGE_ITEM}
)


def actor_of(rule: Rule) -> Actor:
    """Return who did what a rule did."""
    return Actor(ActorKind.SYSTEM, str(rule.id), f"rule {rule.name}")


class Writer:
    """Writes for one rule in answer to one change. Each says what it did, empty when all was so already."""

    def __init__(self, work: RuledWork, world: World, rule: Rule, cause: Cause, tx: Within) -> None:
        self._work = work
        self._world = world
        self._by: dict[str, Any] = {"actor": actor_of(rule), "cause": cause, "tx": tx}

    async def write(self, action: Action, job: Job | None, items: Sequence[Item]) -> str:
        """Do it: to that job and those items where it changes something. Raises BadInputError."""
        match action.kind:
            case ActionKind.CREATE_JOB:
                made = await self._work.jobs.create(**self._job_values(action.values), **self._by)
                return f"Job #{made.number} was created."
            case ActionKind.CHANGE_JOB:
                return await self._change_job(action, job)
            case ActionKind.CREATE_ITEM:
                return await self._create_item(action)
            case _:
                return await self._change_items(action, items)

    async def _change_job(self, action: Action, job: Job | None) -> str:
        if job is None:
            return ""
        after = await self._work.jobs.change(job.id, self._job_values(action.values), **self._by)
        return f"Job #{job.number} was changed." if after.version > job.version else ""

    def _job_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: fitted_job(name, value, self._world) for name, value in values.items()}

    async def _create_item(self, action: Action) -> str:
        board = self._board(action.board_id)
        name, group_id, values = self._item_values(action.values, board)
        item = await self._work.boards.create_item(
            board.id, name or "", group_id=group_id, values=values, **self._by
        )
        return f"“{item.name}” was created on {board.name}."

    async def _change_items(self, action: Action, items: Sequence[Item]) -> str:
        edits = []
        for item in items:
            name, group_id, values = self._item_values(action.values, self._board(item.board_id))
            edits.append(ItemEdit(item.id, name, group_id, None, values))
        after = await self._work.boards.set_items(edits, **self._by) if edits else []
        versions = {one.id: one.version for one in items}
        changed = [one for one in after if one.version > versions[one.id]]
        if len(changed) == 1:
            return f"“{changed[0].name}” was changed."
        return f"{len(changed)} items were changed." if changed else ""

    def _item_values(
        self, values: Mapping[str, Any], board: Board
    ) -> tuple[str | None, UUID | None, dict[str, Any]]:
        """Return the name, the group and the cells that are written."""
        cells = {key: self._cell(key, value, board) for key, value in values.items()}
        name, group = cells.pop("name", None), cells.pop("group", None)
        return name, self._group(group, board) if group else None, cells

    def _cell(self, key: str, value: Any, board: Board) -> Any:
        column = board.column(key)
        if column is not None:
            return fitted(column.kind, value, self._world)
        # What the board does not have is refused with what it has, where it is written.
        return str(value) if key in {"name", "group"} and value is not None else value

    def _group(self, title: str, board: Board) -> UUID:
        found = next((one.id for one in board.groups if same(one.title, title)), None)
        if found is None:
            raise BadInputError(
                f"{board.name} has no group “{title}”.",
                action=f"It has {', '.join(one.title for one in board.groups)}.",
            )
        return found

    def _board(self, board_id: UUID | None) -> Board:
        found = self._world.boards.get(board_id) if board_id else None
        if found is None:
            raise NoSuchBoardError
        return found
