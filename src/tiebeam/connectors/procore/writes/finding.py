"""What was written, found again. None means that it certainly is not there, unless said otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.connectors.ports import Refusal
from tiebeam.connectors.procore.writes.logs import WORDS
from tiebeam.connectors.procore.writes.orders import ORDERS, PACKAGES
from tiebeam.connectors.procore.writes.pictures import FOLDERS, IMAGES
from tiebeam.connectors.procore.writes.plan import SYNC_MAX, of_project, project_path
from tiebeam.connectors.procore.writes.tickets import ENTRIES, FILES, ON

if TYPE_CHECKING:
    from tiebeam.connectors.procore.writes.writer import ProcoreWriter, Row

_LOOKED_AT_MAX = 5


async def find_entry(writer: ProcoreWriter, project_id: str, reference: str) -> Row | Refusal | None:
    """Return the ticket with a reference number, which no filter knows."""
    path = project_path(project_id, ENTRIES)
    return _first(
        await writer.search(path, (), lambda row: _live(row) and row.get("reference_number") == reference)
    )


async def ticket_lines(
    writer: ProcoreWriter, project_id: str, kind: str, entry_id: str, count: int
) -> list[Row] | Refusal:
    """Return up to `count` lines of a kind that hang on a ticket; fewer when no more do."""
    path = project_path(project_id, kind)
    return await writer.search(path, (), lambda row: _live(row) and str(row.get(ON)) == entry_id, count=count)


async def find_attachment(
    writer: ProcoreWriter, project_id: str, entry_id: str, name: str
) -> Row | Refusal | None:
    """Return the file of that name on a ticket."""
    shown = await writer.one(project_path(project_id, f"{ENTRIES}/{entry_id}"))
    if isinstance(shown, Refusal):
        return shown
    return next((row for row in shown.get(FILES) or () if row.get("filename") == name), None)


async def find_order(writer: ProcoreWriter, project_id: str, origin: str) -> Row | Refusal | None:
    """Return the order with an origin id; None when it was not found, and may be synced again without harm.

    The list is filtered by it and does not show it: what it gives is looked at one by one.
    """
    query = of_project(project_id, ("filters[origin_id]", origin))
    found = await writer.search(ORDERS, query, lambda _: True, count=_LOOKED_AT_MAX)
    if isinstance(found, Refusal):
        return found
    for row in found:
        whole = await show_order(writer, project_id, str(row["id"]))
        if isinstance(whole, Refusal) or whole.get("origin_id") == origin:
            return whole
    return None


async def orders_of_package(
    writer: ProcoreWriter, project_id: str, contract_id: str, title: str
) -> list[Row] | Refusal:
    """Return the potential change orders that packages of that title came with, and nobody has taken."""
    query = of_project(project_id, ("filters[contract_id]", contract_id))
    found = await writer.search(
        ORDERS,
        query,
        lambda row: _live(row) and row.get("title") == row.get("change_order_package_title") == title,
        count=_LOOKED_AT_MAX,
    )
    if isinstance(found, Refusal):
        return found
    free: list[Row] = []
    for row in found:
        whole = await show_order(writer, project_id, str(row["id"]))
        if isinstance(whole, Refusal):
            return whole
        free += [] if whole.get("origin_id") else [whole]
    return free


async def find_package(writer: ProcoreWriter, project_id: str, origin: str) -> Row | Refusal | None:
    """Return the package with an origin id, which its list shows and no filter knows."""
    return _first(
        await writer.search(
            PACKAGES, of_project(project_id), lambda row: _live(row) and row.get("origin_id") == origin
        )
    )


async def show_order(writer: ProcoreWriter, project_id: str, order_id: str) -> Row | Refusal:
    """Return an order with everything that its list leaves out."""
    return await writer.one(f"{ORDERS}/{order_id}", of_project(project_id))


async def order_lines(
    writer: ProcoreWriter, project_id: str, order_id: str, origin: str
) -> list[Row] | Refusal:
    """Return the lines of an order whose origin ids begin with one."""
    path = f"{ORDERS}/{order_id}/line_items"
    ours = f"{origin}:"
    return await writer.search(
        path, of_project(project_id), lambda row: _text(row.get("origin_id")).startswith(ours), count=SYNC_MAX
    )


async def find_image(
    writer: ProcoreWriter, project_id: str, name: str, album_id: str | None
) -> Row | Refusal | None:
    """Return the photo of that name in an album, or in any where none was named."""
    query = of_project(project_id, *([("image_category_id", album_id)] if album_id else ()))
    return _first(await writer.search(IMAGES, query, lambda row: row.get("filename") == name))


async def find_document(
    writer: ProcoreWriter, project_id: str, folder_id: str | None, name: str
) -> Row | Refusal | None:
    """Return the file of that name in a folder."""
    path = f"{FOLDERS}/{folder_id}" if folder_id else FOLDERS
    shown = await writer.one(path, of_project(project_id))
    if isinstance(shown, Refusal):
        return shown
    return next((row for row in shown.get("files") or () if row.get("name") == name), None)


async def find_log(
    writer: ProcoreWriter, project_id: str, kind: str, day: str, mark: str
) -> Row | Refusal | None:
    """Return the log of a day whose words hold a mark, whatever its status."""
    words = WORDS[kind]
    query = (("log_date", day), ("filters[status]", "all"))
    path = project_path(project_id, kind)
    return _first(await writer.search(path, query, lambda row: mark in _text(row.get(words))))


def _first(found: list[Row] | Refusal) -> Row | Refusal | None:
    if isinstance(found, Refusal):
        return found
    return found[0] if found else None


def _live(row: Row) -> bool:
    return not row.get("deleted_at")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
