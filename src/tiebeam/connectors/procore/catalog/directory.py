"""Companies, projects, and who works for and on them.

`last_login_at` is kept: it changes when somebody signs in, not because we look, so it is content.
"""

from __future__ import annotations

from tiebeam.connectors.procore.catalog.notation import COMPANY, P10, PROJECT, V10, V11, columns, signed
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

_C10 = f"{V10}/companies/{{company_id}}"

_VENDOR_COLUMNS = columns(
    "id:bigint name abbreviated_name legal_name address city state_code zip country_code business_phone"
    " email_address website license_number is_active:boolean parent_id=parent.id:bigint"
    " primary_contact_id=primary_contact.id:bigint origin_id trades:jsonb project_ids:jsonb"
    " created_at:timestamptz updated_at:timestamptz"
)
_USER_COLUMNS = columns(
    "id:bigint name first_name last_name job_title email_address mobile_phone business_phone"
    " is_active:boolean is_employee:boolean employee_id vendor_id=vendor.id:bigint vendor_name=vendor.name"
    " origin_id last_login_at:timestamptz created_at:timestamptz updated_at:timestamptz"
)
_PERSON_COLUMNS = columns(
    "id:bigint user_id:bigint first_name last_name is_employee:boolean employee_id email=contact.email"
    " is_active=contact.is_active:boolean work_classification_id:bigint origin_id"
)
_VENDOR_LINKS = ("logo", "business.logo_url", *signed("attachments"))

COMPANIES = Stream(
    name="procore.companies",
    title="Companies",
    listings=(Listing(f"{V10}/companies"),),
    mode=ReadMode.FULL,
    phase=Phase.METADATA,
    priority=Priority.LOW,
    interval_minutes=60,
    vendor_time=None,
    volatile=("logo_url",),
    # The list holds what the grant may see: a company that leaves it is one we lost, not one that ended.
    absence=Absence.HIDDEN,
    columns=columns("id:bigint name is_active:boolean my_company:boolean"),
)

PROJECTS = Stream(
    name="procore.projects",
    title="Projects",
    listings=(
        Listing(
            f"{V11}/projects",
            {**COMPANY, "filters[by_status]": "All", "view": "extended"},
            per_page=300,
            time_filter=TimeFilter.RANGE,
        ),
    ),
    # The right to see a project may come and go without moving its time of modification.
    mode=ReadMode.FULL,
    phase=Phase.METADATA,
    priority=Priority.LOW,
    interval_minutes=60,
    volatile=("logo_url", "photo_url"),
    # A user sees the projects it was added to: leaving one looks like the project's end.
    absence=Absence.HIDDEN,
    columns=columns(
        "id:bigint name display_name project_number active:boolean address city county state_code zip"
        " country_code latitude:numeric longitude:numeric time_zone tz_name description square_feet:bigint"
        " start_date:date completion_date:date actual_start_date:date projected_finish_date:date"
        " estimated_start_date:date estimated_completion_date:date warranty_start_date:date"
        " warranty_end_date:date estimated_value:numeric total_value:numeric flag store_number"
        " accounting_project_number stage=project_stage.name project_type=project_type.name"
        " project_region=project_region.name office=office.name program=program.name departments:jsonb"
        " parent_job_id:bigint origin_id custom_fields:jsonb created_at:timestamptz updated_at:timestamptz"
    ),
)

VENDORS = Stream(
    name="procore.vendors",
    title="Vendors",
    listings=(
        Listing(f"{V10}/vendors", {**COMPANY, "view": "extended"}, time_filter=TimeFilter.RANGE),
        Listing(f"{_C10}/vendors/inactive", {"view": "extended"}),
    ),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.METADATA,
    priority=Priority.LOW,
    interval_minutes=60,
    tool="company_directory",
    volatile=_VENDOR_LINKS,
    columns=_VENDOR_COLUMNS,
)

USERS = Stream(
    name="procore.users",
    title="Users",
    listings=(
        Listing("/rest/v1.3/companies/{company_id}/users", time_filter=TimeFilter.RANGE),
        Listing(f"{_C10}/users/inactive"),
    ),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.METADATA,
    priority=Priority.LOW,
    interval_minutes=60,
    tool="company_directory",
    volatile=("avatar",),
    columns=_USER_COLUMNS,
)

PEOPLE = Stream(
    name="procore.people",
    title="People",
    # Includes contacts who cannot sign in. `id` is a party, `user_id` a login: two spaces of ids.
    listings=(Listing(f"{_C10}/people"), Listing(f"{_C10}/people/inactive")),
    mode=ReadMode.FULL,
    phase=Phase.METADATA,
    priority=Priority.LOW,
    interval_minutes=60,
    tool="company_directory",
    vendor_time=None,
    columns=_PERSON_COLUMNS,
)

PROJECT_VENDORS = Stream(
    name="procore.project_vendors",
    title="Project vendors",
    listings=(Listing(f"{P10}/vendors"),),
    mode=ReadMode.FULL,
    phase=Phase.METADATA,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id",),
    parent="procore.projects",
    tool="directory",
    volatile=_VENDOR_LINKS,
    columns=_VENDOR_COLUMNS,
)

PROJECT_USERS = Stream(
    name="procore.project_users",
    title="Project users",
    # Never incremental: the filter knows when a user changed, not when one joined this project.
    listings=(Listing(f"{P10}/users"),),
    mode=ReadMode.FULL,
    phase=Phase.METADATA,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id",),
    parent="procore.projects",
    tool="directory",
    volatile=("avatar", "logo", *signed("attachments")),
    columns=_USER_COLUMNS,
)

PROJECT_PEOPLE = Stream(
    name="procore.project_people",
    title="Project people",
    listings=(Listing(f"{P10}/people"),),
    mode=ReadMode.FULL,
    phase=Phase.METADATA,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id",),
    parent="procore.projects",
    tool="directory",
    vendor_time=None,
    volatile=("avatar",),
    columns=_PERSON_COLUMNS,
)

COST_CODES = Stream(
    name="procore.cost_codes",
    title="Cost codes",
    listings=(Listing(f"{V10}/cost_codes", PROJECT, means=Means.FLAGGED),),
    mode=ReadMode.FULL,
    phase=Phase.METADATA,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id",),
    parent="procore.projects",
    tool="cost_codes",
    deleted_field="deleted_at",
    columns=columns(
        "id:bigint name code full_code sortable_code parent_id=parent.id:bigint budgeted:boolean biller"
        " biller_type standard_cost_code_id:bigint origin_id line_item_types:jsonb deleted_at:timestamptz"
        " created_at:timestamptz updated_at:timestamptz"
    ),
)

WBS_CODES = Stream(
    name="procore.wbs_codes",
    title="WBS codes",
    listings=(Listing(f"{P10}/work_breakdown_structure/wbs_codes", time_filter=TimeFilter.RANGE),),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.METADATA,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id",),
    parent="procore.projects",
    tool="work_breakdown_structure",
    # Which statuses the list shows unasked is not documented: an absent code may only be inactive.
    absence=Absence.HIDDEN,
    columns=columns(
        "id:bigint flat_code flat_name description status wbs_pattern_id:bigint segment_items:jsonb"
        " created_at:timestamptz updated_at:timestamptz"
    ),
)

# Which of them stand for which of our streams is not documented: what may be read is learnt from refusals.
PROJECT_TOOLS = Stream(
    name="procore.project_tools",
    title="Project tools",
    listings=(Listing(f"{P10}/tools", per_page=100),),
    mode=ReadMode.FULL,
    phase=Phase.METADATA,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id",),
    parent="procore.projects",
    tool="project_settings",
    vendor_time=None,
    columns=columns("id:bigint title engine_name position:bigint is_active:boolean required:boolean"),
)

STREAMS = (
    COMPANIES,
    PROJECTS,
    PROJECT_TOOLS,
    VENDORS,
    USERS,
    PEOPLE,
    PROJECT_VENDORS,
    PROJECT_USERS,
    PROJECT_PEOPLE,
    COST_CODES,
    WBS_CODES,
)
