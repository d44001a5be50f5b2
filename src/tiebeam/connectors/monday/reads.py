"""Reading monday.com: a board, its items page by page, items by their ids, people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tiebeam.connectors.answers import ShapeError
from tiebeam.connectors.monday.client import Query
from tiebeam.connectors.monday.errors import QUERY_TOO_LARGE
from tiebeam.connectors.monday.rows import (
    BOARD,
    ITEM,
    account_of,
    board_name_of,
    board_of,
    item_of,
    page_of,
    person_of,
    rows,
)
from tiebeam.connectors.ports import Refusal, RefusalKind, Share
from tiebeam.kernel.errors import Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tiebeam.connectors.monday.client import MondayClient
    from tiebeam.connectors.monday.model import (
        BoardName,
        ItemsPage,
        OutsideAccount,
        OutsideBoard,
        OutsideItem,
        OutsidePerson,
    )

T = TypeVar("T")

PAGE_MAX = 500
IDS_MAX = 100
PAGE_MIN = 10
PEOPLE_MAX = 1000
BOARDS_MAX = 500
"""So many boards are listed; a page of them is 100."""

_BOARD = f"query ($ids: [ID!]) {{ boards(ids: $ids) {{ {BOARD} }} }}"
_FIRST = (
    "query ($ids: [ID!], $limit: Int!, $asked: ItemsQuery) { boards(ids: $ids) {"
    f" items_page(limit: $limit, query_params: $asked) {{ cursor items {{ {ITEM} }} }} }} }}"
)
_NEXT = (
    "query ($cursor: String!, $limit: Int!) {"
    f" next_items_page(limit: $limit, cursor: $cursor) {{ cursor items {{ {ITEM} }} }} }}"
)
_ITEMS = f"query ($ids: [ID!], $limit: Int) {{ items(ids: $ids, limit: $limit) {{ {ITEM} }} }}"
_BOARDS_PAGE = 100
_BOARDS = (
    "query ($limit: Int, $page: Int) {"
    " boards(limit: $limit, page: $page, state: active) { id name type items_count } }"
)
_ACCOUNT = "query { me { id name email enabled account { id name } } }"
_ME = "query { me { id name email enabled } }"
_USERS = "query ($limit: Int, $page: Int) { users(limit: $limit, page: $page) { id name email enabled } }"
_NO_BOARD = Refusal(
    RefusalKind.NOT_FOUND,
    "monday.not_found",
    "monday.com has no such board, or none that the user that Tiebeam acts as may see.",
    "Invite that user to the board, or choose another board.",
    owner=Owner.ADMIN,
)


class MondayReader:
    """Reads one account's boards. `jobs_url` is what the address of a job begins with in a link column."""

    def __init__(self, client: MondayClient, *, jobs_url: str = "", share: Share = Share.POLL) -> None:
        self._client = client
        self._jobs_url = jobs_url
        self._share = share
        self._limit = PAGE_MAX

    async def board(self, board_id: str) -> OutsideBoard | Refusal:
        """Return a board with its columns and groups."""

        def found(data: dict[str, Any]) -> OutsideBoard | None:
            return next((board_of(row) for row in rows(data, "boards")), None)

        board = await self._ask(_BOARD, {"ids": [board_id]}, found)
        return _NO_BOARD if board is None else board

    async def page(self, board_id: str, cursor: str | None = None) -> ItemsPage | Refusal:
        """Return a page of a board's items, the first or the one that a cursor leads to.

        A page that is too large for monday.com is asked for again at half the size, and so are those after.
        """
        while True:
            page = await self._page(board_id, cursor, {})
            too_large = isinstance(page, Refusal) and page.code == QUERY_TOO_LARGE
            if not too_large or self._limit <= PAGE_MIN:
                return page
            self._limit //= 2

    async def find(self, board_id: str, column_id: str, text: str) -> tuple[OutsideItem, ...] | Refusal:
        """Return the first items of a board whose cell holds a text: a look before a retry."""
        rule = {"column_id": column_id, "compare_value": [text], "operator": "contains_text"}
        page = await self._page(board_id, None, {"rules": [rule]})
        return page if isinstance(page, Refusal) else page.items

    async def items(self, ids: Iterable[str]) -> tuple[OutsideItem, ...] | Refusal:
        """Return items by their ids, archived and deleted ones too; one that is nowhere is left out."""
        wanted, found = list(dict.fromkeys(ids)), []
        for start in range(0, len(wanted), IDS_MAX):
            some = wanted[start : start + IDS_MAX]
            got = await self._ask(_ITEMS, {"ids": some, "limit": len(some)}, self._items)
            if isinstance(got, Refusal):
                return got
            found += got
        return tuple(found)

    async def me(self) -> OutsidePerson | Refusal:
        """Return the user that the token belongs to: what it does is our own."""
        return await self._ask(_ME, {}, lambda data: person_of(data.get("me")))

    async def account(self) -> OutsideAccount | Refusal:
        """Return the account that the token belongs to, and its user."""
        return await self._ask(_ACCOUNT, {}, lambda data: account_of(data.get("me")))

    async def boards(self) -> tuple[BoardName, ...] | Refusal:
        """Return the boards that the user sees, without those of subitems and documents."""
        found: list[BoardName] = []
        for page in range(1, BOARDS_MAX // _BOARDS_PAGE + 1):
            asked = {"limit": _BOARDS_PAGE, "page": page}
            got = await self._ask(_BOARDS, asked, lambda data: list(rows(data, "boards")))
            if isinstance(got, Refusal):
                return got
            found += [board_name_of(row) for row in got if row.get("type") in (None, "board")]
            if len(got) < _BOARDS_PAGE:
                break
        return tuple(found)

    async def people(self) -> tuple[OutsidePerson, ...] | Refusal:
        """Return everybody of the account."""
        found: list[OutsidePerson] = []
        for page in range(1, 1000):
            asked = {"limit": PEOPLE_MAX, "page": page}
            got = await self._ask(_USERS, asked, lambda data: [person_of(row) for row in rows(data, "users")])
            if isinstance(got, Refusal):
                return got
            found += got
            if len(got) < PEOPLE_MAX:
                break
        return tuple(found)

    def _items(self, data: dict[str, Any]) -> list[OutsideItem]:
        return [item_of(row, jobs_url=self._jobs_url) for row in rows(data, "items")]

    async def _page(self, board_id: str, cursor: str | None, asked: dict[str, Any]) -> ItemsPage | Refusal:
        if cursor is not None:
            variables = {"cursor": cursor, "limit": self._limit}
            return await self._ask(_NEXT, variables, lambda data: self._read(data.get("next_items_page")))
        first = {"ids": [board_id], "limit": self._limit, "asked": asked}
        page = await self._ask(_FIRST, first, self._first)
        return _NO_BOARD if page is None else page

    def _first(self, data: dict[str, Any]) -> ItemsPage | None:
        boards = list(rows(data, "boards"))
        return self._read(boards[0].get("items_page")) if boards else None

    def _read(self, row: Any) -> ItemsPage:
        if not isinstance(row, dict):
            raise ShapeError("a page of items was promised")
        return page_of(row, jobs_url=self._jobs_url)

    async def _ask(
        self, document: str, variables: dict[str, Any], read: Callable[[dict[str, Any]], T]
    ) -> T | Refusal:
        got = await self._client.ask(Query(document, variables, self._share), read)
        return got if isinstance(got, Refusal) else got.value
