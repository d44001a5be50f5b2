"""Prime contracts and how they change: events, potential change orders, requests, packages."""

from __future__ import annotations

from tiebeam.connectors.procore.catalog.notation import PROJECT, V10, V11, columns, signed
from tiebeam.connectors.streams import (
    Absence,
    Listing,
    Means,
    Phase,
    Priority,
    ReadMode,
    Stream,
    TimeFilter,
)

_WITH_DELETED = {**PROJECT, "filters[include_deleted]": "with"}

PRIME_CONTRACTS = Stream(
    name="procore.prime_contracts",
    title="Prime contracts",
    listings=(Listing(f"{V10}/prime_contracts", _WITH_DELETED, Means.FLAGGED, time_filter=TimeFilter.RANGE),),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.ACTIVE,
    priority=Priority.MEDIUM,
    interval_minutes=15,
    scope=("project_id",),
    parent="procore.projects",
    tool="prime_contracts",
    deleted_field="deleted_at",
    volatile=signed("attachments"),
    absence=Absence.HIDDEN,
    columns=columns(
        "id:bigint number title status executed:boolean private:boolean grand_total:numeric"
        " revised_contract:numeric approved_change_orders:numeric pending_change_orders:numeric"
        " contract_date:date vendor_id=vendor.id:bigint vendor_name=vendor.name origin_id"
        " deleted_at:timestamptz created_at:timestamptz updated_at:timestamptz"
    ),
)

CHANGE_EVENTS = Stream(
    name="procore.change_events",
    title="Change events",
    listings=(Listing(f"{V11}/change_events", _WITH_DELETED, Means.FLAGGED, time_filter=TimeFilter.RANGE),),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.ACTIVE,
    priority=Priority.MEDIUM,
    interval_minutes=15,
    scope=("project_id",),
    parent="procore.projects",
    tool="change_events",
    deleted_field="deleted_at",
    volatile=signed("attachments"),
    absence=Absence.HIDDEN,
    columns=columns(
        "id:bigint number title description scope status=status.name status_group=status.mapped_to_status"
        " change_type=change_type.name change_reason=change_reason.change_reason"
        " event_origin_type=event_origin.origin_type event_origin_id=event_origin.origin_id:bigint"
        " prime_contract_id=prime_contract_for_estimates.id:bigint origin_id=external_data.origin_id source"
        " in_recycle_bin:boolean change_items:jsonb custom_fields:jsonb deleted_at:timestamptz"
        " created_at:timestamptz updated_at:timestamptz"
    ),
)

_CHANGE_ORDER = (
    "id:bigint contract_id:bigint number title status revision:bigint grand_total:numeric due_date:date"
    " invoiced_date:date paid_date:date created_by_id:bigint deleted_at:timestamptz created_at:timestamptz"
    " updated_at:timestamptz "
)

POTENTIAL_CHANGE_ORDERS = Stream(
    name="procore.potential_change_orders",
    title="Potential change orders",
    listings=(
        Listing(f"{V10}/potential_change_orders", _WITH_DELETED, Means.FLAGGED, time_filter=TimeFilter.RANGE),
    ),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.ACTIVE,
    priority=Priority.MEDIUM,
    interval_minutes=15,
    scope=("project_id",),
    parent="procore.projects",
    tool="change_orders",
    deleted_field="deleted_at",
    volatile=signed("attachments"),
    absence=Absence.HIDDEN,
    columns=columns(
        _CHANGE_ORDER + "change_reason schedule_impact_days=schedule_impact_amount:bigint executed:boolean"
        " change_order_request_id:bigint change_order_tiers:bigint reviewed_at:timestamptz"
        " custom_fields:jsonb"
    ),
)

CHANGE_ORDER_REQUESTS = Stream(
    name="procore.change_order_requests",
    title="Change order requests",
    # The list is of one contract, and knows no deleted rows.
    listings=(
        Listing(
            f"{V10}/change_order_requests",
            {**PROJECT, "contract_id": "{contract_id}"},
            Means.FLAGGED,
            time_filter=TimeFilter.RANGE,
        ),
    ),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.ACTIVE,
    priority=Priority.MEDIUM,
    interval_minutes=15,
    scope=("project_id", "contract_id"),
    parent="procore.prime_contracts",
    tool="change_orders",
    deleted_field="deleted_at",
    volatile=signed("attachments"),
    columns=columns(
        "id:bigint number title status revision:bigint grand_total:numeric due_date:date invoiced_date:date"
        " paid_date:date schedule_impact_days=schedule_impact_amount:bigint"
        " change_order_package_id:bigint created_by_id:bigint deleted_at:timestamptz"
        " created_at:timestamptz updated_at:timestamptz"
    ),
)

CHANGE_ORDER_PACKAGES = Stream(
    name="procore.change_order_packages",
    title="Change order packages",
    listings=(
        Listing(f"{V10}/change_order_packages", _WITH_DELETED, Means.FLAGGED, time_filter=TimeFilter.RANGE),
    ),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.ACTIVE,
    priority=Priority.MEDIUM,
    interval_minutes=15,
    scope=("project_id",),
    parent="procore.projects",
    tool="change_orders",
    deleted_field="deleted_at",
    volatile=signed("attachments"),
    absence=Absence.HIDDEN,
    columns=columns(
        _CHANGE_ORDER + "executed:boolean reviewed_at:timestamptz"
        " signed_change_order_received_date:date origin_id"
        " designated_reviewer_id=designated_reviewer.id:bigint custom_fields:jsonb"
    ),
)

STREAMS = (
    PRIME_CONTRACTS,
    CHANGE_EVENTS,
    POTENTIAL_CHANGE_ORDERS,
    CHANGE_ORDER_REQUESTS,
    CHANGE_ORDER_PACKAGES,
)
