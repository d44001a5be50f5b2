"""Drawings: areas, sets and disciplines, and every sheet with its revisions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tiebeam.simulators.company.moments import day_text
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.company.site import Fields, Site

# The letter of the sheet numbers and what its sheets show.
_DISCIPLINES = (
    (
        "Architectural",
        "A",
        ("Floor Plan", "Reflected Ceiling Plan", "Exterior Elevations", "Wall Sections", "Door Schedule"),
    ),
    ("Structural", "S", ("Foundation Plan", "Framing Plan", "Column Schedule", "Typical Details")),
    ("Mechanical", "M", ("Duct Plan", "Piping Plan", "Equipment Schedules")),
    ("Electrical", "E", ("Power Plan", "Lighting Plan", "One-Line Diagram", "Panel Schedules")),
    ("Plumbing", "P", ("Waste and Vent Plan", "Domestic Water Plan", "Risers")),
    ("Civil", "C", ("Grading Plan", "Utility Plan", "Erosion Control")),
    ("Interiors", "I", ("Finish Plan", "Furniture Plan")),
    ("Fire Protection", "FP", ("Sprinkler Plan", "Details")),
)


def lay_out(site: Site, rng: Random, counts: dict[str, int], at: datetime, pause_days: int) -> None:
    """Areas and disciplines of a project, and its sets some days after each other, before any sheet."""
    for index in range(counts["drawing_areas"]):
        name = ("Main Building", "Site Work", "Parking Structure")[index]
        fields = {
            "name": name,
            "drawings_count": 0,
            "description": f"Sheets of {name.lower()}",
            "deletable": False,
            "latest_revision_update": None,
            "created_at": stamp(at),
            "updated_at": stamp(at),
        }
        site.areas.append(site.insert("drawing_areas", fields, at))
    for index in range(counts["drawing_disciplines"]):
        name, letter, _ = _DISCIPLINES[index]
        row = site.insert(
            "drawing_disciplines", {"name": name, "position": index + 1, "abbreviations": [letter]}, at
        )
        site.disciplines.append({field: row[field] for field in ("id", "name", "position")})
    for index in range(counts["drawing_sets"]):
        issue_set(site, at + timedelta(days=pause_days * index, minutes=rng.randint(0, 90)))


def issue_set(site: Site, at: datetime) -> Fields:
    """A further set of sheets, the one that new revisions come in."""
    number = site.number("drawing set")
    fields = {
        "project_id": site.project_id,
        "company_id": site.state.company_id,
        "name": "Issued for Construction" if number == 1 else f"ASI-{number - 1:02d}",
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "date": day_text(at),
        "position": number,
        "connected": False,
        "deletable": False,
        "published_drawings_count": 0,
        "unpublished_drawings_count": 0,
    }
    row = site.insert("drawing_sets", fields, at)
    site.drawing_sets.append(row)
    return row


def add_sheet(site: Site, rng: Random, at: datetime) -> Fields:
    """A new drawing with its first revision."""
    area = site.areas[int(len(site.areas) * rng.random() ** 2)]
    discipline = site.disciplines[int(len(site.disciplines) * rng.random() ** 1.4)]
    _, letter, titles = _DISCIPLINES[discipline["position"] - 1]
    order = site.number(f"sheet {letter}")
    fields = {
        "number": f"{letter}-{100 * (1 + (order - 1) // 40) + (order - 1) % 40 + 1}",
        "title": f"{rng.choice(titles)} - {rng.choice(site.locations)['node_name']}",
        "discipline": discipline["name"],
        "drawing_discipline_id": discipline["id"],
        "obsolete": False,
        "current_revision": None,
    }
    drawing = site.insert("drawings", fields, at, parent_id=area["id"])
    counted = site.state.get("drawing_areas", area["id"])["drawings_count"] + 1
    site.state.update("drawing_areas", area["id"], {"drawings_count": counted}, touch=False, at=at)
    revise_sheet(site, rng, drawing, at)
    return drawing


def revise_sheet(site: Site, rng: Random, drawing: Fields, at: datetime) -> Fields:
    """A further revision of a drawing; the one before is superseded, the drawing shows the new one."""
    state = site.state
    area_id = state.row("drawings", drawing["id"]).parent_id
    before = drawing["current_revision"]
    revision = site.insert("drawing_revisions", _revision_fields(site, rng, drawing, area_id, at), at)
    if before is not None:
        state.update("drawing_revisions", before["id"], {"current": False}, at=at)
    shown = (
        "id",
        "revision_number",
        "floorplan",
        "has_drawing_sketches",
        "pdf_size",
        "png_size",
        "updated_at",
    )
    current = {"current_revision": {name: revision[name] for name in shown}}
    state.update("drawings", drawing["id"], current, at=at)
    if area_id is not None:
        state.update("drawing_areas", area_id, {"latest_revision_update": stamp(at)}, at=at)
    drawing_set = site.state.get("drawing_sets", revision["drawing_set"]["id"])
    published = {"published_drawings_count": drawing_set["published_drawings_count"] + 1}
    state.update("drawing_sets", drawing_set["id"], published, touch=False, at=at)
    return revision


def _revision_fields(
    site: Site, rng: Random, drawing: Fields, area_id: int | str | None, at: datetime
) -> Fields:
    discipline = next(each for each in site.disciplines if each["id"] == drawing["drawing_discipline_id"])
    number = site.number(f"revision {drawing['id']}") - 1
    return {
        "drawing_id": drawing["id"],
        "number": drawing["number"],
        "title": drawing["title"],
        "revision_number": str(number),
        "current": True,
        "obsolete": False,
        "status": "published",
        "drawing_date": day_text(at, -rng.randint(3, 14)),
        "received_date": day_text(at),
        "updated_at": stamp(at),
        "height": 3024,
        "width": 4320,
        "pdf_size": rng.randint(180_000, 4_000_000),
        "png_size": rng.randint(400_000, 9_000_000),
        "drawing_sketches_count": 0,
        "has_public_markup_layer_elements": False,
        "has_drawing_sketches": False,
        "floorplan": "Plan" in drawing["title"],
        "position": number + 1,
        "connectability_outdated": False,
        "drawing_set": {"id": _set_of(site, at)["id"]},
        "drawing_area": {"id": area_id},
        "discipline": discipline,
        "order_in_drawing": number + 1,
        "custom_fields": {},
    }


def _set_of(site: Site, at: datetime) -> Fields:
    issued = [each for each in site.drawing_sets if each["created_at"] <= stamp(at)]
    return (issued or site.drawing_sets)[-1]
