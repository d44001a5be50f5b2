"""What the reads of each feed have found: from which the freshness planner learns how often it changes."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_EVIDENCE = """
create table tiebeam.feed_evidence (
    feed_id bigint primary key references tiebeam.feed (id) on delete cascade,
    tenant_id uuid not null,
    as_of timestamptz,
    changes float8[] not null default array_fill(0::float8, array[168])
        check (cardinality(changes) = 168),
    hours float8[] not null default array_fill(0::float8, array[168])
        check (cardinality(hours) = 168),
    reads float8 not null default 0,
    calls float8 not null default 0,
    announced float8 not null default 0,
    unannounced float8 not null default 0,
    probed_at timestamptz,
    told_pending integer not null default 0,
    told float8 not null default 0,
    missed float8 not null default 0
)
"""


def upgrade() -> None:
    """Create the evidence, behind the wall. A third of each page stays free: rows are rewritten at every read."""
    op.execute(_EVIDENCE)
    op.execute("alter table tiebeam.feed_evidence set (fillfactor = 65)")
    wall("tiebeam.feed_evidence")


def downgrade() -> None:
    """Forget what was learnt: the planner begins anew with what streams usually do."""
    op.execute("drop table tiebeam.feed_evidence")
