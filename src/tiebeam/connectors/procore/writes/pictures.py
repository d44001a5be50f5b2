"""Photos in albums and files in folders, found again by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.procore.writes.plan import UPLOAD, Write, of_project

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGES: Final = "/rest/v1.0/images"
_FILES = "/rest/v1.0/files"
FOLDERS: Final = "/rest/v1.0/folders"
DUPLICATE: Final = 409
"""What Procore answers when a folder holds a file of that name."""


def image(project_id: str, name: str, fields: Mapping[str, Any]) -> Write:
    """Return what puts an uploaded photo into an album.

    How the upload is named is documented in two ways, and what is not known is ignored: both are said.
    """
    named = {"upload_uuid": UPLOAD, "image_name": name, "upload": {"uuid": UPLOAD, "image_name": name}}
    return Write("POST", IMAGES, {**named, "image": dict(fields)}, of_project(project_id))


def document(project_id: str, folder_id: str | None, name: str, description: str) -> Write:
    """Return what puts an uploaded file into a folder; None is the first of all."""
    said = {"parent_id": folder_id and int(folder_id), "name": name, "upload_uuid": UPLOAD}
    return Write("POST", _FILES, {"file": {**said, "description": description}}, of_project(project_id))
