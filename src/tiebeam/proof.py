"""A company's evidence: what is known of its items, and whether all of it is as it was noted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tiebeam.capture import Capture
from tiebeam.field.evidence.repository import DOCUMENT, FieldWitness
from tiebeam.operations.alerts.model import Finding, Severity
from tiebeam.operations.audit.dossier.desk import Dossiers
from tiebeam.operations.audit.model import Actor
from tiebeam.push.evidence.repository import PushWitness

if TYPE_CHECKING:
    from tiebeam.app import App
    from tiebeam.operations.audit.anchors.model import Anchor

CHANGED: Final = "evidence_changed"
"""The rule of the alert that is raised when what was noted once is not so any more."""


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

        Anything that is not as it was noted becomes an alert. Raises TrailBrokenError, and signs nothing,
        when it is the trail itself.
        """
        app = self.app
        await self._sent().record(Actor.system())
        fault = (await self.dossiers().prove()).fault
        await app.alert_desk().report(app.tenant.id, [_found(fault)] if fault else [], rules=[CHANGED])
        return await app.evidence.anchor(app.tenant.id)

    def _sent(self) -> PushWitness:
        return PushWitness(self.app.store, self.app.tenant.id, DOCUMENT)


def _found(fault: str) -> Finding:
    return Finding(
        CHANGED,
        "audit:trail",
        Severity.CRITICAL,
        f"Evidence was changed in the database: {fault}.",
        "Keep a copy of the database as it is, compare it with a backup, and find out who wrote to it.",
    )
