"""What can keep a paper from Procore and what to do about it: rows of the error catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tiebeam.kernel.errors import Owner
from tiebeam.push.catalogue import Entry
from tiebeam.push.errors import RejectedError
from tiebeam.push.model import Blocked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.push.model import Paper

CONTRACT_MISSING: Final = "procore.contract_missing"
CONTRACT_UNKNOWN: Final = "procore.contract_unknown"
COST_CODE_UNKNOWN: Final = "procore.cost_code_unknown"
COST_CODE_NOT_BUDGETED: Final = "procore.cost_code_not_budgeted"
CHANGE_EVENT_UNKNOWN: Final = "procore.change_event_unknown"
EVENT_NOT_TIED: Final = "procore.change_event_not_tied"
ORDERS_ALIKE: Final = "procore.orders_alike"
NOT_SENT: Final = "procore.kind_not_sent"
FILE_EMPTY: Final = "procore.file_empty"
FILE_TYPE: Final = "procore.file_type"
FILE_MISSING: Final = "procore.file_missing"
LINES_IN_PART: Final = "procore.lines_in_part"
LINES_STALE: Final = "procore.lines_stale"
TICKETS_OFF: Final = "procore.tickets_off"
NAME_TAKEN: Final = "procore.name_taken"

CATALOGUE: Final[Mapping[str, Entry]] = {
    CONTRACT_MISSING: Entry(
        "A change order request names no contract, and the project has none, or several.",
        Owner.OFFICE,
        "Choose the contract on the change order request, then send it again. If there is none to choose, a"
        " prime contract has to be made in Procore first.",
    ),
    CONTRACT_UNKNOWN: Entry(
        "A change order request names a contract that the project does not have.",
        Owner.OFFICE,
        "Choose another contract on the change order request, then send it again.",
    ),
    COST_CODE_UNKNOWN: Entry(
        "A cost code is not one of the project's in Procore.",
        Owner.OFFICE,
        "Choose a cost code that the project has, or have it added in Procore, then send it again.",
    ),
    COST_CODE_NOT_BUDGETED: Entry(
        "A cost code is not in the project's budget in Procore.",
        Owner.OFFICE,
        "Choose a cost code that is in the budget, or have it added to the budget in Procore, then send it"
        " again.",
    ),
    CHANGE_EVENT_UNKNOWN: Entry(
        "A change event is not one of the project's in Procore, or was deleted there.",
        Owner.OFFICE,
        "Choose another change event, or none yet, then send it again.",
    ),
    EVENT_NOT_TIED: Entry(
        "A ticket was sent as a document, which Procore ties to no change event.",
        Owner.OFFICE,
        "Name the document in the change event in Procore by hand.",
    ),
    ORDERS_ALIKE: Entry(
        "A package's potential change order cannot be told from others of the same title.",
        Owner.OFFICE,
        "Rename or void the other ones in Procore, then send it again.",
    ),
    NOT_SENT: Entry(
        "Papers of this kind stay in Tiebeam: Procore has no place for them.",
        Owner.NOBODY,
        "Nothing.",
    ),
    FILE_EMPTY: Entry(
        "A photo holds no bytes: there is nothing to send.",
        Owner.OFFICE,
        "Take the photo again, or take it out of the document. Everything else is sent.",
    ),
    FILE_TYPE: Entry(
        "A file is no picture that Procore shows.",
        Owner.OFFICE,
        "Take the file out, or attach it as JPEG, PNG, WebP or HEIC. Everything else is sent.",
    ),
    FILE_MISSING: Entry(
        "A file that was planned to be sent does not belong to the document any more.",
        Owner.OFFICE,
        "Nothing if it was taken out on purpose; else put it back into the document and send it again.",
    ),
    LINES_IN_PART: Entry(
        "Procore holds some of a ticket's lines of one kind, and not all of them.",
        Owner.OFFICE,
        "Delete these lines from the ticket in Procore: all of them are then sent again by themselves.",
    ),
    LINES_STALE: Entry(
        "Procore holds lines of a change order request that were taken out of it here.",
        Owner.OFFICE,
        "Delete these lines from the potential change order in Procore: the rest is then sent by itself.",
    ),
    TICKETS_OFF: Entry(
        "The T&M tool is switched off in the project in Procore, or this connection may not write to it.",
        Owner.ADMIN,
        "Switch the tool on in the project's settings in Procore, or have tickets sent as documents"
        " (Settings, Integrations, Procore); then send the ticket again.",
    ),
    NAME_TAKEN: Entry(
        "Procore's folder holds another file of that name.",
        Owner.OFFICE,
        "Rename the file in Procore's Documents, then send it again.",
    ),
}
"""By code; what Procore itself refuses has the codes of its own error table."""


def blocked(code: str, paper: Paper, cause: str, *, field: str | None = None) -> Blocked:
    """Return why a paper cannot be sent, with who can mend it, how and where."""
    entry = CATALOGUE[code]
    return Blocked(code, cause, entry.owner, entry.action, field, f"/field/{paper.id}")


def rejected(code: str, paper: Paper, cause: str | None = None, *, field: str | None = None) -> RejectedError:
    """Return the same as an error to raise while sending."""
    entry = CATALOGUE[code]
    return RejectedError(
        cause or entry.cause,
        action=entry.action,
        code=code,
        owner=entry.owner,
        field=field,
        fix=f"/field/{paper.id}",
    )
