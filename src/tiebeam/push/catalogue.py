"""What can keep a document from its target: a table that pages, the API and the docs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tiebeam.kernel.errors import Owner
from tiebeam.push.model import Blocked

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Entry:
    """What a code means whoever meets it; what happened this time is told with the document itself."""

    cause: str
    owner: Owner
    action: str


CATALOGUE: Final[Mapping[str, Entry]] = {
    "push.busy": Entry(
        "The target was overloaded, down or could not be reached, and nothing was done.",
        Owner.NOBODY,
        "Nothing: it is tried again by itself, for more than a day.",
    ),
    "push.uncertain": Entry(
        "No answer came to a write, so it may have been done.",
        Owner.NOBODY,
        "Nothing: it is looked for in the target, and sent again only if it is not there.",
    ),
    "push.rejected": Entry(
        "The target refused what was sent, and nothing was done.",
        Owner.ADMIN,
        "Mend what the target's own words name, then send it again.",
    ),
    "push.not_connected": Entry(
        "The connection to the target is gone: revoked, or not allowed any more.",
        Owner.ADMIN,
        "Connect it again in the settings; what waits goes on by itself.",
    ),
    "push.no_target": Entry(
        "The target that the document was to be sent to is not set up here.",
        Owner.ADMIN,
        "Set the target up again, then send it again.",
    ),
    "push.not_ready": Entry(
        "The document is not approved, or was taken back.",
        Owner.OFFICE,
        "Approve it: it then goes on by itself.",
    ),
    "push.project_not_mapped": Entry(
        "Nobody has said which project of the target this one is.",
        Owner.ADMIN,
        "Map the project in the settings of the integration, then send the document again.",
    ),
    "push.waits": Entry(
        "Something that the document needs is not there yet.",
        Owner.OFFICE,
        "Nothing, or what the reason beside the document names; it goes on by itself.",
    ),
    "push.sent_part_changed": Entry(
        "A part of the document was sent before the document was edited, and would be different now.",
        Owner.OFFICE,
        "Take the edit back; or correct that part in the target and press Keep what was sent.",
    ),
    "push.given_up": Entry(
        "The target was tried for more than a day.",
        Owner.ADMIN,
        "See whether the target works, then send it again.",
    ),
    "push.fault": Entry(
        "The write ended in an error that nobody foresaw.",
        Owner.DEVELOPER,
        "Report it with its correlation id. It is looked for before anything is sent again.",
    ),
}
"""By code. A target has its own codes besides, each with its words."""


def trouble(code: str, what: str = "") -> Blocked:
    """Return an entry as the trouble of one document, with `what` it was this time."""
    entry = CATALOGUE[code]
    cause = f"{entry.cause} ({what})" if what else entry.cause
    return Blocked(code, cause, entry.owner, entry.action)
