"""The calls that look after a company's hook in Procore: list, make, remove, its triggers, its deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.connectors.answers import ShapeError, parse_json
from tiebeam.connectors.paging import has_next
from tiebeam.connectors.ports import Refusal, RefusalKind
from tiebeam.connectors.procore.client import Call
from tiebeam.connectors.procore.hooks import Delivered, Hook, Trigger, event_of
from tiebeam.kernel.errors import Owner, TiebeamError
from tiebeam.kernel.moments import iso_z

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tiebeam.connectors.ports import Query, Response, Share
    from tiebeam.connectors.procore.client import Got, ProcoreClient
    from tiebeam.connectors.procore.hooks import Wanted

_PER_PAGE = 100
_PAGES_MAX = 1000
_BULK_MAX = 500


class HooksRefusedError(TiebeamError):
    """Procore would not let the hook of a company be looked after."""

    code = "procore.hooks_refused"
    owner = Owner.ADMIN


class HookCalls:
    """The hooks of one company, through its client. Whatever Procore refuses raises HooksRefusedError."""

    def __init__(self, client: ProcoreClient, share: Share) -> None:
        self._client = client
        self._share = share
        self._root = f"/rest/v2.0/companies/{client.company_id}/webhooks"

    async def hooks(self, namespace: str) -> list[Hook]:
        """Return the company's hooks of a namespace."""
        found = await self._all("hooks", (("namespace", namespace),))
        return [_hook(row) for row in found]

    async def make(self, wanted: Wanted, authorization: str) -> Hook:
        """Make a hook that calls us with this value of the Authorization header."""
        content = {
            "payload_version": wanted.payload_version,
            "namespace": wanted.namespace,
            "destination_url": wanted.destination_url,
            "destination_headers": {"Authorization": authorization},
        }
        return _hook(await self._send("POST", "hooks", content))

    async def remove(self, hook_id: str) -> None:
        """Remove a hook; one that is gone already is as good."""
        call = Call(f"{self._root}/hooks/{hook_id}", share=self._share)
        got = await self._client.send("DELETE", call, lambda _: None)
        if isinstance(got, Refusal) and got.kind is not RefusalKind.NOT_FOUND:
            raise _refused(got)

    async def triggers(self, hook_id: str) -> list[Trigger]:
        """Return what a hook is called for."""
        return [_trigger(row) for row in await self._all(f"hooks/{hook_id}/triggers")]

    async def add_triggers(self, hook_id: str, wanted: Sequence[tuple[str, str]]) -> None:
        """Have a hook called for more kinds of events."""
        for some in _in_bulk(wanted):
            content = [{"resource_name": name, "event_type": action} for name, action in some]
            await self._send("POST", f"hooks/{hook_id}/triggers/bulk", content)

    async def drop_triggers(self, hook_id: str, trigger_ids: Sequence[str]) -> None:
        """Have a hook called for fewer."""
        for some in _in_bulk(trigger_ids):
            await self._send("DELETE", f"hooks/{hook_id}/triggers/bulk", list(some))

    async def resources(self, payload_version: str) -> list[tuple[str, tuple[str, ...]]]:
        """Return what Procore can tell of in the company itself: each resource with its actions."""
        rows = await self._all("resources", (("payload_version", payload_version),))
        return [_resource(row) for row in rows]

    async def project_resources(
        self, project_id: str, payload_version: str
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Return what Procore can tell of within a project; a hook of the company is called for it too."""
        root = f"/rest/v2.0/companies/{self._client.company_id}/projects/{project_id}/webhooks"
        rows = await self._pages(f"{root}/resources", (("payload_version", payload_version),))
        return [_resource(row) for row in rows]

    async def deliveries(self, hook_id: str, since: datetime, until: datetime) -> list[Delivered]:
        """Return what was to be delivered of events between two moments of Procore's clock."""
        window = (("filter[start]", iso_z(since)), ("filter[end]", iso_z(until)))
        found = await self._all(f"hooks/{hook_id}/deliveries", window)
        return [delivered for row in found if (delivered := _delivered(row)) is not None]

    async def _all(self, path: str, query: Query = ()) -> list[dict[str, Any]]:
        return await self._pages(f"{self._root}/{path}", query)

    async def _pages(self, path: str, query: Query) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for page in range(1, _PAGES_MAX + 1):
            asked = (*query, ("page", str(page)), ("per_page", str(_PER_PAGE)))
            got = await self._get(path, asked)
            rows += got.value
            if not has_next(got.response.headers, page=page, rows=len(got.value)):
                break
        return rows

    async def _get(self, path: str, query: Query) -> Got[list[dict[str, Any]]]:
        got = await self._client.get(Call(path, query, self._share), _rows)
        if isinstance(got, Refusal):
            raise _refused(got)
        return got

    async def _send(self, method: str, path: str, content: Any) -> Any:
        call = Call(f"{self._root}/{path}", share=self._share)
        got = await self._client.send(method, call, _data, content=content)
        if isinstance(got, Refusal):
            raise _refused(got)
        return got.value


def _refused(refusal: Refusal) -> HooksRefusedError:
    return HooksRefusedError(
        f"Procore's webhooks could not be looked after. {refusal.cause}",
        action=f"{refusal.action} The app needs the permission `Webhooks API`; without webhooks everything"
        " works, a little later.",
        code=refusal.code,
        owner=refusal.owner,
    )


def _in_bulk(items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[start : start + _BULK_MAX] for start in range(0, len(items), _BULK_MAX)]


def _data(response: Response) -> Any:
    said = parse_json(response.body)
    if not isinstance(said, dict) or "data" not in said:
        raise ShapeError("an object with `data` was promised")
    return said["data"]


def _rows(response: Response) -> list[dict[str, Any]]:
    rows = _data(response)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ShapeError("a list of objects was promised")
    return rows


def _text(row: Any, name: str) -> str:
    value = row.get(name) if isinstance(row, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise _strange(name)
    return str(value)


def _strange(name: str) -> HooksRefusedError:
    return HooksRefusedError(
        f"Procore's answer about its webhooks has no {name}.",
        action="Try again; if it lasts, report it as a fault of Tiebeam: Procore's API has changed.",
        owner=Owner.DEVELOPER,
    )


def _hook(row: Any) -> Hook:
    return Hook(
        id=_text(row, "id"),
        namespace=_text(row, "namespace"),
        payload_version=_text(row, "payload_version"),
        destination_url=_text(row, "destination_url"),
        active=row.get("status", "active") == "active",
    )


def _trigger(row: Any) -> Trigger:
    return Trigger(_text(row, "resource_name"), _text(row, "event_type").lower(), _text(row, "id"))


def _resource(row: Any) -> tuple[str, tuple[str, ...]]:
    actions = row.get("actions") or ()
    return _text(row, "name"), tuple(str(action).lower() for action in actions)


def _delivered(row: Any) -> Delivered | None:
    """Return an entry; None for one that names no record: polling finds what it was about."""
    payload = row.get("payload")
    try:
        event = event_of(payload)
    except ShapeError:
        return None
    return Delivered(event, _text(row, "status"), orjson.dumps(payload))
