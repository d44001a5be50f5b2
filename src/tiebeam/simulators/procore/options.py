"""How one simulated Procore behaves; every guess about the real one is a switch here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A registered app. Loopback and out-of-band redirects are always allowed, others as listed."""

    client_id: str = "tiebeam-client-id"
    client_secret: str = "tiebeam-client-secret"  # noqa: S105 - opens a make-believe company only
    redirect_uris: tuple[str, ...] = ("http://localhost",)


def _user(step: int, login: str, name: str) -> dict[str, Any]:
    return {"id": 2**49 + 30_000_000 + 900_000 + step, "login": login, "name": name}


@dataclass(frozen=True, slots=True)
class ProcoreOptions:
    """Sizes and switches; FIDELITY.md says which fact or open point is behind each.

    `hourly_limit` and `spike_limit` None mean no such limit; `base_url` None takes the request's Host,
    `token_seed` None the state's own seed.
    """

    clients: tuple[OAuthClient, ...] = (OAuthClient(),)
    user: Mapping[str, Any] = field(default_factory=lambda: _user(1, "pat@example.com", "Pat Quinn"))
    service_user: Mapping[str, Any] = field(
        default_factory=lambda: _user(2, "dmsa-tiebeam@example.com", "Tiebeam Service Account")
    )
    base_url: str | None = None
    auto_consent: bool = True
    token_seed: int | None = None
    access_token_seconds: int = 5400
    code_seconds: int = 600
    refresh_ends_access: bool = False
    invalid_grant_status: int = 400
    hourly_limit: int | None = 600
    spike_limit: int | None = 25
    hourly_window: Literal["rolling", "fixed"] = "rolling"
    limit_by: Literal["client", "token"] = "client"
    refused_calls_count: bool = True
    retry_after_on_429: bool = False
    missing_company: Literal["not_found", "message", "accepted"] = "not_found"
    query_names_company: bool = True
    per_page_cap: int = 1000
    daily_log_days_max: int = 91
    range_end_included: bool = True
    range_end_date_is_whole_day: bool = False
    signed_url_seconds: int = 3600
    storage_url_seconds: int = 60
    files_need_token: bool = True
    upload_form_seconds: int = 3600
    upload_seconds: int = 7 * 24 * 3600
    unified_upload_seconds: int = 24 * 3600
    unified_checking_seconds: int = 2
    segment_bytes_min: int = 5 * 1024 * 1024
    invalid_status: Literal[400, 422] = 422
    image_body: Literal["upload_uuid", "upload", "either"] = "either"
    fractional_equipment: Literal["cut", "refuse"] = "cut"
    webhook_status_key: Literal["filter", "filters", "either"] = "either"
