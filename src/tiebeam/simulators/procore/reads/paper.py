"""Drawings, photos, documents and specifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore.calls import open_project
from tiebeam.simulators.procore.errors import missing_parameter, not_found
from tiebeam.simulators.procore.filters import Among, Flag, Search
from tiebeam.simulators.procore.listing import Listing, Narrowing, respond
from tiebeam.simulators.procore.paging import VERSION_2
from tiebeam.simulators.procore.reads.building import CREATED, ID, UPDATED, detail, project_list
from tiebeam.simulators.procore.reads.folders import folder_routes
from tiebeam.simulators.procore.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.procore.calls import Call
    from tiebeam.simulators.procore.tables import Row

_P10 = "/rest/v1.0/projects/{project_id}"
_P11 = "/rest/v1.1/projects/{project_id}"
_ONLY_IDS = {"only_ids": "ids", "ids_only": "ids"}

_REVISIONS = Listing(
    "drawing_revisions",
    filters=(
        UPDATED,
        Among("id", "id"),
        Among("filters[ids]", "id"),
        Among("drawing_id", "drawing_id"),
        Among("drawing_area_id", "drawing_area.id"),
        Among("drawing_discipline_id", "discipline.id"),
        Search("query", ("number", "title")),
    ),
    sorts=("id",),
    views=_ONLY_IDS,
)
_DRAWINGS = Listing(
    "drawings",
    filters=(Among("filters[drawing_discipline_id]", "drawing_discipline_id"),),
    views={"compact": "compact"},
)
_IMAGES = Listing(
    "images",
    filters=(
        ID,
        CREATED,
        UPDATED,
        Among("image_category_id", "image_category_id"),
        Among("filters[log_date]", "log_date"),
        Among("filters[location_id]", "location.id"),
        Among("filters[trade_ids]", "trades.id"),
        Among("filters[uploader_id]", "uploader.id"),
        Among("filters[projection]", "projection"),
        Flag("filters[private]", "private"),
        Flag("filters[starred]", "starred"),
        Search("filters[query]", ("filename", "description")),
    ),
    sorts=("created_at", "taken_at"),
    views=_ONLY_IDS,
)
_DOCUMENT_FILTERS = (
    CREATED,
    UPDATED,
    Among("filters[document_type]", "document_type"),
    Among("filters[folder_id]", "parent_id"),
    Among("filters[created_by_id]", "created_by.id"),
    Among("filters[file_type]", "file.file_type"),
    Flag("filters[private]", "private"),
    Search("filters[search]", ("name",)),
)
_SECTION_REVISIONS = Listing("specification_section_revisions")


def routes() -> Iterator[Route]:
    """Every route of the family."""
    yield from _drawing_routes()
    yield from _image_routes()
    yield from _document_routes()
    yield from folder_routes()
    yield from _specification_routes()


def _drawing_routes() -> Iterator[Route]:
    revisions = f"{_P10}/drawing_revisions"
    yield Route("GET", revisions, _revisions, tool="drawings", in_project=True, resource="drawing_revisions")
    yield detail(f"{revisions}/{{id}}", "drawing_revisions")
    for version, project in (("v1.0", _P10), ("v1.1", _P11)):
        yield project_list(
            f"{project}/drawing_areas", Listing("drawing_areas", filters=(ID,), views=_ONLY_IDS)
        )
        disciplines = Listing("drawing_disciplines", filters=(ID,), views=_ONLY_IDS)
        unpaged = Listing("drawing_disciplines", paging=None)
        yield project_list(f"{project}/drawing_disciplines", unpaged if version == "v1.0" else disciplines)
        area = f"/rest/{version}/drawing_areas/{{drawing_area_id}}/drawings"
        yield Route("GET", area, _area_drawings, resource="drawings")
    sets = Listing("drawing_sets", filters=(Among("drawing_area_id", "drawing_area.id"),))
    yield project_list(f"{_P10}/drawing_sets", sets)


def _revisions(call: Call) -> SimResponse:
    """Superseded and obsolete revisions stay away unless asked for."""
    wanted_set = call.query.get("drawing_set_id")
    everything = bool(call.query.flag("with_obsolete")) and wanted_set != "current_set"

    def shown(row: Row) -> bool:
        if wanted_set not in (None, "current_set") and str(_nested_id(row, "drawing_set")) != wanted_set:
            return False
        return everything or row.deleted_at is not None or _in_force(row.fields)

    only = Narrowing((wanted_set, everything), shown)
    return respond(call, _REVISIONS, project_id=call.project_id(), only=only)


def _in_force(fields: dict[str, Any]) -> bool:
    return bool(fields.get("current", True)) and not fields.get("obsolete")


def _nested_id(row: Row, name: str) -> Any:
    return (row.fields.get(name) or {}).get("id")


def _area_drawings(call: Call) -> SimResponse:
    """The path names an area only, so the project's doors stand here."""
    area_id = call.integer_param("drawing_area_id")
    area = call.state.tables["drawing_areas"].find(area_id)
    if area is None or area.hidden or area.project_id is None:
        raise not_found()
    open_project(call.state, area.project_id, "drawings")
    return respond(call, _DRAWINGS, parent_id=area_id)


def _image_routes() -> Iterator[Route]:
    yield project_list("/rest/v1.0/images", _IMAGES)
    yield detail("/rest/v1.0/images/{id}", "images")
    yield project_list("/rest/v1.0/image_categories", Listing("image_categories"))
    yield detail("/rest/v1.0/image_categories/{id}", "image_categories")


def _document_routes() -> Iterator[Route]:
    sorts = ("updated_at", "name", "document_type")
    listing = Listing("documents", filters=_DOCUMENT_FILTERS, sorts=sorts)
    yield project_list(f"{_P10}/documents", listing)
    version_2 = Listing(
        "documents", filters=_DOCUMENT_FILTERS, sorts=sorts, paging=VERSION_2, view="v2", wrapped=True
    )
    yield project_list("/rest/v2.0/projects/{project_id}/documents", version_2)


def _specification_routes() -> Iterator[Route]:
    sections = Listing("specification_sections", filters=(ID,), sorts=("number",), paging=None)
    yield project_list("/rest/v1.0/specification_sections", sections)
    divisions = Listing("specification_section_divisions")
    yield project_list("/rest/v1.0/specification_section_divisions", divisions)
    revisions = "/rest/v1.0/specification_section_revisions"
    yield Route("GET", revisions, _section_revisions, tool="specifications", in_project=True)
    yield detail(f"{revisions}/{{id}}", "specification_section_revisions")
    yield project_list(f"{_P10}/specification_sets", Listing("specification_sets", paging=None))
    yield detail(f"{_P10}/specification_sets/{{id}}", "specification_sets")


def _section_revisions(call: Call) -> SimResponse:
    """The revisions in force of one division, or all of them."""
    division_id = call.query.integer("specification_section_division_id")
    if division_id is None:
        raise missing_parameter("specification_section_division_id")
    project_id = call.project_id()
    division = call.state.tables["specification_section_divisions"].find(division_id)
    if division is None or division.project_id != project_id:
        raise not_found("The specification section division")
    if call.query.flag("all_revisions"):
        return respond(call, _SECTION_REVISIONS, parent_id=division_id)
    in_force = _current_revisions(call, project_id)
    only = Narrowing(in_force, lambda row: row.id in in_force)
    return respond(call, _SECTION_REVISIONS, parent_id=division_id, only=only if in_force else None)


def _current_revisions(call: Call, project_id: int) -> frozenset[Any]:
    sections = call.state.rows("specification_sections", project_id=project_id)
    return frozenset(section.get("current_revision_id") for section in sections) - {None}
