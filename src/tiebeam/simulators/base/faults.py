"""A seeded plan of what goes wrong, decided call by call; the simulator that is asked makes it happen."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FaultKind = Literal[
    "drop_request",
    "drop_answer",
    "delay",
    "status",
    "truncate",
    "html",
    "garbage",
    "repeat_row",
    "revoke_grant",
    "disable_tool",
    "skew_clock",
    "change_between_pages",
    "hide_record",
    "lose_project",
    "half_done",
    "refuse_part",
    "cut_body",
    "end_form",
    "wrong_etag",
]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
EventFaultKind = Literal["drop_event", "repeat_event", "reorder_events", "delay_event"]
EVENT_KINDS: tuple[EventFaultKind, ...] = get_args(EventFaultKind)
_EVENT_LABEL = "WEBHOOK "


@dataclass(frozen=True, slots=True)
class FaultRule:
    """One thing that can go wrong, and when.

    It fires on a call whose `METHOD path?query` contains the regular expression `match` (one of `EVENT_KINDS`
    on a webhook's delivery instead, called `WEBHOOK resource event`), from the moment `after` until
    `before`, once `skip` such calls have passed, with `probability`, at most `count` times.
    `half_done`, `refuse_part`, `cut_body`, `end_form` and `wrong_etag` are of writes and files: of what is
    made at once only the first half is, and the answer is an error; a sync refuses its last item; the body
    arrives in part; a form for a file has ended; the storage answers with another ETag than it keeps.
    The rest says how: `status` (with `retry_after_seconds`, and `processed` when the call took effect all
    the same), `delay_seconds`, `skew_seconds` on the Date header, `change` between pages, what to hide or
    switch off (chosen by the seed when not given), and `for_seconds` until that is undone (never, when not
    given).
    """

    kind: FaultKind | EventFaultKind
    match: str = ""
    probability: float = 1.0
    after: datetime | None = None
    before: datetime | None = None
    skip: int = 0
    count: int | None = None
    status: int = 503
    retry_after_seconds: int | None = None
    processed: bool = False
    delay_seconds: float = 30.0
    skew_seconds: float = 120.0
    change: Literal["insert", "update", "delete", "any"] = "any"
    resource: str | None = None
    record_id: int | str | None = None
    project_id: int | None = None
    tool: str | None = None
    for_seconds: float | None = None

    def __post_init__(self) -> None:
        """Refuse what could never fire."""
        if self.kind not in (*KINDS, *EVENT_KINDS):
            raise ValueError(f"no fault {self.kind!r}; there are {', '.join((*KINDS, *EVENT_KINDS))}")
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability is {self.probability}; give a number from 0 to 1")
        try:
            re.compile(self.match)
        except re.error as error:
            raise ValueError(f"match {self.match!r} is not a regular expression: {error}") from error


def rules_from_json(text: str | bytes) -> list[FaultRule]:
    """Read rules from a JSON array of objects with the fields of `FaultRule`; moments are ISO 8601.

    Raises ValueError naming the first rule that is wrong.
    """
    rules = json.loads(text)
    if not isinstance(rules, list) or not all(isinstance(plain, dict) for plain in rules):
        raise ValueError("fault rules are a JSON array of objects")
    return [_rule(index, plain) for index, plain in enumerate(rules)]


def _rule(index: int, plain: dict[str, Any]) -> FaultRule:
    unknown = plain.keys() - {field.name for field in fields(FaultRule)}
    if unknown:
        raise ValueError(
            f"fault rule {index} has unknown fields {sorted(unknown)}: see FaultRule for the known"
        )
    moments = {
        name: datetime.fromisoformat(plain[name])
        for name in ("after", "before")
        if plain.get(name) is not None
    }
    try:
        return FaultRule(**{**plain, **moments})
    except (TypeError, ValueError) as error:
        raise ValueError(f"fault rule {index} cannot be used: {error}") from error


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that fires now, with a generator of its own for whatever it has to choose."""

    rule: FaultRule
    random: random.Random


class _Plan:
    """A rule's own progress: how many calls it saw and how often it fired."""

    def __init__(self, rule: FaultRule, seed: str) -> None:
        self.rule = rule
        self.random = random.Random(seed)
        self.on_events = rule.kind in EVENT_KINDS
        self._pattern = re.compile(rule.match)
        self._seen = 0
        self._fired = 0

    def fires(self, moment: datetime, label: str) -> bool:
        rule = self.rule
        if rule.after is not None and moment < rule.after:
            return False
        if rule.before is not None and moment >= rule.before:
            return False
        if not self._pattern.search(label):
            return False
        self._seen += 1
        if self._seen <= rule.skip or (rule.count is not None and self._fired >= rule.count):
            return False
        if self.random.random() >= rule.probability:
            return False
        self._fired += 1
        return True


class Faults:
    """Rules under a seed: the same calls at the same moments always meet the same faults."""

    def __init__(self, seed: int, rules: Iterable[FaultRule]) -> None:
        """Start with every rule unfired."""
        self._plans = [_Plan(rule, f"{seed}:{index}") for index, rule in enumerate(rules)]
        self.active = True
        self.fired: dict[str, int] = {}

    def stop(self) -> None:
        """Let nothing go wrong any more."""
        self.active = False

    def resume(self) -> None:
        """Go on where the plan was stopped."""
        self.active = True

    def firing(self, moment: datetime, label: str) -> Sequence[Firing]:
        """The faults of the call (or delivery) `label` at `moment`, in the order of the rules."""
        if not self.active:
            return ()
        on_event = label.startswith(_EVENT_LABEL)
        plans = [plan for plan in self._plans if plan.on_events == on_event]
        fired = [Firing(plan.rule, plan.random) for plan in plans if plan.fires(moment, label)]
        for firing in fired:
            self.fired[firing.rule.kind] = self.fired.get(firing.rule.kind, 0) + 1
        return fired
