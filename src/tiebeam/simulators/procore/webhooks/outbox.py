"""The queue of deliveries: one for each hook, paused while its receiver fails."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from tiebeam.simulators.procore.identifiers import Ulids
from tiebeam.simulators.procore.webhooks.model import Attempt, Delivery, Event, Hook, Trigger
from tiebeam.simulators.procore.webhooks.names import announced_as
from tiebeam.simulators.procore.webhooks.payloads import payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tiebeam.simulators.base.faults import Faults
    from tiebeam.simulators.procore.state import Happening, ProcoreState
    from tiebeam.simulators.procore.tables import Row
    from tiebeam.simulators.procore.webhooks.model import EventType
    from tiebeam.simulators.procore.webhooks.names import Announced

_FIRST_PAUSE_SECONDS = 1
_PAUSE_SECONDS_MAX = 3600
_GIVEN_UP_AFTER = timedelta(hours=12)
# A receiver has five seconds; a sender that never says how it went is taken to have failed.
_UNREPORTED_AFTER = timedelta(seconds=30)
_KEPT_MAX = 100_000


@dataclass(slots=True)
class _Queue:
    """What waits for one hook, and how its receiver has been doing."""

    waiting: deque[Delivery] = field(default_factory=deque)
    failures: int = 0
    failing_since: datetime | None = None
    paused_until: datetime | None = None

    def fail(self, moment: datetime) -> None:
        """Wait twice as long as the last time, from one second up to an hour."""
        self.failing_since = self.failing_since or moment
        pause = min(_FIRST_PAUSE_SECONDS * 2 ** min(self.failures, 30), _PAUSE_SECONDS_MAX)
        self.failures += 1
        self.paused_until = moment + timedelta(seconds=pause)

    def recover(self) -> None:
        """Go on as if nothing had been."""
        self.failures, self.failing_since, self.paused_until = 0, None, None


class Webhooks:
    """The hooks of a company and everything that was to be delivered to them.

    Whoever really sends asks `due` and reports by `delivered`; nothing here sends anything.
    """

    def __init__(self, state: ProcoreState, faults: Callable[[], Faults | None], user_id: int) -> None:
        """Listen to a state; `user_id` is said to have done what nobody is known to have done."""
        self.hooks: dict[int, Hook] = {}
        self.deliveries: deque[Delivery] = deque(maxlen=_KEPT_MAX)
        self._state = state
        self._faults = faults
        self._user_id = user_id
        self._acting: tuple[int, str] | None = None
        self._ulids = Ulids(state.seed + 104_729)
        self._queues: dict[int, _Queue] = {}
        self._in_flight: dict[str, Delivery] = {}
        self._taken = 0
        state.listeners.append(self._hear)

    @contextmanager
    def acting(self, user_id: int, application_id: str) -> Iterator[None]:
        """A user did what happens meanwhile, through an application."""
        self._acting = (user_id, application_id)
        try:
            yield
        finally:
            self._acting = None

    def take_id(self) -> int:
        """An id for a hook, a trigger or an event."""
        self._taken += 1
        return 4_000_000 + self._taken

    def add_trigger(self, hook: Hook, resource_name: str, event_type: str) -> Trigger:
        """Call a hook for a kind of event from now on."""
        trigger = Trigger(self.take_id(), resource_name, event_type)
        hook.triggers.append(trigger)
        return trigger

    def remove(self, hook_id: int) -> None:
        """Forget a hook, and what waits for it."""
        del self.hooks[hook_id]
        self._queues.pop(hook_id, None)

    def due(self, now: datetime) -> list[Delivery]:
        """What is to be sent at a moment, each reported once until it fails; nothing while a queue pauses."""
        for delivery in [each for each in self._in_flight.values() if _overdue(each, now)]:
            self.delivered(delivery.id, None, now)
        found: list[Delivery] = []
        for queue in self._queues.values():
            found += self._due_of(queue, now)
        for delivery in found:
            delivery.sent_at = now
            self._in_flight[delivery.id] = delivery
        return self._disturbed(found, now)

    def delivered(self, delivery_id: str, status: int | None, now: datetime | None = None) -> None:
        """Report what a receiver said: 2xx is done; anything else, or no answer (None), pauses the queue."""
        delivery = self._in_flight.pop(delivery_id, None)
        if delivery is None or delivery.sent_at is None:
            return
        moment = now or self._state.now()
        attempt = Attempt(delivery.sent_at, moment, status)
        delivery.attempts.append(attempt)
        queue = self._queues.get(delivery.hook_id)
        if attempt.succeeded:
            delivery.status = "delivered"
            if queue is not None:
                queue.waiting = deque(each for each in queue.waiting if each is not delivery)
                queue.recover()
            return
        delivery.status = "retrying"
        if queue is not None and (queue.paused_until is None or delivery.sent_at >= queue.paused_until):
            queue.fail(moment)

    def next_moment(self, now: datetime) -> datetime | None:
        """When something may be due, as far as is known; None while nothing waits."""
        moments = [
            max(now, queue.paused_until or now)
            for queue in self._queues.values()
            if any(each.id not in self._in_flight for each in queue.waiting)
        ]
        return min(moments, default=None)

    def _due_of(self, queue: _Queue, now: datetime) -> list[Delivery]:
        if queue.failing_since is not None and now - queue.failing_since >= _GIVEN_UP_AFTER:
            for delivery in queue.waiting:
                delivery.status = "discarded"
                self._in_flight.pop(delivery.id, None)
            queue.waiting.clear()
            queue.recover()
        if queue.paused_until is not None and now < queue.paused_until:
            return []
        ready = [each for each in queue.waiting if each.id not in self._in_flight]
        # A queue that failed tries one before it sends the rest.
        return ready[:1] if queue.failing_since is not None else ready

    def _disturbed(self, found: list[Delivery], now: datetime) -> list[Delivery]:
        """What the faults make of it: sent twice, in another order, or lost with nobody to report it."""
        faults = self._faults()
        if faults is None or not found:
            return found
        sent: list[Delivery] = []
        for delivery in found:
            label = f"WEBHOOK {delivery.event.resource_name} {delivery.event.event_type}"
            kinds = {firing.rule.kind: firing.random for firing in faults.firing(now, label)}
            if "drop_event" in kinds:
                self._lose(delivery)
                continue
            sent += [delivery] * (2 if "repeat_event" in kinds else 1)
            if "reorder_events" in kinds:
                kinds["reorder_events"].shuffle(sent)
        return sent

    def _lose(self, delivery: Delivery) -> None:
        delivery.status = "discarded"
        del self._in_flight[delivery.id]
        waiting = self._queues[delivery.hook_id].waiting
        self._queues[delivery.hook_id].waiting = deque(each for each in waiting if each is not delivery)

    def _hear(self, happening: Happening) -> None:
        if not self.hooks:
            return
        told = announced_as(happening.resource, happening.row)
        event_type: EventType = "update" if happening.kind == "restore" else happening.kind
        if told is None or event_type not in told.events:
            return
        event = self._event(happening, told, event_type)
        for hook in self.hooks.values():
            if hook.wants(event):
                self._enqueue(hook, event)

    def _event(self, happening: Happening, told: Announced, event_type: EventType) -> Event:
        row = happening.row
        project_id = int(row.id) if told.resource == "projects" else row.project_id
        user_id, application_id = self._acting or (_author(row) or self._user_id, None)
        parent = () if told.parent_name is None else ((row.parent_id or 0, told.parent_name),)
        return Event(
            id=self.take_id(),
            ulid=self._ulids.take(happening.at),
            at=happening.at,
            event_type=event_type,
            reason=happening.kind,
            resource_name=told.name,
            resource_id=row.id,
            company_id=self._state.company_id,
            project_id=project_id,
            user_id=user_id,
            application_id=application_id,
            related=parent,
        )

    def _enqueue(self, hook: Hook, event: Event) -> None:
        delivery = Delivery(
            id=self._ulids.take(event.at),
            hook_id=hook.id,
            event=event,
            url=hook.destination_url,
            headers={"Content-Type": "application/json", **hook.destination_headers},
            body=orjson.dumps(payload(event, hook.payload_version)),
        )
        self.deliveries.append(delivery)
        self._queues.setdefault(hook.id, _Queue()).waiting.append(delivery)


def _overdue(delivery: Delivery, now: datetime) -> bool:
    return delivery.sent_at is not None and now - delivery.sent_at >= _UNREPORTED_AFTER


def _author(row: Row) -> Any:
    """Who is likely to have done something to a record that the company itself changed."""
    for name in ("updated_by", "created_by", "creator", "uploader"):
        held = row.fields.get(name)
        if isinstance(held, dict) and isinstance(held.get("id"), int):
            return held["id"]
    return row.fields.get("created_by_id")
