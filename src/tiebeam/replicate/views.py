"""Typed views: `replica.rfis` and its like, made from the columns that each stream declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.kernel.paths import parse_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiebeam.connectors.streams import Column, Stream

_READERS = {
    "text": "{raw}",
    "jsonb": "{node}",
    "bigint": "tiebeam.as_bigint({raw})",
    "boolean": "tiebeam.as_boolean({raw})",
    "date": "tiebeam.as_date({raw})",
    "timestamptz": "tiebeam.as_timestamptz({raw})",
    "numeric": "tiebeam.as_numeric({raw})",
}
_STATE = """case
        when f.access = 'gone' then 'deleted'
        when r.state = 2 then 'deleted'
        when r.state = 3 or f.access in ('hidden', 'off') then 'hidden'
        else 'live'
    end"""


def view_statements(streams: Iterable[Stream]) -> list[str]:
    """Return the statements that (re)make every typed view; run them as the owner of the schema.

    `replica.rfis` leaves deleted rows out; `replica.rfis_all` holds them too, with their `_state`.
    A value that does not fit its column's type reads as null; `_payload` always has it as it came.
    """
    return [statement for stream in streams for statement in _stream_views(stream)]


def _stream_views(stream: Stream) -> list[str]:
    every = f"{stream.view}_all"
    return [
        f'drop view if exists replica."{stream.view}"',
        f'drop view if exists replica."{every}"',
        _definition(stream, every),
        _live_definition(stream.view, every),
        f'grant select on replica."{every}", replica."{stream.view}" to tiebeam_app',
    ]


def _definition(stream: Stream, name: str) -> str:
    columns = [f'{_expression(column)} as "{column.name}"' for column in stream.columns]
    places = [f"{_scope_value(part)} as _{part}" for part in stream.scope]
    body = ",\n    ".join(["r.key as _key", *places, *columns, *_TECHNICAL])
    return (
        f'create view replica."{name}" with (security_invoker = true) as\n'
        f"select {body}\nfrom tiebeam.record r\njoin tiebeam.feed f on f.id = r.feed_id\n"
        f"where f.stream = '{stream.name}'"
    )


def _live_definition(name: str, every: str) -> str:
    head = f'create view replica."{name}" with (security_invoker = true) as'
    return f"{head}\nselect * from replica.\"{every}\" where _state <> 'deleted'"


_TECHNICAL = (
    "r.vendor_at as _vendor_at",
    "r.changed_at as _changed_at",
    "r.version as _version",
    f"{_STATE} as _state",
    "f.connection_id as _connection_id",
    "r.tenant_id as _tenant_id",
    "r.payload as _payload",
)


def _expression(column: Column) -> str:
    steps = ",".join(parse_path(column.path))
    raw, node = f"(r.payload #>> '{{{steps}}}')", f"(r.payload #> '{{{steps}}}')"
    return _READERS[column.type].format(raw=raw, node=node)


def _scope_value(part: str) -> str:
    return f"substring(f.scope from '(?:^|/){part}=([^/]*)')"
