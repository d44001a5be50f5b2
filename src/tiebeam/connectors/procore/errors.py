"""Procore's errors: what each means, who can mend it, what to do."""

from __future__ import annotations

from tiebeam.connectors.outcomes import Do, ErrorRow, Place
from tiebeam.connectors.plain_errors import CLIENT_ERRORS, no_turn_row, plain_rows
from tiebeam.connectors.ports import RefusalKind
from tiebeam.kernel.errors import Owner

PAGE_TOO_LARGE = "procore.page_too_large"
WINDOW_TOO_LONG = "procore.window_too_long"

_DAYS = r"\b(date|days?|range|window|period|log_date|start_date|end_date)\b"
_TOO_LONG = (
    r"(exceed|too (long|large|wide|many)|(longer|greater|more) than|max(imum)?\b|at most|limit(ed)? to|up to)"
)

ROWS = (
    ErrorRow(
        "procore.company_header_missing",
        Do.STOP,
        Owner.DEVELOPER,
        "Procore was asked without saying for which company.",
        "Report this as a fault of Tiebeam, with the command that led to it.",
        statuses=CLIENT_ERRORS,
        says=r"missing.*procore-company-id|procore-company-id.*(missing|required)",
    ),
    ErrorRow(
        "procore.token_refused",
        Do.REFRESH,
        Owner.ADMIN,
        "Procore refused the access token, and a fresh one as well.",
        "Connect the company to Procore again; until then nothing is read.",
        statuses=(401,),
        kind=RefusalKind.FORBIDDEN,
    ),
    ErrorRow(
        "procore.app_not_connected",
        Do.BLOCK,
        Owner.ADMIN,
        "The app is not connected to this company in Procore.",
        "A company administrator installs it in Procore under Company Admin, App Management.",
        statuses=(403,),
        says=r"(app|application|client|integration)\b.*\b(not|isn't|no longer)\b"
        r".*\b(connected|installed|authori[sz]ed)",
        kind=RefusalKind.FORBIDDEN,
    ),
    ErrorRow(
        "procore.tool_off",
        Do.SKIP,
        Owner.ADMIN,
        "The tool is switched off in this project, or not granted to this connection.",
        "If it should be read, switch the tool on in the project's settings and grant read access to it;"
        " it is looked at again once a day.",
        statuses=(403,),
        says=r"\b(tool|module|feature)\b|not enabled|disabled",
        places=(Place.TOOL,),
        kind=RefusalKind.TOOL_OFF,
    ),
    ErrorRow(
        "procore.company_not_permitted",
        Do.BLOCK,
        Owner.ADMIN,
        "This connection may not enter the company.",
        "Check in Procore that the user belongs to the company, or that the app is installed in it; then"
        " connect again.",
        statuses=(403,),
        says=r"(access|permission|permitted|enter|member)\b[^.]{0,40}\bcompany\b(?!')",
        kind=RefusalKind.FORBIDDEN,
    ),
    ErrorRow(
        "procore.project_not_permitted",
        Do.SKIP,
        Owner.ADMIN,
        "This connection may not enter the project.",
        "In Procore, add the project to the app's permitted projects (service account) or the user to the"
        " project's directory.",
        statuses=(403,),
        says=r"(access|permission|permitted|enter|member|added)\b[^.]{0,40}\bproject\b(?!')"
        r"|\bproject\b[^.]{0,40}\bnot (been )?(permitted|granted|shared)",
        places=(Place.TOOL, Place.PROJECT),
        kind=RefusalKind.FORBIDDEN,
    ),
    ErrorRow(
        "procore.no_permission",
        Do.SKIP,
        Owner.ADMIN,
        "Procore forbids this tool to this connection without saying why: it is switched off here, or read"
        " access is not granted.",
        "If it should be read, switch the tool on and grant read access to it; it is looked at again once a"
        " day.",
        statuses=(403,),
        places=(Place.TOOL,),
        kind=RefusalKind.TOOL_OFF,
    ),
    ErrorRow(
        "procore.forbidden",
        Do.SKIP,
        Owner.ADMIN,
        "Procore forbids this to the connection without saying why.",
        "Check in Procore that the user belongs to the company and the project and may read them, or that the"
        " app is installed in the company.",
        statuses=(403,),
        kind=RefusalKind.FORBIDDEN,
    ),
    ErrorRow(
        "procore.not_found",
        Do.SKIP,
        Owner.ADMIN,
        "Procore knows nothing at this address, or nothing that this connection may see.",
        "If it should be there, check the permissions in Procore; a record is never marked deleted for this.",
        statuses=(404,),
        kind=RefusalKind.NOT_FOUND,
    ),
    ErrorRow(
        PAGE_TOO_LARGE,
        Do.SKIP,
        Owner.NOBODY,
        "Procore gives fewer rows a page for this list.",
        "Nothing needs to be done: smaller pages are asked for at once, and from then on.",
        statuses=(400, 422),
        says=r"per_page|page[ _]size",
        kind=RefusalKind.BAD_REQUEST,
    ),
    ErrorRow(
        "procore.window_ahead",
        Do.SKIP,
        Owner.NOBODY,
        "The days asked for end after the project's own today.",
        "Nothing needs to be done: it is asked again up to the day before.",
        statuses=(400, 422),
        says=rf"{_DAYS}.*\b(future|today|current (date|day))\b|\b(future|today|current)\b.*{_DAYS}",
        kind=RefusalKind.WINDOW_AHEAD,
    ),
    ErrorRow(
        WINDOW_TOO_LONG,
        Do.SKIP,
        Owner.NOBODY,
        "Procore gives fewer days at once for this list.",
        "Nothing needs to be done: fewer days are asked for at a time.",
        statuses=(400, 422),
        says=rf"{_DAYS}.*{_TOO_LONG}|{_TOO_LONG}.*{_DAYS}",
        kind=RefusalKind.WINDOW_TOO_LONG,
    ),
    ErrorRow(
        "procore.fields_unknown",
        Do.SKIP,
        Owner.DEVELOPER,
        "Procore does not know a field that was asked for.",
        "Report this as a fault of Tiebeam: Procore's API has changed.",
        statuses=(406,),
        kind=RefusalKind.BAD_REQUEST,
    ),
    ErrorRow(
        "procore.list_too_slow",
        Do.RETRY,
        Owner.NOBODY,
        "Procore could not put the list together in time.",
        "Nothing needs to be done at once: it is tried again by itself. If it lasts, ask Procore's support.",
        statuses=(408,),
        attempts_max=3,
    ),
    ErrorRow(
        "procore.duplicate",
        Do.SKIP,
        Owner.ADMIN,
        "Procore has a record of this name or number already.",
        "Change the name or number, or use the record that is there.",
        statuses=(409,),
        kind=RefusalKind.BAD_REQUEST,
    ),
    ErrorRow(
        "procore.expired",
        Do.SKIP,
        Owner.NOBODY,
        "What was asked for is no longer kept by Procore: an upload that expired, or an address that was"
        " given up.",
        "Nothing needs to be done for a file: it is uploaded anew. Else look for an update of Tiebeam.",
        statuses=(410,),
        kind=RefusalKind.NOT_FOUND,
    ),
    ErrorRow(
        "procore.too_much",
        Do.SKIP,
        Owner.DEVELOPER,
        "Procore does not take so much in one request.",
        "Report this as a fault of Tiebeam, with the command that led to it.",
        statuses=(413,),
        kind=RefusalKind.BAD_REQUEST,
    ),
    ErrorRow(
        "procore.rule_broken",
        Do.SKIP,
        Owner.ADMIN,
        "A rule of Procore's forbids this.",
        "Correct what Procore names, then try again.",
        statuses=(422,),
        kind=RefusalKind.BAD_REQUEST,
    ),
    ErrorRow(
        "procore.rate_limited",
        Do.WAIT_UNTIL,
        Owner.NOBODY,
        "The calls that Procore allows this app are used up for now.",
        "Nothing needs to be done: it goes on when Procore allows. If it happens daily, ask Procore for a"
        " higher hourly limit or copy less often.",
        statuses=(429,),
    ),
    ErrorRow(
        "procore.busy",
        Do.WAIT_UNTIL,
        Owner.NOBODY,
        "Procore is overloaded or under maintenance.",
        "Nothing needs to be done: it is tried again when Procore says so.",
        statuses=(503,),
    ),
    *plain_rows("procore", "Procore", address="environment and the base URL"),
)

STORAGE_REFUSED = ErrorRow(
    "procore.storage_refused",
    Do.RETRY,
    Owner.NOBODY,
    "The storage that Procore names for files did not take this one.",
    "Nothing needs to be done: it is tried again by itself, at a new address.",
)

NO_TURN = no_turn_row("procore", "Procore")

WRITE_ROWS = (NO_TURN, STORAGE_REFUSED)
"""What can become of a write besides."""

WRONG_CLIENT = ErrorRow(
    "procore.wrong_client",
    Do.BLOCK,
    Owner.OPERATOR,
    "Procore does not know the app's client id, or its secret is wrong.",
    "Copy both again from the app's page on Procore's developer portal; sandbox and production have"
    " their own.",
    kind=RefusalKind.FORBIDDEN,
)
GRANT_REVOKED = ErrorRow(
    "procore.grant_revoked",
    Do.BLOCK,
    Owner.ADMIN,
    "Procore no longer honours this connection: the grant was revoked, used already or has expired.",
    "Connect the company to Procore again; until then nothing is read.",
    kind=RefusalKind.FORBIDDEN,
)
LOGIN_REFUSED = ErrorRow(
    "procore.login_refused",
    Do.BLOCK,
    Owner.OPERATOR,
    "Procore's login refused the request.",
    "Check the app's settings on Procore's developer portal: redirect address, environment and grant type.",
    kind=RefusalKind.FORBIDDEN,
)
LOGIN_UNREACHABLE = ErrorRow(
    "procore.login_unreachable",
    Do.RETRY,
    Owner.OPERATOR,
    "Procore's login could not be asked.",
    "Check that this machine may reach Procore's login host; it is tried again by itself.",
)
LOGIN_BUSY = ErrorRow(
    "procore.login_busy",
    Do.RETRY,
    Owner.NOBODY,
    "Procore's login is overloaded or failed to answer.",
    "Nothing needs to be done: it is tried again by itself.",
)
LOGIN_UNREADABLE = ErrorRow(
    "procore.login_unreadable",
    Do.RETRY,
    Owner.OPERATOR,
    "The answer of Procore's login was no token.",
    "Check the environment and the login URL of the connection, and that no gateway stands before it.",
    kind=RefusalKind.UNREADABLE,
)

LOGIN_ROWS = (
    WRONG_CLIENT,
    GRANT_REVOKED,
    LOGIN_REFUSED,
    LOGIN_UNREACHABLE,
    LOGIN_BUSY,
    LOGIN_UNREADABLE,
)
