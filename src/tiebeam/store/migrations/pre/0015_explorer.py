"""Looking things up: an order that lists can be read in, and the lists that people keep."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Tenant and state ride along so that records can be counted, behind the wall, from the index alone.
_CHANGED = """
create index record_changed on tiebeam.record (feed_id, changed_at desc, key) include (tenant_id, state)
"""
_SAVED = """
create table tiebeam.saved_view (
    tenant_id uuid not null,
    person_id uuid not null,
    stream text not null,
    name text not null,
    query text not null,
    made_at timestamptz not null,
    primary key (tenant_id, person_id, stream, name),
    foreign key (tenant_id, person_id) references tiebeam.person (tenant_id, id) on delete cascade
)
"""


def upgrade() -> None:
    """Create the index, and the table behind the wall."""
    op.execute(_CHANGED)
    op.execute(_SAVED)
    wall("tiebeam.saved_view")


def downgrade() -> None:
    """Drop them, and what people kept."""
    op.execute("drop table tiebeam.saved_view")
    op.execute("drop index tiebeam.record_changed")
