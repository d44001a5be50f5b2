"""Drawings, specifications, photos and documents: the records behind which files lie."""

from __future__ import annotations

from tiebeam.connectors.procore.catalog.notation import P10, P11, PROJECT, V10, columns, signed_in
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

DRAWING_REVISIONS = Stream(
    name="procore.drawing_revisions",
    title="Drawing revisions",
    listings=(
        Listing(f"{P10}/drawing_revisions", {"with_obsolete": "true"}, time_filter=TimeFilter.RANGE),
        Listing(
            f"{P10}/drawing_revisions",
            {"with_obsolete": "true", "filters[deleted]": "only"},
            Means.DELETED,
            time_filter=TimeFilter.RANGE,
        ),
    ),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.FILES,
    priority=Priority.MEDIUM,
    interval_minutes=30,
    scope=("project_id",),
    parent="procore.projects",
    tool="drawings",
    volatile=(
        "pdf_url",
        "png_url",
        "thumbnail_url",
        "large_thumbnail_url",
        "zip_url",
        "activity_stream_last_viewed_at",
    ),
    absence=Absence.HIDDEN,
    columns=columns(
        "id:bigint drawing_id:bigint number title revision_number current:boolean obsolete:boolean status"
        " drawing_date:date received_date:date discipline=discipline.name"
        " drawing_set_id=drawing_set.id:bigint drawing_area_id=drawing_area.id:bigint pdf_size:bigint"
        " png_size:bigint width:bigint height:bigint floorplan:boolean order_in_drawing:bigint"
        " custom_fields:jsonb updated_at:timestamptz"
    ),
)

DRAWING_AREAS = Stream(
    name="procore.drawing_areas",
    title="Drawing areas",
    listings=(Listing(f"{P11}/drawing_areas"),),
    mode=ReadMode.FULL,
    phase=Phase.FILES,
    priority=Priority.MEDIUM,
    interval_minutes=30,
    scope=("project_id",),
    parent="procore.projects",
    tool="drawings",
    columns=columns(
        "id:bigint name description drawings_count:bigint created_at:timestamptz updated_at:timestamptz"
    ),
)

DRAWING_SETS = Stream(
    name="procore.drawing_sets",
    title="Drawing sets",
    listings=(Listing(f"{P10}/drawing_sets"),),
    mode=ReadMode.FULL,
    phase=Phase.FILES,
    priority=Priority.MEDIUM,
    interval_minutes=30,
    scope=("project_id",),
    parent="procore.projects",
    tool="drawings",
    columns=columns(
        "id:bigint name date:date position:bigint published_drawings_count:bigint"
        " unpublished_drawings_count:bigint created_at:timestamptz updated_at:timestamptz"
    ),
)

DRAWING_DISCIPLINES = Stream(
    name="procore.drawing_disciplines",
    title="Drawing disciplines",
    listings=(Listing(f"{P11}/drawing_disciplines"),),
    mode=ReadMode.FULL,
    phase=Phase.FILES,
    priority=Priority.MEDIUM,
    interval_minutes=30,
    scope=("project_id",),
    parent="procore.projects",
    tool="drawings",
    vendor_time=None,
    columns=columns("id:bigint name position:bigint abbreviations:jsonb"),
)

IMAGES = Stream(
    name="procore.images",
    title="Photos",
    listings=(Listing(f"{V10}/images", PROJECT, time_filter=TimeFilter.RANGE),),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.FILES,
    priority=Priority.LOW,
    interval_minutes=30,
    scope=("project_id",),
    parent="procore.projects",
    tool="photos",
    volatile=("url", "thumbnail_url"),
    columns=columns(
        "id:bigint filename description size:bigint width:bigint height:bigint taken_at:timestamptz"
        " album_id=image_category_id:bigint album=image_category_name location=location.name"
        " uploader_id=uploader.id:bigint uploader=uploader.name private:boolean starred:boolean projection"
        " latitude=gps_lat:numeric longitude=gps_long:numeric daily_log_header_id:bigint trades:jsonb"
        " created_at:timestamptz updated_at:timestamptz"
    ),
)

IMAGE_CATEGORIES = Stream(
    name="procore.image_categories",
    title="Photo albums",
    listings=(Listing(f"{V10}/image_categories", PROJECT),),
    mode=ReadMode.FULL,
    phase=Phase.FILES,
    priority=Priority.LOW,
    interval_minutes=30,
    scope=("project_id",),
    parent="procore.projects",
    tool="photos",
    volatile=("cover_photo",),
    columns=columns(
        "id:bigint name position:bigint private:boolean photos_count=count:bigint created_at:timestamptz"
        " updated_at:timestamptz"
    ),
)

DOCUMENTS = Stream(
    name="procore.documents",
    title="Documents",
    listings=(
        Listing(f"{P10}/documents", time_filter=TimeFilter.RANGE),
        Listing(
            f"{P10}/documents",
            {"filters[is_in_recycle_bin]": "true"},
            Means.DELETED,
            time_filter=TimeFilter.RANGE,
        ),
    ),
    mode=ReadMode.INCREMENTAL,
    phase=Phase.FILES,
    priority=Priority.LOW,
    interval_minutes=30,
    scope=("project_id",),
    parent="procore.projects",
    tool="documents",
    volatile=signed_in("file.current_version", "file.current_version.prostore_file"),
    absence=Absence.HIDDEN,
    columns=columns(
        "id:bigint name name_with_path parent_id:bigint document_type private:boolean read_only:boolean"
        " is_tracked:boolean is_recycle_bin:boolean is_deleted:boolean file_type=file.file_type"
        " description=file.description version_id=file.current_version.id:bigint"
        " version_number=file.current_version.number:bigint size=file.current_version.size:bigint"
        " created_by=created_by.name custom_fields:jsonb created_at:timestamptz updated_at:timestamptz"
    ),
)

SPECIFICATION_SECTIONS = Stream(
    name="procore.specification_sections",
    title="Specification sections",
    listings=(Listing(f"{V10}/specification_sections", PROJECT, per_page=None),),
    mode=ReadMode.FULL,
    phase=Phase.FILES,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id",),
    parent="procore.projects",
    tool="specifications",
    columns=columns("id:bigint number description label current_revision_id:bigint"),
)

SPECIFICATION_SECTION_DIVISIONS = Stream(
    name="procore.specification_section_divisions",
    title="Specification divisions",
    listings=(Listing(f"{V10}/specification_section_divisions", PROJECT),),
    mode=ReadMode.FULL,
    phase=Phase.FILES,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id",),
    parent="procore.projects",
    tool="specifications",
    vendor_time=None,
    volatile=("url",),
    columns=columns("id:bigint number description"),
)

SPECIFICATION_SECTION_REVISIONS = Stream(
    name="procore.specification_section_revisions",
    title="Specification revisions",
    listings=(
        Listing(
            f"{V10}/specification_section_revisions",
            {
                **PROJECT,
                "specification_section_division_id": "{specification_section_division_id}",
                "all_revisions": "true",
            },
        ),
    ),
    mode=ReadMode.FULL,
    phase=Phase.FILES,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id", "specification_section_division_id"),
    parent="procore.specification_section_divisions",
    tool="specifications",
    volatile=("url",),
    columns=columns(
        "id:bigint specification_section_id:bigint specification_section_division_id:bigint"
        " specification_set_id:bigint number description revision issued_date:date received_date:date"
        " custom_fields:jsonb updated_at:timestamptz"
    ),
)

SPECIFICATION_SETS = Stream(
    name="procore.specification_sets",
    title="Specification sets",
    listings=(Listing(f"{P10}/specification_sets", means=Means.FLAGGED),),
    mode=ReadMode.FULL,
    phase=Phase.FILES,
    priority=Priority.LOW,
    interval_minutes=60,
    scope=("project_id",),
    parent="procore.projects",
    tool="specifications",
    deleted_field="deleted_at",
    columns=columns(
        "id:bigint name date:date position:bigint deleted_at:timestamptz created_at:timestamptz"
        " updated_at:timestamptz"
    ),
)

STREAMS = (
    DRAWING_REVISIONS,
    DRAWING_AREAS,
    DRAWING_SETS,
    DRAWING_DISCIPLINES,
    IMAGES,
    IMAGE_CATEGORIES,
    DOCUMENTS,
    SPECIFICATION_SECTIONS,
    SPECIFICATION_SECTION_DIVISIONS,
    SPECIFICATION_SECTION_REVISIONS,
    SPECIFICATION_SETS,
)
