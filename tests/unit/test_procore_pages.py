"""Where a record is found in Procore's own pages."""

from __future__ import annotations

import pytest

from tiebeam.connectors.procore.pages import vendor_page

APP = "https://app.procore.com"
PCO = "procore.potential_change_orders"


@pytest.mark.parametrize(
    ("stream", "payload", "path", "exact"),
    [
        ("procore.rfis", {}, "rfi/show/5", True),
        ("procore.submittals", {}, "submittal_logs/5", True),
        (PCO, {"contract_id": 9}, "prime_contracts/9/change_orders/potential_change_orders/5", True),
        (PCO, {}, "home", False),
        ("procore.images", {}, "home", False),
    ],
)
def test_a_record_is_shown_on_its_own_page_or_else_in_its_project(
    stream: str, payload: dict[str, object], path: str, *, exact: bool
) -> None:
    page = vendor_page("production", stream, "7", "5", payload)
    assert page is not None
    assert (page.address, page.exact) == (f"{APP}/7/project/{path}", exact)


def test_a_project_is_its_own_page() -> None:
    page = vendor_page("sandbox", "procore.projects", None, "7", {})
    assert page is not None
    assert (page.address, page.exact) == ("https://sandbox.procore.com/7/project/home", True)


def test_what_is_written_into_an_address_cannot_lead_elsewhere() -> None:
    page = vendor_page("production", PCO, "../x", "a?b#c", {"contract_id": "//evil.example"})
    assert page is not None
    assert page.address.startswith(f"{APP}/..%2Fx/project/prime_contracts/%2F%2Fevil.example/change_orders/")
    assert page.address.endswith("/a%3Fb%23c")


@pytest.mark.parametrize(
    ("environment", "project"), [("custom", "7"), ("monthly", "7"), ("production", None)]
)
def test_nothing_is_guessed(environment: str, project: str | None) -> None:
    assert vendor_page(environment, "procore.rfis", project, "5", {}) is None
