"""Who may do what: a table."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tiebeam.identity.model import How, Role

if TYPE_CHECKING:
    from collections.abc import Mapping


class Permission(StrEnum):
    """What can be allowed. All but `health.read_all_tenants` are about one's own company alone."""

    HEALTH_READ = "health.read"
    """How the company's copy stands: freshness, what is late and why, calls left."""
    RECORDS_READ = "records.read"
    RECORDS_REFRESH = "records.refresh"
    RECORDS_EXPORT = "records.export"
    RUNS_READ = "runs.read"
    """Runs, sync log, webhooks, queue: what was done, without a record's fields."""
    SYNC_RUN = "sync.run"
    CONNECTION_READ = "connection.read"
    CONNECTION_MANAGE = "connection.manage"
    HOLDS_DECIDE = "holds.decide"
    QUEUE_MANAGE = "queue.manage"
    ALERTS_READ = "alerts.read"
    ALERTS_ACKNOWLEDGE = "alerts.acknowledge"
    SETTINGS_READ = "settings.read"
    SETTINGS_MANAGE = "settings.manage"
    PEOPLE_MANAGE = "people.manage"
    KEYS_MANAGE = "keys.manage"
    DEVICES_MANAGE = "devices.manage"
    AUDIT_READ = "audit.read"
    ACCOUNT_MANAGE = "account.manage"
    """One's own password and sessions."""
    HEALTH_READ_ALL_TENANTS = "health.read_all_tenants"
    """How every company's copy stands, and nothing of what is in it."""
    FIELD_CAPTURE = "field.capture"
    """Capture in the field, and see what one captured oneself."""
    FIELD_REVIEW = "field.review"
    """Read what everybody captured; correct it, give it back, approve it."""
    PUSH_RUN = "push.run"
    """Send what was captured on to other systems, and again after it failed."""
    PUSH_MANAGE = "push.manage"
    """What is sent by itself, and how it is mapped."""
    JOBS_READ = "jobs.read"
    """Jobs, boards and their items, and what was done to them."""
    JOBS_EDIT = "jobs.edit"
    """Make, change and delete jobs and items."""
    BOARDS_MANAGE = "boards.manage"
    """Boards, their columns, labels and groups, and the rules that act on them."""


P = Permission

_READS: Final = frozenset(
    {
        P.HEALTH_READ,
        P.RECORDS_READ,
        P.RECORDS_REFRESH,
        P.RECORDS_EXPORT,
        P.CONNECTION_READ,
        P.ALERTS_READ,
        P.ACCOUNT_MANAGE,
        P.JOBS_READ,
    }
)
_REVIEWS: Final = frozenset({P.FIELD_CAPTURE, P.FIELD_REVIEW, P.PUSH_RUN})
"""Whoever reviews may write down what came by telephone, too."""
_RUNS_IT: Final = frozenset(
    {
        P.RUNS_READ,
        P.SYNC_RUN,
        P.HOLDS_DECIDE,
        P.QUEUE_MANAGE,
        P.ALERTS_ACKNOWLEDGE,
        P.SETTINGS_READ,
        P.DEVICES_MANAGE,
        P.BOARDS_MANAGE,
    }
)

GRANTS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.SAAS_ADMIN: frozenset({P.HEALTH_READ_ALL_TENANTS, P.ACCOUNT_MANAGE}),
    Role.TENANT_ADMIN: frozenset(Permission) - {P.HEALTH_READ_ALL_TENANTS},
    Role.OPERATOR: _READS | _RUNS_IT | _REVIEWS | {P.JOBS_EDIT},
    Role.OFFICE: _READS | {P.RUNS_READ, P.JOBS_EDIT} | _REVIEWS,
    Role.ESTIMATOR: _READS | {P.JOBS_EDIT},
    Role.LEADERSHIP: _READS,
    Role.FIELD: frozenset({P.FIELD_CAPTURE}),
}

_BY_PIN: Final = frozenset({P.FIELD_CAPTURE})
KEY_SCOPES: Final = frozenset(Permission) - {P.HEALTH_READ_ALL_TENANTS, P.ACCOUNT_MANAGE}
"""What an API key can be given."""


def may(role: Role, permission: Permission) -> bool:
    """Say whether a role has a permission."""
    return permission in GRANTS[role]


def permissions_of(role: Role, how: How) -> frozenset[Permission]:
    """Return what somebody may do in a session: all that the role grants; after a PIN, capture alone."""
    return GRANTS[role] & _BY_PIN if how is How.PIN else GRANTS[role]


def may_appoint(role: Role, other: Role) -> bool:
    """Say whether somebody of a role may make, change or disable somebody of the other role.

    Who manages people manages those of the own company; a SaaS admin is made at the command line alone.
    """
    return may(role, Permission.PEOPLE_MANAGE) and other is not Role.SAAS_ADMIN
