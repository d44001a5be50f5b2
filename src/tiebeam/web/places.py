"""What projects and kinds of record are called, for who may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tiebeam.connectors.streams import Scope
from tiebeam.kernel.errors import BadInputError
from tiebeam.replicate.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.web.call import Call, Viewer

TITLES: Final[Mapping[str, str]] = {stream.name: stream.title for stream in STREAMS}


@dataclass(frozen=True, slots=True)
class Places:
    """The projects that somebody sees, and their names."""

    viewer: Viewer
    names: Mapping[str, str]

    def where(self, scope_text: str) -> str:
        """Return what a scope lies in, in words."""
        return self.project(Scope.parse(scope_text).project_id)

    def project(self, project_id: str | None) -> str:
        """Return what a project is called, in words; None is the company itself."""
        return "The company" if project_id is None else self.names.get(project_id, f"Project {project_id}")

    def sees(self, scope_text: str) -> bool:
        """Say whether they see what lies in a scope."""
        return self.viewer.sees(Scope.parse(scope_text).project_id)

    def kind(self, stream: str) -> str:
        """Return what a kind of record is called."""
        return TITLES.get(stream, stream)

    def chosen(self, project_id: str) -> str | None:
        """Return a project that somebody named, None for an empty name. Raises BadInputError."""
        if not project_id:
            return None
        if project_id not in self.names:
            raise BadInputError(
                "There is no such project among those you see.", action="Choose one of the list."
            )
        return project_id


async def places(call: Call) -> Places:
    """Return the projects that the viewer sees, of all connections, by name."""
    app = await call.app()
    names = dict(await app.records().names("procore.projects"))
    return Places(call.viewer, {key: name for key, name in names.items() if call.viewer.sees(key)})
