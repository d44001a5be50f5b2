"""Hooks and their deliveries: tried once a minute for half an hour, each by itself."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.simulators.monday.webhooks.payloads import EVENT_TYPES, payload, wanted
from tiebeam.simulators.monday.webhooks.signing import signed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tiebeam.simulators.base.faults import Faults
    from tiebeam.simulators.monday.options import MondayOptions
    from tiebeam.simulators.monday.state import Happening, MondayState

_UNREPORTED_AFTER = timedelta(seconds=30)
_TOKEN_SECONDS = 300
_KEPT_MAX = 100_000


@dataclass(slots=True)
class Hook:
    """Somebody who wants to be told of one kind of event on one board."""

    id: int
    board_id: int
    url: str
    event: str
    settings: dict[str, Any]
    signed: bool

    @property
    def config(self) -> str:
        """Which column it is about, as JSON."""
        return orjson.dumps(self.settings).decode()


@dataclass(slots=True)
class Delivery:
    """An event on its way to a hook."""

    id: str
    hook_id: int
    board_id: int
    event_type: str
    url: str
    body: bytes
    made_at: datetime
    next_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    status: str = "waiting"
    """`waiting`, `delivered`, or `discarded` after half an hour."""
    attempts: list[int | None] = field(default_factory=list)
    """What the receiver said each time."""
    sent_at: datetime | None = None


class Webhooks:
    """The hooks of an account and everything that was to be delivered to them.

    Whoever really sends asks `due` and reports by `delivered`; nothing here sends anything.
    """

    def __init__(
        self, state: MondayState, options: MondayOptions, faults: Callable[[], Faults | None]
    ) -> None:
        self.hooks: dict[int, Hook] = {}
        self.deliveries: deque[Delivery] = deque(maxlen=_KEPT_MAX)
        self._state = state
        self._options = options
        self._faults = faults
        self._open: dict[str, Delivery] = {}
        self._answered: set[str] = set()
        state.listeners.append(self._hear)

    def hear_answer(self, url: str, challenge: str, status: int | None, body: bytes) -> None:
        """Take what a receiver answered to a challenge: 200 and the same JSON, or it does not listen."""
        try:
            same = orjson.loads(body) == {"challenge": challenge}
        except orjson.JSONDecodeError:
            same = False
        if status == 200 and same:
            self._answered.add(url)
        else:
            self._answered.discard(url)

    def has_answered(self, url: str) -> bool:
        """Whether a receiver has shown that it listens."""
        return url in self._answered

    def add(self, board_id: int, url: str, event: str, settings: dict[str, Any], *, signed: bool) -> Hook:
        """Tell somebody of a kind of event from now on."""
        hook = Hook(self._state.take_id(), board_id, url, event, settings, signed)
        self.hooks[hook.id] = hook
        return hook

    def due(self, now: datetime) -> list[Delivery]:
        """What is to be sent at a moment, the oldest first, each until it is reported."""
        for delivery in [each for each in self._open.values() if _is_overdue(each, now)]:
            self.delivered(delivery.id, None, now)
        ready = [each for each in self._open.values() if each.sent_at is None and each.next_at <= now]
        sent = self._disturbed(ready, now)
        for delivery in sent:
            delivery.sent_at = now
            delivery.headers = self._headers(delivery, now)
        return sent

    def delivered(self, delivery_id: str, status: int | None, now: datetime | None = None) -> None:
        """Report what a receiver said: 2xx is done; anything else is tried again, up to half an hour."""
        delivery = self._open.get(delivery_id)
        if delivery is None or delivery.sent_at is None:
            return
        moment = now or self._state.now()
        delivery.attempts.append(status)
        delivery.sent_at = None
        delivery.next_at = moment + timedelta(seconds=self._options.webhook_retry_seconds)
        ends_at = delivery.made_at + timedelta(seconds=self._options.webhook_retries_seconds)
        if status is not None and 200 <= status < 300:
            self._close(delivery, "delivered")
        elif delivery.next_at > ends_at:
            self._close(delivery, "discarded")

    def next_moment(self) -> datetime | None:
        """When something may be due; None while nothing waits."""
        return min((each.next_at for each in self._open.values()), default=None)

    def _close(self, delivery: Delivery, status: str) -> None:
        delivery.status = status
        self._open.pop(delivery.id, None)

    def _hear(self, happening: Happening) -> None:
        for hook in self.hooks.values():
            if hook.board_id == happening.board_id and wanted(hook.event, hook.settings, happening):
                self._enqueue(hook, happening)

    def _enqueue(self, hook: Hook, happening: Happening) -> None:
        delivery = Delivery(
            id=self._state.take_uuid(),
            hook_id=hook.id,
            board_id=hook.board_id,
            event_type=EVENT_TYPES[happening.kind],
            url=hook.url,
            body=orjson.dumps(payload(happening, hook.id)),
            made_at=happening.at,
            next_at=happening.at,
        )
        self.deliveries.append(delivery)
        self._open[delivery.id] = delivery

    def _headers(self, delivery: Delivery, now: datetime) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        hook = self.hooks.get(delivery.hook_id)
        if hook is not None and hook.signed:
            at = int(now.timestamp())
            claims = {
                "accountId": self._state.account_id,
                "userId": self._options.tokens[0].user_id,
                "aud": delivery.url,
                "iat": at,
                "exp": at + _TOKEN_SECONDS,
            }
            options = self._options
            headers["Authorization"] = signed(claims, options.signing_secret, options.signing_algorithm)
        return headers

    def _disturbed(self, ready: list[Delivery], now: datetime) -> list[Delivery]:
        """What the faults make of it: lost, late, sent twice, or in another order."""
        faults = self._faults()
        if faults is None:
            return ready
        sent: list[Delivery] = []
        for delivery in ready:
            label = f"WEBHOOK {delivery.board_id} {delivery.event_type}"
            kinds = {firing.rule.kind: firing for firing in faults.firing(now, label)}
            if "drop_event" in kinds:
                self._close(delivery, "discarded")
            elif "delay_event" in kinds:
                delivery.next_at = now + timedelta(seconds=kinds["delay_event"].rule.delay_seconds)
            else:
                sent += [delivery] * (2 if "repeat_event" in kinds else 1)
            if "reorder_events" in kinds:
                kinds["reorder_events"].random.shuffle(sent)
        return sent


def _is_overdue(delivery: Delivery, now: datetime) -> bool:
    return delivery.sent_at is not None and now - delivery.sent_at >= _UNREPORTED_AFTER
