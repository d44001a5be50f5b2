"""A copy to look at, as large as one likes: written straight into the tables, as the vendor has its rows.

Twenty projects of unequal size; of six kinds the records are many, and every project has every kind. A fifth
of the records have an older version, one in fifty is deleted, one in a hundred hidden. What was done and told
of lately stands in the sync log and among the deliveries, in proportion.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import psycopg

from tiebeam.replicate.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tiebeam.connectors.streams import Column, Stream

PROJECTS: Final = 20
LISTED: Final = "submittals"
"""The kind that the lists are measured on: more than half of all records are of it."""
SHARES: Final = {
    LISTED: 0.55,
    "rfis": 0.10,
    "observations": 0.10,
    "images": 0.10,
    "documents": 0.08,
    "drawing_revisions": 0.07,
}
DAYS: Final = timedelta(days=400)
"""Over which the last changes of the records are spread evenly."""
RARE_EVERY: Final = 2_000
"""One record in so many says `Zinnwaldite`."""
_PARENTS: Final = ("image_categories", "specification_sections", "drawing_sets")
_PARENTS_A_PROJECT: Final = 20
_TITLES: Final = (
    "Structural steel shop drawings, level",
    "Concrete mix design for foundation",
    "Curtain wall mock-up panel",
    "Air handling unit product data, AHU",
    "Fire sprinkler hydraulic calculations, zone",
    "Waterproofing of the podium deck, bay",
    "Door hardware schedule, floor",
)
_STATUSES: Final = ("Draft", "Open", "Approved", "Revise and Resubmit", "Closed")
_VALUES: Final = {
    "bigint": "1 + n %% 977",
    "boolean": "n %% 7 = 0",
    "numeric": "round(n %% 99991 / 7.0, 2)",
    "jsonb": "jsonb_build_array(jsonb_build_object('id', n %% 977, 'name', 'Person ' || n %% 977))",
}
_PROSE: Final = (
    "Submitted for review under package {}; see the marked sheets and the comments of the structural "
    "engineer. The anchors in the detail do not agree with the schedule on the sheet before it, and the "
    "contractor asks which of them holds before the embeds are cast next week."
)
_FEEDS: Final = b"""
insert into tiebeam.feed (tenant_id, connection_id, stream, scope, completed_at, read_at, swept_at,
    watermark)
select %(tenant)s, %(connection)s, s.name, s.scope, now(), now() - random() * interval '2 hours',
    now() - random() * interval '20 hours', now()
from unnest(%(names)s::text[], %(scopes)s::text[]) s (name, scope)
"""
_RECORDS: Final = """
insert into tiebeam.record (tenant_id, feed_id, key, version, state, hash, list_hash, vendor_at, created_at,
    changed_at, payload)
select %(tenant)s::uuid, w.feed_id, n::text, case when n %% 5 = 0 then 2 else 1 end,
    case when n %% 50 = 7 then 2 when n %% 100 = 8 then 3 else 1 end, sha256(int8send(n)),
    sha256(int8send(-n)), w.at, w.at - interval '30 days', w.at, {payload}
from generate_series(%(first)s::bigint, %(last)s::bigint) n
cross join lateral (
    select f.feed_ids[1 + floor({projects} * ((n * 48271 %% 9973) / 9973.0) ^ 2)::integer] as feed_id,
        now() - (%(last)s::bigint - n) * interval '{days} days'
            / (%(last)s::bigint - %(first)s::bigint + 1) as at
    from (
        select array_agg(id order by id) as feed_ids from tiebeam.feed
        where tenant_id = %(tenant)s::uuid and stream = %(stream)s
    ) f
) w
"""
_OF_COMPANY: Final = """
insert into tiebeam.record (tenant_id, feed_id, key, hash, created_at, changed_at, payload)
select %(tenant)s::uuid, f.id, (100 + n)::text, sha256(int8send(n)), now(), now() - n * interval '1 day',
    jsonb_build_object('id', 100 + n, 'name', 'Alder ' || n, 'display_name', 'Alder Hall, part ' || n)
from tiebeam.feed f, generate_series(0, %(last)s::bigint - 1) n
where f.tenant_id = %(tenant)s::uuid and f.stream = %(stream)s
"""
_VERSIONS: Final = b"""
insert into tiebeam.record_version (tenant_id, feed_id, key, version, state, hash, vendor_at, valid_from,
    valid_to, payload)
select tenant_id, feed_id, key, 1, 1, list_hash, vendor_at, created_at, changed_at,
    payload || jsonb_build_object('title', 'Before it was changed', 'updated_at', created_at)
from tiebeam.record where tenant_id = %(tenant)s and version > 1
"""
_LOG: Final = b"""
insert into tiebeam.sync_log (tenant_id, at, feed_id, result, keys, hashes, calls)
select r.tenant_id, r.changed_at, r.feed_id, 'updated', array_agg(r.key), array_agg(r.hash), 1
from tiebeam.record r
where r.tenant_id = %(tenant)s and r.changed_at > now() - interval '60 days'
group by r.tenant_id, r.feed_id, date_trunc('minute', r.changed_at), r.changed_at
"""
_HOOK: Final = b"""
insert into tiebeam.webhook (id, tenant_id, connection_id, company_id, secret_hash, vendor_hook_id,
    destination_url, payload_version, made_at, seen_until)
values (%(hook)s, %(tenant)s, %(connection)s, '5', '\\x00', '1',
    'https://tiebeam.example.com/webhooks/procore', 'v4.0', now() - interval '90 days', now())
"""
_DELIVERIES: Final = b"""
insert into tiebeam.webhook_delivery (tenant_id, hook_id, dedupe_id, received_at, event_at, resource,
    record_id, project_id, event_type, fate, source, body)
select r.tenant_id, %(hook)s, f.stream || r.key, r.changed_at, r.changed_at, 'Submittals', r.key,
    substring(f.scope from 'project_id=([^/]*)'), 'update', 'fetch', 'push',
    convert_to(r.payload::text, 'UTF8')
from tiebeam.record r join tiebeam.feed f on f.id = r.feed_id
where r.tenant_id = %(tenant)s and f.stream = %(stream)s and r.changed_at > now() - interval '30 days'
"""


async def fill(owner_url: str, tenant_id: UUID, connection_id: UUID, records: int) -> int:
    """Write a copy of so many records for a connection; return how many were written, projects included."""
    names = _named(tenant=tenant_id, connection=connection_id, hook=uuid4())
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as connection:
        await connection.execute(b"select set_config('tiebeam.tenant', %(tenant)s::text, false)", names)
        feeds = [(stream.name, scope) for stream in STREAMS for scope in _scopes(stream)]
        await connection.execute(
            _FEEDS, names | _named(names=[n for n, _ in feeds], scopes=[s for _, s in feeds])
        )
        await connection.execute(
            _OF_COMPANY.encode(), names | _named(stream="procore.projects", last=PROJECTS)
        )
        for stream, first, last in _ranges(records):
            text = _RECORDS.format(payload=_payload(stream), projects=PROJECTS, days=DAYS.days)
            named = names | _named(stream=stream.name, first=first, last=last)
            await connection.execute(text.encode(), named)
        await connection.execute(_VERSIONS, names)
        await connection.execute(_LOG, names)
        await connection.execute(_HOOK, names)
        await connection.execute(_DELIVERIES, names | _named(stream=f"procore.{LISTED}"))
        await connection.execute(b"vacuum analyze")
        row = await (await connection.execute(b"select count(*) from tiebeam.record")).fetchone()
    assert row is not None
    return int(row[0])


def keys_of(records: int, view: str) -> range:
    """Return the keys of the records of a kind in a copy of that size, the oldest first."""
    return next(range(first, last + 1) for stream, first, last in _ranges(records) if stream.view == view)


def _ranges(records: int) -> list[tuple[Stream, int, int]]:
    counts = {view: round(share * records) for view, share in SHARES.items()}
    counts |= dict.fromkeys(_PARENTS, PROJECTS * _PARENTS_A_PROJECT)
    known = {stream.view: stream for stream in STREAMS}
    found, first = [], 1_000
    for view, count in counts.items():
        found.append((known[view], first, first + count - 1))
        first += count
    return found


def _scopes(stream: Stream) -> list[str]:
    if not stream.scope:
        return [""]
    return [f"project_id={100 + n}" for n in range(PROJECTS)] if stream.scope == ("project_id",) else []


def _payload(stream: Stream) -> str:
    """Return the SQL that makes the payload of record `n`."""
    tree: dict[str, Any] = {}
    for column in stream.columns:
        *outer, last = column.path.split(".")
        place = tree
        for name in outer:
            place = place.setdefault(name, {})
        if isinstance(place, dict):
            place.setdefault(last, _value(column))
    return _object(tree)


def _object(tree: Mapping[str, Any]) -> str:
    parts = (
        f"'{name}', {_object(value) if isinstance(value, dict) else value}" for name, value in tree.items()
    )
    return f"jsonb_build_object({', '.join(parts)})"


def _value(column: Column) -> str:
    if column.name == "id":
        return "n"
    if column.type in ("date", "timestamptz"):
        form = "YYYY-MM-DD" if column.type == "date" else 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
        return f"to_char(w.at + n %% 40 * interval '1 day', '{form}')"
    return _VALUES.get(column.type) or _text(column.name)


def _text(name: str) -> str:
    if name in ("title", "subject", "name", "filename"):
        rare = f"case when n %% {RARE_EVERY} = 11 then ' of Zinnwaldite' else '' end"
        return f"{_picked(_TITLES)} || ' ' || n || {rare}"
    if name in ("description", "comments"):
        return f"'{_PROSE}'".format("' || n / 20 || '")
    if name.startswith("status"):
        return _picked(_STATUSES)
    return f"'{name} ' || n %% 400"


def _picked(texts: tuple[str, ...]) -> str:
    return f"(array[{', '.join(repr(text) for text in texts)}])[1 + n %% {len(texts)}]"


def _named(**values: Any) -> dict[str, Any]:
    return values
