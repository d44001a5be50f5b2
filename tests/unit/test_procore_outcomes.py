from __future__ import annotations

from collections import Counter

import pytest

from tiebeam.connectors.outcomes import (
    FAILED,
    TIMED_OUT,
    TRANSPORT_ROWS,
    Do,
    ErrorRow,
    Fault,
    Place,
    outcome_of,
    outcome_of_silence,
    transport_error,
)
from tiebeam.connectors.ports import RefusalKind, TransportError
from tiebeam.connectors.procore.errors import LOGIN_ROWS, ROWS

EVERY_ROW = (*ROWS, *LOGIN_ROWS, *TRANSPORT_ROWS)


@pytest.mark.parametrize("row", EVERY_ROW, ids=lambda row: row.code)
def test_a_row_is_a_help_page(row: ErrorRow) -> None:
    for sentence in (row.cause, row.action):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "{" not in sentence
    assert row.code.startswith(("procore.", "transport."))


def test_codes_are_unique() -> None:
    assert [code for code, times in Counter(row.code for row in EVERY_ROW).items() if times > 1] == []


@pytest.mark.parametrize("place", Place)
def test_the_table_has_an_answer_to_every_status(place: Place) -> None:
    for status in (*range(100, 200), *range(300, 1000)):
        assert outcome_of(ROWS, status=status, said="", place=place).row in ROWS


def test_a_table_with_a_hole_says_so() -> None:
    with pytest.raises(LookupError, match="418"):
        outcome_of(ROWS[:1], status=418, said="", place=Place.TOOL)


TOOL, PROJECT, COMPANY = Place.TOOL, Place.PROJECT, Place.COMPANY


@pytest.mark.parametrize(
    ("status", "place", "said", "code", "do", "kind"),
    [
        (401, TOOL, "", "token_refused", Do.REFRESH, RefusalKind.FORBIDDEN),
        (
            403,
            TOOL,
            "The rfis tool is not enabled in this project",
            "tool_off",
            Do.SKIP,
            RefusalKind.TOOL_OFF,
        ),
        (403, TOOL, "", "no_permission", Do.SKIP, RefusalKind.TOOL_OFF),
        (403, TOOL, "Forbidden: this project's RFIs", "no_permission", Do.SKIP, RefusalKind.TOOL_OFF),
        (
            403,
            TOOL,
            "You do not have permission to access this project",
            "project_not_permitted",
            Do.SKIP,
            RefusalKind.FORBIDDEN,
        ),
        (403, PROJECT, "Project is not permitted", "project_not_permitted", Do.SKIP, RefusalKind.FORBIDDEN),
        (403, COMPANY, "", "forbidden", Do.SKIP, RefusalKind.FORBIDDEN),
        (
            403,
            TOOL,
            "You do not have access to this company",
            "company_not_permitted",
            Do.BLOCK,
            RefusalKind.FORBIDDEN,
        ),
        (
            403,
            COMPANY,
            "Your app is not connected to this company",
            "app_not_connected",
            Do.BLOCK,
            RefusalKind.FORBIDDEN,
        ),
        (404, TOOL, "", "not_found", Do.SKIP, RefusalKind.NOT_FOUND),
        (
            400,
            TOOL,
            "Missing Procore-Company-Id header!",
            "company_header_missing",
            Do.STOP,
            RefusalKind.UNAVAILABLE,
        ),
        (
            400,
            TOOL,
            "Invalid per_page: 1000, exceeding max per_page of 100",
            "page_too_large",
            Do.SKIP,
            RefusalKind.BAD_REQUEST,
        ),
        (
            400,
            TOOL,
            "The date range must not be longer than 91 days",
            "window_too_long",
            Do.SKIP,
            RefusalKind.WINDOW_TOO_LONG,
        ),
        (
            400,
            TOOL,
            "end_date 2026-03-03 is in the future: it is 2026-03-02 at the project",
            "window_ahead",
            Do.SKIP,
            RefusalKind.WINDOW_AHEAD,
        ),
        (
            422,
            TOOL,
            "Date range exceeds maximum of 31 days",
            "window_too_long",
            Do.SKIP,
            RefusalKind.WINDOW_TOO_LONG,
        ),
        (400, TOOL, "filters[x] is wrong", "bad_request", Do.SKIP, RefusalKind.BAD_REQUEST),
        (406, TOOL, "", "fields_unknown", Do.SKIP, RefusalKind.BAD_REQUEST),
        (408, TOOL, "", "list_too_slow", Do.RETRY, RefusalKind.UNAVAILABLE),
        (409, TOOL, "", "duplicate", Do.SKIP, RefusalKind.BAD_REQUEST),
        (410, TOOL, "", "expired", Do.SKIP, RefusalKind.NOT_FOUND),
        (413, TOOL, "", "too_much", Do.SKIP, RefusalKind.BAD_REQUEST),
        (422, TOOL, "title: is blank", "rule_broken", Do.SKIP, RefusalKind.BAD_REQUEST),
        (429, TOOL, "", "rate_limited", Do.WAIT_UNTIL, RefusalKind.UNAVAILABLE),
        (503, TOOL, "", "busy", Do.WAIT_UNTIL, RefusalKind.UNAVAILABLE),
        (500, TOOL, "", "server_error", Do.RETRY, RefusalKind.UNAVAILABLE),
        (502, TOOL, "Bad Gateway", "server_error", Do.RETRY, RefusalKind.UNAVAILABLE),
        (418, TOOL, "", "bad_request", Do.SKIP, RefusalKind.BAD_REQUEST),
        (302, TOOL, "", "redirected", Do.BLOCK, RefusalKind.UNAVAILABLE),
    ],
)
def test_answers_are_sorted_by_what_to_do(  # noqa: PLR0917 - a table of cases, one name a column
    status: int, place: Place, said: str, code: str, do: Do, kind: RefusalKind
) -> None:
    row = outcome_of(ROWS, status=status, said=said, place=place).row
    assert (row.code, row.do, row.kind) == (f"procore.{code}", do, kind)


@pytest.mark.parametrize(
    ("fault", "code"),
    [(Fault.HTML, "html_answer"), (Fault.GARBLED, "garbled_answer"), (Fault.SHAPE, "wrong_shape")],
)
def test_unreadable_successes_are_tried_again_and_then_given_up(fault: Fault, code: str) -> None:
    row = outcome_of(ROWS, status=200, said="", place=TOOL, fault=fault).row
    assert (row.code, row.do, row.kind) == (f"procore.{code}", Do.RETRY, RefusalKind.UNREADABLE)
    assert row.attempts_max in (2, 3)


def test_an_outcome_carries_the_vendors_words() -> None:
    outcome = outcome_of(ROWS, status=422, said="title: is blank", place=TOOL)
    refusal = outcome.refusal(calls=3)
    assert refusal.cause == 'A rule of Procore\'s forbids this. It said: "title: is blank".'
    assert (refusal.status, refusal.calls, refusal.owner) == (422, 3, outcome.row.owner)
    error = outcome.error()
    assert (error.code, error.owner) == ("procore.rule_broken", outcome.row.owner)
    assert str(error).endswith(outcome.row.action)


def test_silence_is_sorted_by_the_transports_own_code() -> None:
    error = transport_error(TIMED_OUT, "(api.example: slow)", sent=True)
    outcome = outcome_of_silence(error)
    assert outcome.row is TIMED_OUT
    assert "(api.example: slow)" in outcome.cause
    strange = TransportError("What?", action="Nothing.", sent=False)
    assert outcome_of_silence(strange).row is FAILED
