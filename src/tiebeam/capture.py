"""A company's field work: what captures, keeps and reviews it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiebeam.field.events.repository import LaterEvents
from tiebeam.field.paper.printer import Printer
from tiebeam.field.photos.repository import Photos
from tiebeam.field.photos.shelf import FolderShelf
from tiebeam.field.projects.repository import Projects
from tiebeam.field.repository import Documents

if TYPE_CHECKING:
    from tiebeam.app import App


@dataclass(frozen=True, slots=True)
class Capture:
    """One tenant's field work. It works whatever becomes of any integration."""

    app: App

    def documents(self) -> Documents:
        """Return the documents."""
        return Documents(self.app.store, self.app.tenant.id)

    def events(self) -> LaterEvents:
        """Return the change events that were chosen beside documents."""
        return LaterEvents(self.app.store, self.app.tenant.id)

    def photos(self) -> Photos:
        """Return the photos."""
        return Photos(self.app.store, self.app.tenant.id, self.shelf())

    def shelf(self) -> FolderShelf:
        """Return where the originals of the photos lie."""
        return FolderShelf(self.app.settings.data / "photos" / str(self.app.tenant.id))

    def printer(self) -> Printer:
        """Return what makes papers of documents."""
        return Printer(self.app.tenant.name, self.documents(), self.photos(), self.projects())

    def projects(self) -> Projects:
        """Return our own projects, crews and cost codes."""
        return Projects(self.app.store, self.app.tenant.id)
