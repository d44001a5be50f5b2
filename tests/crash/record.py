"""What the database itself saw: every job queued, taken, put back and ended, and every tick, in their order.

Triggers write it down, so that no process that is being killed has to tell the truth about itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from datetime import datetime

_TABLE = b"""
create table public.seen (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    change bigint not null default txid_current(),
    what text not null,
    subject text not null,
    worker_id bigint,
    state text not null default ''
)
"""
_JOB = b"""
create function public.see_job() returns trigger language plpgsql security definer as $$
begin
    if tg_op = 'INSERT' then
        insert into public.seen (what, subject, state) values ('queued', new.id::text, new.kind);
    elsif tg_op = 'DELETE' then
        insert into public.seen (what, subject, worker_id) values ('ended', old.id::text, old.worker_id);
    elsif new.state = 'processing' and old.state <> 'processing' then
        insert into public.seen (what, subject, worker_id, state)
        values ('taken', new.id::text, new.worker_id, new.kind);
    elsif new.state = 'processing' and new.worker_id <> old.worker_id then
        insert into public.seen (what, subject, worker_id) values ('renumbered', new.id::text, new.worker_id);
    elsif old.state = 'processing' and new.state <> 'processing' then
        insert into public.seen (what, subject, worker_id, state)
        values ('laid down', new.id::text, old.worker_id, new.state);
    end if;
    return null;
end
$$
"""
_WORKER = b"""
create function public.see_worker() returns trigger language plpgsql security definer as $$
begin
    if tg_op = 'INSERT' then
        insert into public.seen (what, subject, worker_id) values ('joined', new.name, new.id);
    else
        insert into public.seen (what, subject, worker_id) values ('struck off', old.name, old.id);
    end if;
    return null;
end
$$
"""
_TICK = b"""
create function public.see_tick() returns trigger language plpgsql security definer as $$
begin
    insert into public.seen (what, subject)
    values ('ticked', concat_ws('/', new.tenant_id, new.schedule, new.tick_at));
    return null;
end
$$
"""
_TRIGGERS = b"""
create trigger seen after insert or update or delete on tiebeam.job
    for each row execute function public.see_job();
create trigger seen after insert or delete on tiebeam.queue_worker
    for each row execute function public.see_worker();
create trigger seen after update on tiebeam.tick
    for each row execute function public.see_tick();
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that happened; `change` is the transaction that it happened in."""

    at: datetime
    change: int
    what: str
    subject: str
    worker_id: int | None = None
    state: str = ""


def record(owner_url: str) -> None:
    """Have everything written down from now on."""
    with psycopg.connect(owner_url) as connection:
        for statement in (_TABLE, _JOB, _WORKER, _TICK, _TRIGGERS):
            connection.execute(statement)


def read(owner_url: str) -> list[Seen]:
    """Return everything that was written down."""
    with psycopg.connect(owner_url) as connection:
        rows = connection.execute(
            b"select at, change, what, subject, worker_id, state from public.seen order by id"
        )
        return [Seen(*row) for row in rows]
