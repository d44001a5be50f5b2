"""What metrics may read over all tenants: sums and ages, and nothing that tells whose they are."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The owner is behind the wall as well. Inside these functions alone it may look over it: they set the mark
# that the policy asks for, and take it back before they return. The policy is the owner's, so the mark is of
# no use to the application role.
_MEASURED_TABLES = ("tiebeam.feed", "tiebeam.connection")
_STREAMS = """
create function tiebeam.measured_streams(at timestamptz) returns table (
    stream text, read bigint, unread bigint, shut bigint,
    age_seconds_max double precision, age_seconds_mean double precision
)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    perform set_config('tiebeam.measuring', 'on', true);
    return query
    with watched as (
        select f.stream, f.access = 'open' as open, f.read_at,
            case when f.read_at is not null
                then greatest(0, extract(epoch from measured_streams.at - f.read_at))::double precision
            end as age
        from tiebeam.feed f
        join tiebeam.connection c on c.id = f.connection_id
        where c.status in ('connected', 'error')
    )
    select w.stream, count(*) filter (where w.open and w.read_at is not null),
        count(*) filter (where w.open and w.read_at is null), count(*) filter (where not w.open),
        max(w.age) filter (where w.open), avg(w.age) filter (where w.open)
    from watched w
    group by w.stream;
    perform set_config('tiebeam.measuring', '', true);
end
$$
"""
_CONNECTIONS = """
create function tiebeam.measured_connections(at timestamptz) returns table (
    vendor text, status text, token text, connections bigint
)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    perform set_config('tiebeam.measuring', 'on', true);
    return query
    select c.vendor, c.status,
        case
            when c.token_expires_at is null then 'none'
            when c.token_expires_at > measured_connections.at then 'good'
            when c.refresh_began_at is not null then 'cut_off'
            else 'expired'
        end,
        count(*)
    from tiebeam.connection c
    group by 1, 2, 3;
    perform set_config('tiebeam.measuring', '', true);
end
$$
"""
_GATES = """
create function tiebeam.measured_gates() returns table (state jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select g.state from tiebeam.gate g $$
"""
_FUNCTIONS = (
    "tiebeam.measured_streams(timestamptz)",
    "tiebeam.measured_connections(timestamptz)",
    "tiebeam.measured_gates()",
)


def upgrade() -> None:
    """Create the functions, and the sight that two of them need."""
    for table in _MEASURED_TABLES:
        op.execute(
            f"create policy measured on {table} for select to current_user"
            " using (current_setting('tiebeam.measuring', true) = 'on')"
        )
    for statement in (_STREAMS, _CONNECTIONS, _GATES):
        op.execute(statement)
    for function in _FUNCTIONS:
        op.execute(f"revoke all on function {function} from public")
        op.execute(f"grant execute on function {function} to tiebeam_app")


def downgrade() -> None:
    """Drop them; the gauges of the whole database stay empty."""
    for function in _FUNCTIONS:
        op.execute(f"drop function {function}")
    for table in _MEASURED_TABLES:
        op.execute(f"drop policy measured on {table}")
