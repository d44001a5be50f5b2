"""Where a record is found in Procore's own pages.

The addresses of single records are those that Procore's developer documentation lists for its side panel and
for its PDF files; that of a project's home is not among them and is taken from public use. Of what has no
page of its own, the project's home is the nearest that is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

SITES: Final = {
    "production": "https://app.procore.com",
    "sandbox": "https://sandbox.procore.com",
    "federal": "https://app.procoregov.com",
}
"""Base URLs of the pages, by the name of the environment. Procore leads a company on to its own region."""

_HOME: Final = "home"
_PAGES: Final = {
    "procore.rfis": "rfi/show/{id}",
    "procore.submittals": "submittal_logs/{id}",
    "procore.observations": "observations/items/{id}/edit",
    "procore.prime_contracts": "prime_contracts/{id}",
    "procore.potential_change_orders": (
        "prime_contracts/{contract_id}/change_orders/potential_change_orders/{id}"
    ),
    "procore.change_events": "change_events/events/{id}",
    "procore.tasks": "calendar/tasks/{id}",
    "procore.project_vendors": "directory/vendors/{id}/edit",
    "procore.project_people": "directory/edit_person/{id}",
}


@dataclass(frozen=True, slots=True)
class VendorPage:
    """A page of Procore's."""

    address: str
    exact: bool
    """Whether it shows the record itself, and not only the project that it lies in."""


def vendor_page(
    environment: str,
    stream: str,
    project_id: str | None,
    key: str,
    payload: Mapping[str, Any],
    *,
    own_site: str | None = None,
) -> VendorPage | None:
    """Return where a person finds a record in Procore; None where that is not known.

    `stream` is a stream's name (`procore.rfis`), `payload` what the record says; `own_site` is where the
    pages of the environment `custom` are.
    """
    site = SITES.get(environment) or (own_site or "").rstrip("/") or None
    project = key if stream == "procore.projects" else project_id
    if site is None or project is None:
        return None
    path = _path(_PAGES.get(stream), key, payload)
    address = f"{site}/{quote(project, safe='')}/project/{path or _HOME}"
    return VendorPage(address, exact=path is not None or stream == "procore.projects")


def _path(page: str | None, key: str, payload: Mapping[str, Any]) -> str | None:
    """Return the path of a record's own page; None when it has none, or when a part of it is not known."""
    contract = payload.get("contract_id")
    if page is None or ("{contract_id}" in page and contract is None):
        return None
    return page.format(id=quote(key, safe=""), contract_id=quote(str(contract), safe=""))
