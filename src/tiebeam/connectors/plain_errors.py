"""Errors that any vendor can answer with, in the same words for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.connectors.outcomes import Do, ErrorRow, Fault
from tiebeam.connectors.ports import RefusalKind
from tiebeam.kernel.errors import Owner

if TYPE_CHECKING:
    from collections.abc import Collection

CLIENT_ERRORS = range(400, 500)
SERVER_ERRORS = range(500, 600)


def plain_rows(
    code: str, vendor: str, *, refused: Collection[int] = CLIENT_ERRORS, address: str = "base URL"
) -> tuple[ErrorRow, ...]:
    """Return the last rows of a vendor's table: what no other row knows, and answers that cannot be read.

    `code` begins their codes; `refused` are the statuses of a call that is not accepted; `address` names what
    of the connection says where the vendor is.
    """
    return (
        ErrorRow(
            f"{code}.server_error",
            Do.RETRY,
            Owner.NOBODY,
            f"{vendor} failed to answer: a fault on its side.",
            "Nothing needs to be done: it is tried again by itself. If it lasts, see"
            f" {vendor}'s status page.",
            statuses=SERVER_ERRORS,
        ),
        ErrorRow(
            f"{code}.bad_request",
            Do.SKIP,
            Owner.DEVELOPER,
            f"{vendor} does not accept what it was asked.",
            f"Report this as a fault of Tiebeam, with what {vendor} said.",
            statuses=refused,
            kind=RefusalKind.BAD_REQUEST,
        ),
        ErrorRow(
            f"{code}.redirected",
            Do.BLOCK,
            Owner.OPERATOR,
            f"The address of {vendor}'s API leads elsewhere: it answered with a redirect or an odd status.",
            f"Check the {address} of the connection, and that no gateway asks for a sign-in.",
        ),
        *_unreadable_rows(code, vendor),
    )


def no_turn_row(code: str, vendor: str) -> ErrorRow:
    """Return the row of a call that the rates had no room for in time."""
    return ErrorRow(
        f"{code}.no_turn",
        Do.WAIT_UNTIL,
        Owner.NOBODY,
        f"Among the calls that {vendor} allows there was none left for this one in time.",
        "Nothing needs to be done: it is tried again by itself.",
    )


def _unreadable_rows(code: str, vendor: str) -> tuple[ErrorRow, ...]:
    return (
        ErrorRow(
            f"{code}.html_answer",
            Do.RETRY,
            Owner.OPERATOR,
            "A web page came where data was promised.",
            "It is tried again by itself. If it lasts, check that the base URL is the API's and that no"
            " gateway or maintenance page stands before it.",
            fault=Fault.HTML,
            kind=RefusalKind.UNREADABLE,
            attempts_max=3,
        ),
        ErrorRow(
            f"{code}.garbled_answer",
            Do.RETRY,
            Owner.NOBODY,
            "The answer was empty, cut short or garbled.",
            "Nothing needs to be done at once: it is tried again by itself. If it lasts, report it to"
            f" {vendor}.",
            fault=Fault.GARBLED,
            kind=RefusalKind.UNREADABLE,
            attempts_max=3,
        ),
        ErrorRow(
            f"{code}.wrong_shape",
            Do.RETRY,
            Owner.DEVELOPER,
            f"The answer has another form than {vendor} documents.",
            f"It is tried again by itself. If it lasts, report it as a fault of Tiebeam: {vendor}'s API"
            " has changed.",
            fault=Fault.SHAPE,
            kind=RefusalKind.UNREADABLE,
            attempts_max=2,
        ),
    )
