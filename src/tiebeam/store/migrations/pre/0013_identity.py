"""People, their sessions, API keys and devices; and who must wait before another try is heard."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ROLES = "'saas_admin', 'tenant_admin', 'operator', 'office', 'estimator', 'leadership', 'field'"

_PERSON = f"""
create table tiebeam.person (
    id uuid primary key,
    tenant_id uuid not null references tiebeam.tenant (id),
    email text not null check (email = lower(email)),
    name text not null,
    role text not null check (role in ({_ROLES})),
    active boolean not null default true,
    password_hash text,
    pin_hash text,
    project_ids text[],
    made_at timestamptz not null,
    signed_in_at timestamptz,
    unique (tenant_id, email),
    unique (tenant_id, id)
)
"""
_PERSON_EMAIL = "create index person_email on tiebeam.person (email)"
_VOUCHED = """
create table tiebeam.person_vouched (
    tenant_id uuid not null,
    issuer text not null,
    subject text not null,
    person_id uuid not null,
    made_at timestamptz not null,
    primary key (tenant_id, issuer, subject),
    foreign key (tenant_id, person_id) references tiebeam.person (tenant_id, id)
)
"""
_DEVICE = """
create table tiebeam.device (
    id uuid primary key,
    tenant_id uuid not null references tiebeam.tenant (id),
    name text not null,
    code_hash bytea unique,
    code_expires_at timestamptz not null,
    token_hash bytea unique,
    made_at timestamptz not null,
    enrolled_at timestamptz,
    seen_at timestamptz,
    revoked_at timestamptz,
    unique (tenant_id, id)
)
"""
_SESSION = """
create table tiebeam.session (
    id uuid primary key,
    tenant_id uuid not null,
    person_id uuid not null,
    device_id uuid,
    token_hash bytea not null unique,
    csrf text not null,
    how text not null check (how in ('password', 'oidc', 'pin')),
    made_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    check ((how = 'pin') = (device_id is not null)),
    foreign key (tenant_id, person_id) references tiebeam.person (tenant_id, id),
    foreign key (tenant_id, device_id) references tiebeam.device (tenant_id, id)
)
"""
_SESSION_PERSON = "create index session_person on tiebeam.session (tenant_id, person_id)"
_KEY = """
create table tiebeam.api_key (
    id uuid primary key,
    tenant_id uuid not null references tiebeam.tenant (id),
    name text not null,
    prefix text not null,
    secret_hash bytea not null unique,
    scopes text[] not null,
    made_at timestamptz not null,
    expires_at timestamptz,
    used_at timestamptz,
    revoked_at timestamptz,
    replaced_by uuid references tiebeam.api_key (id)
)
"""
_KEY_TENANT = "create index api_key_tenant on tiebeam.api_key (tenant_id, made_at)"
_FLOW = """
create table tiebeam.oidc_flow (
    secret_hash bytea primary key,
    tenant_id uuid not null references tiebeam.tenant (id),
    return_to text not null,
    expires_at timestamptz not null
)
"""
# Who tries is not known to be anybody's yet: no tenant, and no way in but by the two functions below.
_WAIT = """
create table tiebeam.sign_in_wait (
    key bytea primary key,
    failures integer not null,
    unheard integer not null,
    next_at timestamptz not null,
    last_at timestamptz not null
)
"""
_WAIT_LAST = "create index sign_in_wait_last on tiebeam.sign_in_wait (last_at)"

_TABLES = ("oidc_flow", "api_key", "session", "device", "person_vouched", "person")
_FOUND_BY = {"session": "token_hash", "api_key": "secret_hash", "oidc_flow": "secret_hash"}

# A try counts as failed until it has proved to be none: any number side by side stay within the limit.
_KNOCK = """
create function tiebeam.knock(
    keys bytea[], free integer[], base_seconds float8[], max_seconds float8[], forget_seconds float8,
    moment timestamptz
) returns table (wait_until timestamptz, missed integer)
language plpgsql strict security definer set search_path = pg_catalog, pg_temp
as $$
declare
    forgotten constant timestamptz := moment - make_interval(secs => forget_seconds);
begin
    delete from tiebeam.sign_in_wait w where w.key in (
        select o.key from tiebeam.sign_in_wait o
        where o.last_at < forgotten and o.next_at <= moment
        order by o.last_at limit 100 for update skip locked);
    insert into tiebeam.sign_in_wait (key, failures, unheard, next_at, last_at)
    select k.key, 0, 0, moment, moment from unnest(keys) k (key) order by k.key
    on conflict do nothing;
    perform from tiebeam.sign_in_wait w where w.key = any (keys) order by w.key for update;
    select max(w.next_at), 0 into wait_until, missed
    from tiebeam.sign_in_wait w where w.key = any (keys) and w.next_at > moment;
    if wait_until is not null then
        update tiebeam.sign_in_wait w set unheard = w.unheard + 1
        where w.key = any (keys) and w.next_at > moment;
        return next;
        return;
    end if;
    select coalesce(max(w.unheard), 0) into missed from tiebeam.sign_in_wait w where w.key = any (keys);
    update tiebeam.sign_in_wait w
    set failures = w.failures + 1, unheard = 0, last_at = moment,
        next_at = case when w.failures + 1 < l.free then moment else moment + make_interval(
            secs => least(l.longest, l.base * power(2, least(w.failures + 1 - l.free, 30)))) end
    from unnest(keys, free, base_seconds, max_seconds) l (key, free, base, longest)
    where w.key = l.key;
    return next;
end
$$
"""
_WELCOME = """
create function tiebeam.welcome(proved bytea[], passed bytea[], moment timestamptz) returns void
language sql strict security definer set search_path = pg_catalog, pg_temp
as $$
    delete from tiebeam.sign_in_wait w where w.key = any (proved);
    update tiebeam.sign_in_wait w set failures = greatest(0, w.failures - 1), next_at = moment
    where w.key = any (passed);
$$
"""
_PERSON_TENANTS = """
create function tiebeam.person_tenants(address text) returns setof uuid
language sql stable strict security definer set search_path = pg_catalog, pg_temp
as $$ select p.tenant_id from tiebeam.person p where p.email = address limit 2 $$
"""
_DEVICE_TENANT = """
create function tiebeam.device_tenant(hash bytea) returns uuid
language sql stable strict security definer set search_path = pg_catalog, pg_temp
as $$
    select d.tenant_id from tiebeam.device d where d.token_hash = hash
    union all select d.tenant_id from tiebeam.device d where d.code_hash = hash
$$
"""
_FUNCTIONS = (
    "tiebeam.knock(bytea[], integer[], float8[], float8[], float8, timestamptz)",
    "tiebeam.welcome(bytea[], bytea[], timestamptz)",
    "tiebeam.person_tenants(text)",
    "tiebeam.device_tenant(bytea)",
    *(f"tiebeam.{table}_tenant(bytea)" for table in _FOUND_BY),
)


_PEOPLE = (_PERSON, _PERSON_EMAIL, _VOUCHED, _DEVICE, _SESSION, _SESSION_PERSON)
_MAKE = (*_PEOPLE, _KEY, _KEY_TENANT, _FLOW, _WAIT, _WAIT_LAST)
_WAYS_IN = (_KNOCK, _WELCOME, _PERSON_TENANTS, _DEVICE_TENANT)


def upgrade() -> None:
    """Create the tables behind the wall, and the ways past it: whoever has a secret may learn whose it is."""
    for statement in _MAKE:
        op.execute(statement)
    for table in _TABLES:
        deletes = ", delete" if table in {"session", "oidc_flow"} else ""
        wall(f"tiebeam.{table}", grants=f"select, insert, update{deletes}")
    for table in ("person", "device", *_FOUND_BY):
        op.execute(f"create policy lookup on tiebeam.{table} for select to current_user using (true)")
    for table, column in _FOUND_BY.items():
        op.execute(_tenant_by_hash(table, column))
    for statement in _WAYS_IN:
        op.execute(statement)
    for function in _FUNCTIONS:
        op.execute(f"revoke all on function {function} from public")
        op.execute(f"grant execute on function {function} to tiebeam_app")


def _tenant_by_hash(table: str, column: str) -> str:
    text = """
        create function tiebeam.@table_tenant(hash bytea) returns uuid
        language sql stable strict security definer set search_path = pg_catalog, pg_temp
        as $$ select t.tenant_id from tiebeam.@table t where t.@column = hash $$
    """
    return text.replace("@table", table).replace("@column", column)


def downgrade() -> None:
    """Drop them; nobody can sign in any more."""
    for function in _FUNCTIONS:
        op.execute(f"drop function {function}")
    for table in (*_TABLES, "sign_in_wait"):
        op.execute(f"drop table tiebeam.{table}")
