"""The calls that look after a board's webhooks in monday.com."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from tiebeam.connectors.monday.client import Got, Query
from tiebeam.connectors.monday.hooks import SUBSCRIPTIONS, URL_CHARACTERS_MAX
from tiebeam.connectors.monday.rows import rows, text
from tiebeam.connectors.ports import Refusal, RefusalKind, Share
from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from collections.abc import Collection

    from tiebeam.connectors.monday.client import MondayClient

T = TypeVar("T")

_LIST = "query ($board: ID!) { webhooks(board_id: $board) { id event } }"
_MAKE = (
    "mutation ($board: ID!, $url: String!, $event: WebhookEventType!) {"
    " create_webhook(board_id: $board, url: $url, event: $event) { id event } }"
)
_REMOVE = "mutation ($id: ID!) { delete_webhook(id: $id) { id } }"


class HooksRefusedError(TiebeamError):
    """monday.com would not let a board's webhooks be looked after."""

    code = "monday.hooks_refused"
    owner = Owner.ADMIN


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook of a board. monday.com does not tell where it leads: ours are known by their ids."""

    id: str
    event: str


class HookCalls:
    """The hooks of boards, through a client. Whatever monday.com refuses raises HooksRefusedError."""

    def __init__(self, client: MondayClient, share: Share = Share.DEMAND) -> None:
        self._client = client
        self._share = share

    async def hooks(self, board_id: str) -> list[Hook]:
        """Return every hook of a board, whoever made it."""
        query = Query(_LIST, {"board": board_id}, self._share)
        return _granted(
            await self._client.ask(query, lambda data: [_hook(row) for row in rows(data, "webhooks")])
        )

    async def keep(self, board_id: str, url: str, known: Collection[str]) -> list[Hook]:
        """See to it that a board has one hook of ours for each subscription, and return them.

        `known` are the ids of those that were made for this very URL. What was made and is not known, as by
        an answer that was lost, stays: its copies are known by their trigger.
        """
        there = {hook.event: hook for hook in await self.hooks(board_id) if hook.id in known}
        return [there.get(event) or await self.make(board_id, url, event) for event in SUBSCRIPTIONS]

    async def make(self, board_id: str, url: str, event: str) -> Hook:
        """Have a URL told of a kind of event; monday.com asks it first whether it listens."""
        if len(url) > URL_CHARACTERS_MAX:
            raise HooksRefusedError(
                f"The address for webhooks is longer than the {URL_CHARACTERS_MAX} characters that monday.com"
                " takes.",
                action="Give Tiebeam a shorter public address.",
            )
        query = Query(_MAKE, {"board": board_id, "url": url, "event": event}, self._share)
        return _granted(await self._client.change(query, lambda data: _hook(data.get("create_webhook"))))

    async def remove(self, hook_id: str) -> None:
        """Remove a hook; one that is gone already is as good."""
        query = Query(_REMOVE, {"id": hook_id}, self._share)
        got = await self._client.change(query, lambda _: None)
        if isinstance(got, Refusal) and got.kind is not RefusalKind.NOT_FOUND:
            raise _refused(got)


def _hook(row: Any) -> Hook:
    return Hook(text(row, "id"), text(row, "event"))


def _granted(got: Got[T] | Refusal) -> T:
    if isinstance(got, Refusal):
        raise _refused(got)
    return got.value


def _refused(refusal: Refusal) -> HooksRefusedError:
    return HooksRefusedError(
        f"monday.com's webhooks could not be looked after. {refusal.cause}",
        action=f"{refusal.action} Without webhooks everything works, a little later.",
        code=refusal.code,
        owner=refusal.owner,
    )
