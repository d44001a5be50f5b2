"""Where Procore lives: login and API hosts of each of its environments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Environment:
    """One Procore: its base URLs, without a slash at the end."""

    name: str
    title: str
    login_url: str
    api_url: str


_KNOWN = (
    Environment("production", "Production", "https://login.procore.com", "https://api.procore.com"),
    Environment(
        "sandbox",
        "Development sandbox (its own credentials)",
        "https://login-sandbox.procore.com",
        "https://sandbox.procore.com",
    ),
    Environment(
        "monthly",
        "Monthly sandbox (production credentials)",
        "https://login-sandbox-monthly.procore.com",
        "https://api-monthly.procore.com",
    ),
    Environment(
        "federal",
        "US federal zone",
        "https://login.procoregov.com",
        "https://api.procoregov.com",
    ),
)

ENVIRONMENTS = {environment.name: environment for environment in _KNOWN}


def environment_at(login_url: str, api_url: str) -> Environment:
    """Return an environment at other addresses, such as a simulator on this machine."""
    return Environment("custom", "Custom addresses", login_url.rstrip("/"), api_url.rstrip("/"))
