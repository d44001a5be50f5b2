"""How one simulated monday.com behaves; every guess about the real one is a switch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Plan = Literal["free", "trial", "basic", "standard", "pro", "enterprise"]
DAILY_CALLS: dict[str, int] = {
    "free": 200,
    "trial": 200,
    "basic": 1_000,
    "standard": 1_000,
    "pro": 10_000,
    "enterprise": 25_000,
}
TRIAL_COMPLEXITY = 1_000_000


@dataclass(frozen=True, slots=True)
class Token:
    """Who calls. A token that an app was granted (`of_app`) has budgets and signed webhooks of its own."""

    text: str
    user_id: int
    of_app: bool = True


@dataclass(frozen=True, slots=True)
class MondayOptions:
    """Sizes and switches; FIDELITY.md says which fact or open point is behind each."""

    tokens: tuple[Token, ...] = (
        Token("tiebeam-app-token", 9_000_001),
        Token("tiebeam-personal-token", 9_000_002, of_app=False),
    )
    signing_secret: str = "tiebeam-signing-secret"  # noqa: S105 - opens a make-believe account only
    signing_algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    plan: Plan = "pro"
    daily_calls: int | None = None
    """None: what the plan allows."""
    calls_per_minute: int | None = None
    concurrency_max: int = 100
    query_complexity_max: int = 5_000_000
    app_complexity: int = 5_000_000
    """A minute, for reads and again for writes."""
    personal_complexity: int = 10_000_000
    """A minute, for both together."""
    limits_answer: Literal["status", "errors"] = "status"
    complexity_error: Literal["new", "old"] = "new"
    mutation_seconds: float = 0.0
    parallel_mutations: Literal["corrupt", "noted"] = "corrupt"
    unchanged_is_told: bool = True
    created_values_are_told: bool = False
    cursor_seconds: int = 3600
    webhook_retry_seconds: int = 60
    webhook_retries_seconds: int = 1800
    challenge_needed: bool = True
    automation_user_id: int = -4
    automation_hops_max: int = 10

    @property
    def calls_a_day(self) -> int:
        """Calls that are let through between two midnights in UTC."""
        return DAILY_CALLS[self.plan] if self.daily_calls is None else self.daily_calls
