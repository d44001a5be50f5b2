"""monday.com's errors: what each means, who can mend it, what to do.

What it says begins with its code: `COMPLEXITY_BUDGET_EXHAUSTED: …`.
"""

from __future__ import annotations

from tiebeam.connectors.outcomes import Do, ErrorRow
from tiebeam.connectors.plain_errors import CLIENT_ERRORS, no_turn_row, plain_rows
from tiebeam.connectors.ports import RefusalKind
from tiebeam.kernel.errors import Owner

QUERY_TOO_LARGE = "monday.query_too_large"
COLUMN_GONE = "monday.column_gone"
CURSOR_OLD = "monday.cursor_old"


ROWS = (
    ErrorRow(
        "monday.token_refused",
        Do.REFRESH,
        Owner.ADMIN,
        "monday.com refused the access token, and a fresh one as well.",
        "Connect monday.com again with a token of the user that Tiebeam acts as.",
        says=r"^(Not Authenticated|UserUnauthenticated|UNAUTHENTICATED)",
        kind=RefusalKind.FORBIDDEN,
    ),
    ErrorRow(
        "monday.token_refused",
        Do.REFRESH,
        Owner.ADMIN,
        "monday.com refused the access token, and a fresh one as well.",
        "Connect monday.com again with a token of the user that Tiebeam acts as.",
        statuses=(401,),
        kind=RefusalKind.FORBIDDEN,
    ),
    ErrorRow(
        "monday.daily_limit",
        Do.WAIT_UNTIL,
        Owner.ADMIN,
        "The calls that monday.com allows in a day are used up.",
        "Nothing needs to be done: it goes on after midnight (UTC). If it happens often, read less often or"
        " take a larger plan.",
        says=r"^DAILY_LIMIT_EXCEEDED",
        attempts_max=1,
    ),
    ErrorRow(
        QUERY_TOO_LARGE,
        Do.SKIP,
        Owner.NOBODY,
        "monday.com finds that too much was asked for at once.",
        "Nothing needs to be done: less is asked for at a time.",
        says=r"^ComplexityException.*(exceeds the max|max(imum)? (query )?complexity)",
        kind=RefusalKind.BAD_REQUEST,
    ),
    ErrorRow(
        "monday.limited",
        Do.WAIT_UNTIL,
        Owner.NOBODY,
        "More was asked of monday.com than it allows for the moment.",
        "Nothing needs to be done: it is tried again when monday.com says so.",
        says=r"^(COMPLEXITY_BUDGET_EXHAUSTED|ComplexityException|RATE_LIMIT_EXCEEDED|IP_RATE_LIMIT_EXCEEDED"
        r"|maxConcurrencyExceeded|CONCURRENCY_LIMIT_EXCEEDED)",
    ),
    ErrorRow(
        "monday.limited",
        Do.WAIT_UNTIL,
        Owner.NOBODY,
        "More was asked of monday.com than it allows for the moment.",
        "Nothing needs to be done: it is tried again when monday.com says so.",
        statuses=(429,),
    ),
    ErrorRow(
        "monday.forbidden",
        Do.SKIP,
        Owner.ADMIN,
        "monday.com forbids this to the user that Tiebeam acts as.",
        "Invite that user to the board, with the right to edit it.",
        says=r"^(UserUnauthorized|USER_UNAUTHORIZED|USER_ACCESS_DENIED|missingRequiredPermissions)",
        kind=RefusalKind.FORBIDDEN,
    ),
    ErrorRow(
        "monday.forbidden",
        Do.SKIP,
        Owner.ADMIN,
        "monday.com forbids this to the user that Tiebeam acts as.",
        "Invite that user to the board, with the right to edit it.",
        statuses=(403,),
        kind=RefusalKind.FORBIDDEN,
    ),
    ErrorRow(
        "monday.not_found",
        Do.SKIP,
        Owner.ADMIN,
        "The board, the group or the item is not in monday.com any more, or not to be seen by the user that"
        " Tiebeam acts as.",
        "If it should be there, restore it in monday.com or invite that user to the board.",
        says=r"^(InvalidBoardId|InvalidItemId|InvalidGroupId|ResourceNotFound|ItemNotFound)",
        kind=RefusalKind.NOT_FOUND,
    ),
    ErrorRow(
        COLUMN_GONE,
        Do.SKIP,
        Owner.ADMIN,
        "The board has no such column any more.",
        "Choose on the settings of the link which column is meant.",
        says=r"^InvalidColumnId",
        kind=RefusalKind.BAD_REQUEST,
    ),
    ErrorRow(
        "monday.label_unknown",
        Do.SKIP,
        Owner.ADMIN,
        "The column in monday.com has no such label.",
        "Add the label to the column there, or say in the settings of the link which label is meant.",
        says=r"^ColumnValueException.*\blabel\b",
        kind=RefusalKind.BAD_REQUEST,
    ),
    ErrorRow(
        "monday.value_refused",
        Do.SKIP,
        Owner.ADMIN,
        "monday.com does not take this value into the column.",
        "Correct what monday.com names, then sync again.",
        says=r"^(ColumnValueException|CorrectedValueException|InvalidArgumentException|ItemName|JsonParse)",
        kind=RefusalKind.BAD_REQUEST,
    ),
    ErrorRow(
        CURSOR_OLD,
        Do.SKIP,
        Owner.NOBODY,
        "The place in a board's list that was to be gone on from is not kept any more.",
        "Nothing needs to be done: the board is read again from its beginning.",
        says=r"^Cursor",
        kind=RefusalKind.BAD_REQUEST,
    ),
    ErrorRow(
        "monday.challenge_failed",
        Do.SKIP,
        Owner.OPERATOR,
        "monday.com could not reach Tiebeam at the address for its webhooks.",
        "Check that the public address of Tiebeam can be reached from the internet; until then changes are"
        " found by polling.",
        says=r"^FailedChallenge",
        kind=RefusalKind.BAD_REQUEST,
    ),
    ErrorRow(
        "monday.query_refused",
        Do.STOP,
        Owner.DEVELOPER,
        "monday.com does not understand what it was asked.",
        "Report this as a fault of Tiebeam: monday.com's API has changed.",
        says=r"^(GRAPHQL|graphql|undefinedField|ParseError|Parse error|argumentNotAccepted)",
        kind=RefusalKind.BAD_REQUEST,
    ),
    *plain_rows("monday", "monday.com", refused=(200, *CLIENT_ERRORS)),
)

NO_TURN = no_turn_row("monday", "monday.com")

VALUE_UNFIT = ErrorRow(
    "monday.value_unfit",
    Do.SKIP,
    Owner.ADMIN,
    "A column in monday.com cannot hold the value: nothing was sent.",
    "Change the value, or say in the settings of the link what it means in monday.com.",
    kind=RefusalKind.BAD_REQUEST,
)

WRITE_ROWS = (NO_TURN, VALUE_UNFIT)
"""What can become of a write besides."""
