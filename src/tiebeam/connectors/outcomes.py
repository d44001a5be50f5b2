"""Answers sorted by what to do about them. A vendor's errors are a table; this reads any such table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tiebeam.connectors.ports import Refusal, RefusalKind, TransportError
from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_TOO_LATE = 408
_SERVER_ERRORS = 500


class Do(StrEnum):
    """What to do about an answer that is no success."""

    RETRY = "retry"
    """Ask again after a growing pause."""
    WAIT_UNTIL = "wait_until"
    """Ask again when the vendor says so."""
    REFRESH = "refresh"
    """Get another token and ask again, once."""
    SKIP = "skip"
    """Leave this part alone and go on elsewhere."""
    BLOCK = "block"
    """Nothing will succeed until a person has acted."""
    STOP = "stop"
    """A fault of ours: asking again would fail in the same way."""


class Place(StrEnum):
    """Where a call was made, which decides what a refusal can mean."""

    COMPANY = "company"
    PROJECT = "project"
    TOOL = "tool"
    """One tool, of a project or of the company."""


class Fault(StrEnum):
    """What was wrong with an answer."""

    REFUSED = "refused"
    """Its status is no success."""
    HTML = "html"
    """A success with a page for people."""
    GARBLED = "garbled"
    """A success that is no JSON: empty, cut short, garbage."""
    SHAPE = "shape"
    """A success with JSON of another shape."""
    NO_ANSWER = "no_answer"
    """None came; the row is found by the error's code."""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One row of an error table. `cause` and `action` are whole sentences, and document the code."""

    code: str
    do: Do
    owner: Owner
    cause: str
    action: str
    statuses: Collection[int] = ()
    """Which statuses it is about; empty: any."""
    says: str = ""
    """A regular expression that the vendor's words must hold, whatever their case; empty: any words."""
    places: tuple[Place, ...] = ()
    """Where; empty: anywhere."""
    fault: Fault = Fault.REFUSED
    kind: RefusalKind = RefusalKind.UNAVAILABLE
    """What the refusal is called when the call is given up."""
    attempts_max: int | None = None
    """For RETRY and WAIT_UNTIL, when fewer than the caller's own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row that matched, with what the vendor said."""

    row: ErrorRow
    said: str = ""
    status: int | None = None
    sent: bool = True
    """False when the request certainly never reached the vendor."""

    @property
    def maybe_done(self) -> bool:
        """Whether what was asked may have been done all the same: the answer is missing or unreadable."""
        status = self.status
        answered_nothing = status is None or status == _TOO_LATE or status >= _SERVER_ERRORS
        return self.sent and (answered_nothing or self.row.fault is not Fault.REFUSED)

    @property
    def cause(self) -> str:
        """The row's sentence and the vendor's own words."""
        return f'{self.row.cause} It said: "{self.said}".' if self.said else self.row.cause

    def refusal(self, calls: int) -> Refusal:
        """Return it as an expected outcome."""
        row = self.row
        return Refusal(
            row.kind,
            row.code,
            self.cause,
            row.action,
            self.status,
            calls,
            row.owner,
            maybe_done=self.maybe_done,
        )

    def error(self) -> VendorError:
        """Return it as an error to raise."""
        return VendorError(self)


class VendorError(TiebeamError):
    """No further call can succeed until somebody acts."""

    def __init__(self, outcome: Outcome) -> None:
        row = outcome.row
        super().__init__(outcome.cause, action=row.action, code=row.code, owner=row.owner)
        self.outcome = outcome


def outcome_of(
    rows: Sequence[ErrorRow], *, status: int, said: str, place: Place, fault: Fault = Fault.REFUSED
) -> Outcome:
    """Return the first row that matches. Raises LookupError when the table is not exhaustive."""
    for row in rows:
        if _matches(row, status, said, place, fault):
            return Outcome(row, said, status)
    raise LookupError(f"no row for status {status}, fault {fault}")


def _matches(row: ErrorRow, status: int, said: str, place: Place, fault: Fault) -> bool:
    return (
        row.fault is fault
        and (not row.statuses or status in row.statuses)
        and (not row.places or place in row.places)
        and (not row.says or re.search(row.says, said, re.IGNORECASE) is not None)
    )


def outcome_of_silence(error: TransportError) -> Outcome:
    """Return the outcome of a call that no answer came to."""
    row = next((row for row in TRANSPORT_ROWS if row.code == error.code), TRANSPORT_ROWS[-1])
    return Outcome(row, error.cause.removeprefix(row.cause).strip(), sent=error.sent)


def transport_error(row: ErrorRow, detail: str, *, sent: bool) -> TransportError:
    """Return the error that a transport raises for a row of TRANSPORT_ROWS."""
    cause = f"{row.cause} {detail}".strip()
    return TransportError(cause, action=row.action, sent=sent, code=row.code, owner=row.owner)


UNKNOWN_HOST = ErrorRow(
    "transport.unknown_host",
    Do.RETRY,
    Owner.OPERATOR,
    "The vendor's host name could not be resolved to an address.",
    "Check the base URL for a typing error and this machine's name resolution (DNS); it is tried again"
    " by itself.",
    fault=Fault.NO_ANSWER,
)
UNREACHABLE = ErrorRow(
    "transport.unreachable",
    Do.RETRY,
    Owner.OPERATOR,
    "No connection to the vendor's host could be made.",
    "Check that this machine may reach the internet (network, firewall, proxy settings); it is tried again"
    " by itself.",
    fault=Fault.NO_ANSWER,
)
PROXY_REFUSED = ErrorRow(
    "transport.proxy",
    Do.RETRY,
    Owner.OPERATOR,
    "The proxy between this machine and the vendor refused the connection.",
    "Check the proxy settings of the environment (HTTPS_PROXY, NO_PROXY) and the proxy's own rules.",
    fault=Fault.NO_ANSWER,
)
BAD_CERTIFICATE = ErrorRow(
    "transport.certificate",
    Do.BLOCK,
    Owner.OPERATOR,
    "The vendor's host did not prove who it is: its TLS certificate was not accepted.",
    "Check this machine's clock and its trusted certificates (SSL_CERT_FILE when a company proxy signs its"
    " own).",
    fault=Fault.NO_ANSWER,
)
TIMED_OUT = ErrorRow(
    "transport.timeout",
    Do.RETRY,
    Owner.NOBODY,
    "The vendor did not answer in time.",
    "Nothing needs to be done: it is tried again by itself.",
    fault=Fault.NO_ANSWER,
)
BROKEN = ErrorRow(
    "transport.broken",
    Do.RETRY,
    Owner.NOBODY,
    "The connection broke before the vendor's answer was complete.",
    "Nothing needs to be done: it is tried again by itself.",
    fault=Fault.NO_ANSWER,
)
TOO_LARGE = ErrorRow(
    "transport.too_large",
    Do.SKIP,
    Owner.OPERATOR,
    "The vendor's answer is larger than this installation accepts.",
    "Raise the limit for the size of an answer, or ask for smaller pages.",
    fault=Fault.NO_ANSWER,
    kind=RefusalKind.UNREADABLE,
)
BAD_ADDRESS = ErrorRow(
    "transport.bad_url",
    Do.BLOCK,
    Owner.OPERATOR,
    "The vendor's address is no URL that can be asked.",
    "Correct the base URL of the connection: it starts with https:// and holds a host name.",
    fault=Fault.NO_ANSWER,
)
FAILED = ErrorRow(
    "transport.failed",
    Do.RETRY,
    Owner.NOBODY,
    "The vendor could not be asked.",
    "Nothing needs to be done at once: it is tried again by itself. If it lasts, check the network.",
    fault=Fault.NO_ANSWER,
)

TRANSPORT_ROWS = (
    UNKNOWN_HOST,
    UNREACHABLE,
    PROXY_REFUSED,
    BAD_CERTIFICATE,
    TIMED_OUT,
    BROKEN,
    TOO_LARGE,
    BAD_ADDRESS,
    FAILED,
)
