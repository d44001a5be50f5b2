"""What is let through: so many calls a day and a minute, so much complexity, so many calls at once."""

from __future__ import annotations

import math
from collections import deque
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from tiebeam.simulators.monday.complexity import Budget, Spent
from tiebeam.simulators.monday.errors import ApiError, LimitError
from tiebeam.simulators.monday.options import TRIAL_COMPLEXITY

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.simulators.monday.options import MondayOptions, Token

_MINUTE = 60


class Limits:
    """The limits of one account and its callers."""

    def __init__(self, options: MondayOptions) -> None:
        self._options = options
        self._day = ""
        self.today = 0
        self.largest_day = 0
        self.refused = 0
        self._minute: deque[float] = deque()
        self._under_way: list[float] = []
        self._budgets: dict[tuple[str, bool], Budget] = {}

    def admit(self, moment: datetime) -> None:
        """Count a call, whatever becomes of it. Raises LimitError."""
        now = moment.timestamp()
        self._count(moment)
        if self.today > self._options.calls_a_day:
            raise self._refusal("DAILY_LIMIT_EXCEEDED", "Daily limit exceeded", _until_midnight(moment))
        per_minute = self._options.calls_per_minute
        if per_minute is not None and len(self._minute) > per_minute:
            seconds = math.ceil(self._minute[-per_minute - 1] + _MINUTE - now)
            raise self._refusal("RATE_LIMIT_EXCEEDED", "Minute limit rate exceeded", max(1, seconds))
        if len(self._under_way) >= self._options.concurrency_max:
            raise self._refusal("maxConcurrencyExceeded", "Max concurrency exceeded", 1)

    def spend(self, token: Token, points: int, moment: datetime, *, writes: bool) -> Spent:
        """Spend a call's complexity. Raises ApiError for a query too large, LimitError for one too many."""
        if points > self._options.query_complexity_max:
            limit = self._options.query_complexity_max
            message = f"Query has complexity of {points}, which exceeds the maximum of {limit}"
            raise ApiError("ComplexityException", message, status_code=400)
        budget = self._budget(token, writes=writes)
        spent = budget.look(moment.timestamp(), points)
        if points > spent.before:
            message = f"Complexity budget exhausted, query cost {points} budget remaining {spent.before}"
            raise self._refusal("COMPLEXITY_BUDGET_EXHAUSTED", message, spent.reset_in_x_seconds)
        budget.spend(moment.timestamp(), points)
        return spent

    def occupy(self, until: float) -> None:
        """Remember that a call is under way until a moment."""
        self._under_way.append(until)

    @property
    def largest_complexity(self) -> int:
        """The most that any one caller spent within a minute."""
        return max((budget.largest for budget in self._budgets.values()), default=0)

    def _count(self, moment: datetime) -> None:
        day, now = moment.astimezone(UTC).date().isoformat(), moment.timestamp()
        self.today = self.today + 1 if day == self._day else 1
        self._day = day
        self.largest_day = max(self.largest_day, self.today)
        self._minute.append(now)
        while self._minute[0] <= now - _MINUTE:
            self._minute.popleft()
        self._under_way = [until for until in self._under_way if until > now]

    def _budget(self, token: Token, *, writes: bool) -> Budget:
        key = (token.text, writes and token.of_app)
        limit = self._options.app_complexity if token.of_app else self._options.personal_complexity
        if self._options.plan in ("trial", "free"):
            limit = TRIAL_COMPLEXITY
        return self._budgets.setdefault(key, Budget(limit))

    def _refusal(self, code: str, message: str, retry_in_seconds: int) -> LimitError:
        self.refused += 1
        return LimitError(code, message, retry_in_seconds)


def _until_midnight(moment: datetime) -> int:
    today = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return math.ceil((today + timedelta(days=1) - moment).total_seconds())
