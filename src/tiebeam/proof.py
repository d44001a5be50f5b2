"""A company's evidence: what is known of its items, and whether all of it is as it was noted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiebeam.capture import Capture
from tiebeam.field.evidence.repository import DOCUMENT, FieldWitness
from tiebeam.operations.audit.dossier.desk import Dossiers
from tiebeam.operations.audit.model import Actor
from tiebeam.push.evidence.repository import PushWitness

if TYPE_CHECKING:
    from tiebeam.app import App
    from tiebeam.operations.audit.anchors.model import Anchor


@dataclass(frozen=True, slots=True)
class Proof:
    """One tenant's evidence."""

    app: App

    def dossiers(self) -> Dossiers:
        """Return what makes dossiers, and looks whether what is in them holds."""
        app, capture = self.app, Capture(self.app)
        captured = FieldWitness(app.store, capture.documents(), capture.photos())
        return Dossiers(
            app.evidence, app.clock, app.tenant.id, app.tenant.name, witnesses=[captured, self._sent()]
        )

    async def anchor(self) -> Anchor | None:
        """Record what was sent since the last time, and sign where the audit trail ends.

        Raises TrailBrokenError, and signs nothing, when the trail is not as it was written.
        """
        await self._sent().record(Actor.system())
        return await self.app.evidence.anchor(self.app.tenant.id)

    def _sent(self) -> PushWitness:
        return PushWitness(self.app.store, self.app.tenant.id, DOCUMENT)
