"""An account of monday.com: whose it is, which boards it has, who is told of what happens on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tiebeam.connectors.monday.hook_calls import HookCalls, HooksRefusedError
from tiebeam.connectors.monday.hooks import SUBSCRIPTIONS
from tiebeam.connectors.monday.reads import MondayReader
from tiebeam.connectors.ports import Refusal, Share
from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from collections.abc import Collection

    from tiebeam.connectors.monday.client import MondayClient
    from tiebeam.connectors.monday.model import BoardName, OutsideAccount, OutsideBoard

T = TypeVar("T")


class MondayRefusedError(TiebeamError):
    """monday.com would not give what it was asked for; code, cause and action are of its error table."""

    code = "monday.refused"
    owner = Owner.ADMIN


class MondayAccount:
    """One account, asked because a person waits. What is refused raises MondayRefusedError."""

    def __init__(self, client: MondayClient) -> None:
        self._reader = MondayReader(client, share=Share.DEMAND)
        self._hooks = HookCalls(client, Share.DEMAND)

    async def who(self) -> OutsideAccount:
        """Return the account, and as whom the token acts. One call."""
        return _given(await self._reader.account())

    async def boards(self) -> tuple[BoardName, ...]:
        """Return the boards that the user sees, by name. A call for each 100."""
        found = _given(await self._reader.boards())
        return tuple(sorted(found, key=lambda one: one.name.casefold()))

    async def board(self, board_id: str) -> OutsideBoard:
        """Return a board with its columns and groups. One call."""
        return _given(await self._reader.board(board_id))

    async def keep_hooks(
        self, board_id: str, url: str, known: Collection[str]
    ) -> tuple[list[str], TiebeamError | None]:
        """See to it that a URL is told of all that happens on a board.

        Returns the ids of the hooks that stand, and why there is not one for everything. `known` are those
        that were made for this very URL.
        """
        found: list[str] = []
        try:
            there = {hook.event: hook.id for hook in await self._hooks.hooks(board_id) if hook.id in known}
            found += there.values()
            for event in SUBSCRIPTIONS:
                if event not in there:
                    found.append((await self._hooks.make(board_id, url, event)).id)
        except HooksRefusedError as error:
            return found, error
        return found, None

    async def end_hooks(self, ids: Collection[str]) -> None:
        """Have nobody told any more. Raises HooksRefusedError."""
        for hook_id in ids:
            await self._hooks.remove(hook_id)


def _given(found: T | Refusal) -> T:
    if isinstance(found, Refusal):
        raise MondayRefusedError(found.cause, action=found.action, code=found.code, owner=found.owner)
    return found
