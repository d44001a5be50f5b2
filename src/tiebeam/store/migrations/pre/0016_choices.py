"""What a company has chosen to copy, our own projects and their map, flows under way, the first person."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_CHOICE = """
create table tiebeam.connection_choice (
    connection_id uuid primary key,
    tenant_id uuid not null,
    project_ids text[],
    streams text[],
    made_at timestamptz not null,
    foreign key (tenant_id, connection_id) references tiebeam.connection (tenant_id, id) on delete cascade
)
"""
_ERASURE = """
create table tiebeam.copy_erasure (
    connection_id uuid primary key,
    tenant_id uuid not null,
    due_at timestamptz not null,
    foreign key (tenant_id, connection_id) references tiebeam.connection (tenant_id, id) on delete cascade
)
"""
_INTERVAL = """
create table tiebeam.stream_interval (
    tenant_id uuid not null references tiebeam.tenant (id),
    stream text not null,
    minutes integer not null check (minutes between 1 and 10080),
    primary key (tenant_id, stream)
)
"""
_PROJECT = """
create table tiebeam.project (
    id uuid primary key,
    tenant_id uuid not null references tiebeam.tenant (id),
    number text not null,
    name text not null,
    status text not null check (status in ('active', 'closed')),
    made_at timestamptz not null,
    unique (tenant_id, number),
    unique (tenant_id, id)
)
"""
_MAP = """
create table tiebeam.project_map (
    connection_id uuid not null,
    vendor_project_id text not null,
    tenant_id uuid not null,
    project_id uuid not null,
    made_at timestamptz not null,
    primary key (connection_id, vendor_project_id),
    unique (connection_id, project_id),
    foreign key (tenant_id, connection_id) references tiebeam.connection (tenant_id, id) on delete cascade,
    foreign key (tenant_id, project_id) references tiebeam.project (tenant_id, id)
)
"""
_FLOW = """
create table tiebeam.connect_flow (
    state_hash bytea primary key,
    tenant_id uuid not null references tiebeam.tenant (id),
    session_id uuid not null references tiebeam.session (id) on delete cascade,
    expires_at timestamptz not null
)
"""
_TABLES = ("connection_choice", "copy_erasure", "stream_interval", "project", "project_map", "connect_flow")

# Nobody is anybody yet: no tenant, and no way in but by the functions below.
_FIRST_RUN = """
create table tiebeam.first_run (
    one boolean primary key default true check (one),
    token_hash bytea not null,
    expires_at timestamptz not null
)
"""
_BEGIN_FIRST_RUN = """
create function tiebeam.begin_first_run(hash bytea, until timestamptz) returns boolean
language plpgsql strict security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from tiebeam.person) then
        delete from tiebeam.first_run;
        return false;
    end if;
    insert into tiebeam.first_run (token_hash, expires_at) values (hash, until)
    on conflict (one) do update set token_hash = excluded.token_hash, expires_at = excluded.expires_at;
    return true;
end
$$
"""
_FIRST_RUN_OPEN = """
create function tiebeam.first_run_open(hash bytea, moment timestamptz) returns boolean
language sql stable strict security definer set search_path = pg_catalog, pg_temp
as $$
    select exists (select from tiebeam.first_run f where f.token_hash = hash and f.expires_at > moment)
        and not exists (select from tiebeam.person)
$$
"""
# The row is locked until the transaction ends: of two who use it at once, one makes the first person.
_USE_FIRST_RUN = """
create function tiebeam.use_first_run(hash bytea, moment timestamptz) returns boolean
language plpgsql strict security definer set search_path = pg_catalog, pg_temp
as $$
begin
    delete from tiebeam.first_run f where f.token_hash = hash and f.expires_at > moment;
    return found and not exists (select from tiebeam.person);
end
$$
"""

# History is append-only for everybody but a company that has its whole copy erased, by the function alone.
_GUARD = """
create or replace function tiebeam.refuse_rewriting_history() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_user <> 'tiebeam_app'
        and current_setting('tiebeam.erasing', true) = 'on' then
        return null;
    end if;
    raise exception 'history is append-only: % on % is refused', tg_op, tg_table_name;
end
$$
"""
_FORMER_GUARD = """
create or replace function tiebeam.refuse_rewriting_history() returns trigger language plpgsql as $$
begin
    raise exception 'history is append-only: % on % is refused', tg_op, tg_table_name;
end
$$
"""
_ERASE = """
create function tiebeam.erase_copy(connection uuid, moment timestamptz) returns bigint
language plpgsql strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
    erased bigint;
begin
    perform from tiebeam.copy_erasure e
    join tiebeam.connection c on c.id = e.connection_id
    where e.connection_id = connection and e.due_at <= moment and c.status = 'disconnected'
    for update of c, e;
    if not found then
        return null;
    end if;
    perform set_config('tiebeam.erasing', 'on', true);
    delete from tiebeam.record_version v using tiebeam.feed f
        where f.connection_id = connection and v.feed_id = f.id;
    delete from tiebeam.record r using tiebeam.feed f where f.connection_id = connection and r.feed_id = f.id;
    get diagnostics erased = row_count;
    delete from tiebeam.sync_log l using tiebeam.feed f
        where f.connection_id = connection and l.feed_id = f.id;
    delete from tiebeam.feed f where f.connection_id = connection;
    delete from tiebeam.sync_run s where s.connection_id = connection;
    delete from tiebeam.copy_erasure e where e.connection_id = connection;
    perform set_config('tiebeam.erasing', '', true);
    return erased;
end
$$
"""

# The owner sees tenants and jobs already.
_MEASURED = ("tiebeam.vendor_streak", "tiebeam.hold")
_TENANT_HEALTH = """
create function tiebeam.tenant_health(at timestamptz, names text[], minutes integer[]) returns table (
    slug text, name text, connections jsonb, errors jsonb, jobs jsonb,
    read bigint, late bigint, unread bigint, oldest_seconds double precision, holds bigint
)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    perform set_config('tiebeam.measuring', 'on', true);
    return query
    with ages as (
        select f.tenant_id, f.read_at, i.minutes,
            greatest(0, extract(epoch from tenant_health.at - f.read_at))::double precision as age
        from tiebeam.feed f
        join tiebeam.connection c on c.id = f.connection_id
        join unnest(tenant_health.names, tenant_health.minutes) i (stream, minutes) on i.stream = f.stream
        where f.access = 'open' and c.status in ('connected', 'error')
    ), fresh as (
        select a.tenant_id, count(a.read_at) as read, count(*) - count(a.read_at) as unread,
            count(*) filter (where a.age > a.minutes * 120) as late, max(a.age) as oldest
        from ages a group by a.tenant_id
    ), faults as (
        select c.tenant_id, c.code from tiebeam.connection c where c.code is not null
        union all select s.tenant_id, s.code from tiebeam.vendor_streak s
    )
    select t.slug, t.name,
        (select coalesce(jsonb_object_agg(x.status, x.n), '{}') from (
            select c.status, count(*) as n from tiebeam.connection c
            where c.tenant_id = t.id and c.company_id is not null group by c.status) x),
        (select coalesce(jsonb_object_agg(x.code, x.n), '{}') from (
            select e.code, count(*) as n from faults e where e.tenant_id = t.id group by e.code) x),
        (select coalesce(jsonb_object_agg(x.state, x.n), '{}') from (
            select j.state, count(*) as n from tiebeam.job j where j.tenant_id = t.id group by j.state) x),
        coalesce(f.read, 0), coalesce(f.late, 0), coalesce(f.unread, 0), f.oldest,
        (select count(*) from tiebeam.hold h where h.tenant_id = t.id and h.status = 'waiting')
    from tiebeam.tenant t
    left join fresh f on f.tenant_id = t.id
    order by t.name, t.slug;
    perform set_config('tiebeam.measuring', '', true);
end
$$
"""
_FUNCTIONS = (
    "tiebeam.begin_first_run(bytea, timestamptz)",
    "tiebeam.first_run_open(bytea, timestamptz)",
    "tiebeam.use_first_run(bytea, timestamptz)",
    "tiebeam.erase_copy(uuid, timestamptz)",
    "tiebeam.tenant_health(timestamptz, text[], integer[])",
)


def upgrade() -> None:
    """Create the tables behind the wall, and the few ways past it."""
    for statement in (_CHOICE, _ERASURE, _INTERVAL, _PROJECT, _MAP, _FLOW, _FIRST_RUN, _GUARD):
        op.execute(statement)
    for table in _TABLES:
        wall(f"tiebeam.{table}")
    for table in _MEASURED:
        op.execute(
            f"create policy measured on {table} for select to current_user"
            " using (current_setting('tiebeam.measuring', true) = 'on')"
        )
    for statement in (_BEGIN_FIRST_RUN, _FIRST_RUN_OPEN, _USE_FIRST_RUN, _ERASE, _TENANT_HEALTH):
        op.execute(statement)
    for function in _FUNCTIONS:
        op.execute(f"revoke all on function {function} from public")
        op.execute(f"grant execute on function {function} to tiebeam_app")


def downgrade() -> None:
    """Drop them: everything that can be seen is copied again, and projects are mapped no more."""
    for function in _FUNCTIONS:
        op.execute(f"drop function {function}")
    op.execute(_FORMER_GUARD)
    for table in _MEASURED:
        op.execute(f"drop policy measured on {table}")
    for table in (*reversed(_TABLES), "first_run"):
        op.execute(f"drop table tiebeam.{table}")
