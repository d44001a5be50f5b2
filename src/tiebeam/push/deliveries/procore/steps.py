"""Writes as steps: exactly what is sent, and enough to find it again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.procore.writes import pictures
from tiebeam.connectors.procore.writes.plan import Write
from tiebeam.push.deliveries.procore.words import file_name
from tiebeam.push.model import RECEIPT, PlannedStep

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tiebeam.push.deliveries.procore.facts import Choices
    from tiebeam.push.model import Attachment, Paper

PDF: Final = "application/pdf"
PLACE: Final = "{made}"
"""Stands in a path for the id of what the step makes that is needed."""


OF_PACKAGE: Final = "{of the package}"
"""Stands in a path for the id of the order that a package came with, which is looked for when it is sent."""


class Made(StrEnum):
    """What a step makes; the kind of its step, by which it is looked for."""

    ENTRY = "tm_entry"
    LABOUR = "tm_labour"
    MATERIALS = "tm_materials"
    EQUIPMENT = "tm_equipment"
    ATTACHMENT = "tm_attachment"
    CHANGE_EVENT = "tm_change_event"
    ORDER = "change_order"
    ORDER_LINES = "change_order_lines"
    ORDER_EVENT = "change_order_event"
    PACKAGE = "change_order_package"
    PACKAGE_ORDER = "change_order_of_package"
    REQUEST = "change_order_request"
    INTO_REQUEST = "change_order_into_request"
    INTO_PACKAGE = "change_order_into_package"
    DOCUMENT = "document"
    IMAGE = "image"
    LOG = "daily_log"


@dataclass(frozen=True, slots=True)
class Named:
    """A file of a paper under the name that it has in Procore."""

    attachment: Attachment
    name: str


def step(
    name: str,
    made: Made,
    write: Write,
    *,
    needs: str | tuple[str, ...] = (),
    file: Named | None = None,
    best_effort: bool = False,
) -> PlannedStep:
    """Return a step that makes one write, after the upload of a file where there is one.

    `PLACE` in the path stands for the id of what the first of `needs` makes.
    """
    needed = (needs,) if isinstance(needs, str) else needs
    payload: dict[str, Any] = {
        "method": write.method,
        "path": _pieces(write.path, needed),
        "query": dict(write.query),
        "body": dict(write.body),
    }
    if file is not None:
        payload["file"] = {
            "attachment": str(file.attachment.id),
            "name": file.name,
            "media_type": file.attachment.media_type,
            "sha256": file.attachment.sha256,
        }
    return PlannedStep(name, made.value, needed, payload, best_effort)


def _pieces(path: str, needs: tuple[str, ...]) -> str | list[Any]:
    head, place, tail = path.partition(PLACE)
    return [head, receipt(needs[0]), tail] if place and needs else path


def receipt(name: str) -> dict[str, str]:
    """Return what stands in a payload for the id of what a step makes."""
    return {RECEIPT: name}


def write_of(payload: Mapping[str, Any]) -> Write:
    """Return the write of a payload whose placeholders are filled in."""
    path = payload["path"]
    return Write(
        payload["method"],
        path if isinstance(path, str) else "".join(path),
        _numbered(payload["body"]),
        tuple(payload["query"].items()),
    )


def _numbered(value: Any, name: str = "") -> Any:
    """Return a body whose ids are numbers: a receipt holds them as text."""
    if isinstance(value, dict):
        return {key: _numbered(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_numbered(inner, name) for inner in value]
    if isinstance(value, str) and name.endswith(("_id", "_ids")) and value.isascii() and value.isdigit():
        return int(value)
    return value


def papers_of(paper: Paper) -> list[Named]:
    """Return the PDFs of a paper."""
    return _named(paper, (one for one in paper.attachments if one.media_type == PDF))


def photos_of(paper: Paper) -> list[Named]:
    """Return everything else that belongs to it."""
    return _named(paper, (one for one in paper.attachments if one.media_type != PDF))


def _named(paper: Paper, attachments: Iterable[Attachment]) -> list[Named]:
    return [Named(one, file_name(paper, one)) for one in attachments]


def documents(paper: Paper, choices: Choices, said: str) -> list[PlannedStep]:
    """Return what puts the PDFs of a paper among the project's documents."""
    folder_id = str(choices.folder_id) if choices.folder_id else None
    return [
        step(
            f"document-{number}",
            Made.DOCUMENT,
            pictures.document(paper.project, folder_id, file.name, said),
            file=file,
        )
        for number, file in enumerate(papers_of(paper), 1)
    ]


def images(
    paper: Paper, choices: Choices, said: str, *, day: str | None = None, best_effort: bool = True
) -> list[PlannedStep]:
    """Return what puts the photos of a paper into the tenant's album."""
    fields: dict[str, Any] = {"description": said}
    if choices.album_id is not None:
        fields["image_category_id"] = choices.album_id
    if day is not None:
        fields["log_date"] = day
    return [
        step(
            f"photo-{photo.attachment.id}",
            Made.IMAGE,
            pictures.image(paper.project, photo.name, fields),
            file=photo,
            best_effort=best_effort,
        )
        for photo in photos_of(paper)
    ]
