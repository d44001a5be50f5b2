"""Photos in their albums, and the tree of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.company.cast import trade_ref
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.company.site import Fields, Site

_ALBUMS = ("Unclassified", "Progress", "Safety", "Deficiencies", "Aerial", "Closeout")
_FOLDERS = (
    "01 Contracts",
    "02 Permits",
    "03 Reports",
    "04 Meeting Minutes",
    "05 Safety",
    "06 Closeout",
    "07 Photos",
)
_FILES = (
    ("Geotechnical report", "pdf"),
    ("Building permit", "pdf"),
    ("Insurance certificate", "pdf"),
    ("Site logistics plan", "dwg"),
    ("Cost forecast", "xlsx"),
    ("Weekly report", "docx"),
    ("Crane lift plan", "pdf"),
)
_KINDS = {"pdf": "application/pdf", "dwg": "image/vnd.dwg"}


def open_albums(site: Site, count: int, at: datetime) -> None:
    """Image categories."""
    for index in range(count):
        fields = {
            "name": _ALBUMS[index % len(_ALBUMS)],
            "count": 0,
            "cover_photo": None,
            "private": index == 3,
            "position": index + 1,
            "updated_at": stamp(at),
        }
        site.categories.append(site.insert("image_categories", fields, at))


def take_photo(site: Site, rng: Random, at: datetime) -> Fields:
    """A photo of the site in one of the albums."""
    album = site.categories[int(len(site.categories) * rng.random() ** 1.5)]
    firm, number = site.firm(rng), site.number("photo")
    fields = {
        "filename": f"IMG_{number:05d}.jpg",
        "size": rng.randint(300_000, 7_000_000),
        "description": rng.choice(firm.trade.work) if firm.trade and rng.random() < 0.6 else None,
        "taken_at": stamp(at),
        "updated_at": stamp(at),
        "location": site.location(rng),
        "image_category_id": album["id"],
        "image_category_name": album["name"],
        "image_category_private": album["private"],
        "permanently_deleted": False,
        "private": rng.random() < 0.02,
        "projection": "360" if rng.random() < 0.03 else "regular",
        "starred": rng.random() < 0.05,
        "width": 4032,
        "height": 3024,
        "origin_id": None,
        "daily_log_header_id": site.headers.get(site.local(at).date().isoformat()),
        "daily_log_segment_id": None,
        "daily_log_segment": None,
        "gps_lat": f"{rng.uniform(26, 45):.6f}",
        "gps_long": f"{rng.uniform(-122, -80):.6f}",
        "uploader": site.staff_ref(rng),
        "trades": [trade_ref(firm.trade)] if firm.trade else [],
        "comments_count": 0,
    }
    photo = site.insert("images", fields, at)
    held = site.state.get("image_categories", album["id"])["count"] + 1
    site.state.update("image_categories", album["id"], {"count": held}, touch=False, at=at)
    return photo


def file_document(site: Site, rng: Random, at: datetime) -> Fields:
    """A file in one of the folders, or now and then a further folder."""
    if not site.folders or (len(site.folders) < len(_FOLDERS) and rng.random() < 0.15):
        return _add_folder(site, at)
    folder = rng.choice(site.folders)
    (title, ending), number = rng.choice(_FILES), site.number("document")
    name = f"{title} {number:03d}.{ending}"
    author = site.staff_ref(rng)
    content = {
        "checked_out_by": None,
        "checked_out_until": None,
        "description": title,
        "file_type": ending,
        "current_version": {
            "id": site.sub_id(),
            "file_id": None,
            "notes": None,
            "number": 1,
            "size": rng.randint(20_000, 9_000_000),
            "created_at": stamp(at),
            "created_by": author,
            "content_type": _KINDS.get(ending, "application/octet-stream"),
        },
    }
    fields = {
        **_document_fields(at, author, name),
        "document_type": "file",
        "parent_id": folder["id"],
        "file": content,
    }
    fields["name_with_path"] = f"{folder['name_with_path']}/{name}"
    return site.insert("documents", fields, at)


def _add_folder(site: Site, at: datetime) -> Fields:
    name = _FOLDERS[len(site.folders)]
    fields = {
        **_document_fields(at, site.job.project_manager.ref, name),
        "document_type": "folder",
        "parent_id": None,
        "file": None,
    }
    fields["children"] = {"has_children": True, "has_children_files": True, "has_children_folders": False}
    fields["name_with_path"] = f"{site.job.name}/{name}"
    folder = site.insert("documents", fields, at)
    site.folders.append({"id": folder["id"], "name": name, "name_with_path": fields["name_with_path"]})
    return folder


def _document_fields(at: datetime, author: Fields, name: str) -> Fields:
    return {
        "name": name,
        "name_with_path": name,
        "created_by": author,
        "updated_at": stamp(at),
        "read_only": False,
        "is_deleted": False,
        "is_tracked": False,
        "private": False,
        "private_parent": None,
        "tracked_folder": None,
        "children": {"has_children": False, "has_children_files": False, "has_children_folders": False},
        "custom_fields": {},
    }


def new_version(site: Site, rng: Random, document: Fields, at: datetime) -> Fields:
    """What changes with a further version of a file."""
    content = dict(document["file"])
    before = content["current_version"]
    content["current_version"] = {
        **before,
        "id": site.sub_id(),
        "number": before["number"] + 1,
        "size": rng.randint(20_000, 9_000_000),
        "created_at": stamp(at),
        "created_by": site.staff_ref(rng),
    }
    return {"file": content}
