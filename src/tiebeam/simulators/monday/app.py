"""The simulated monday.com: one address for everything, then the limits, then the query."""

from __future__ import annotations

import random
from collections import Counter
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from graphql import execute_sync

from tiebeam.simulators.monday import backdoor, mischief
from tiebeam.simulators.monday.automations import Automations
from tiebeam.simulators.monday.calls import Call
from tiebeam.simulators.monday.cursors import Cursors
from tiebeam.simulators.monday.documents import SCHEMA, asked_by
from tiebeam.simulators.monday.errors import ApiError, LimitError, json_response, limited, refused
from tiebeam.simulators.monday.limits import Limits
from tiebeam.simulators.monday.options import MondayOptions
from tiebeam.simulators.monday.reads import Queries
from tiebeam.simulators.monday.state import Person
from tiebeam.simulators.monday.webhooks.outbox import Webhooks
from tiebeam.simulators.monday.writes import Mutations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from graphql import GraphQLError

    from tiebeam.simulators.base.faults import Faults, Firing
    from tiebeam.simulators.base.messages import SimRequest, SimResponse
    from tiebeam.simulators.monday.documents import Asked
    from tiebeam.simulators.monday.options import Token
    from tiebeam.simulators.monday.state import MondayState

PATH = "/v2"


class MondaySimulator:
    """monday.com's API over a state, in process. `on_advance` is called when control moves the time."""

    def __init__(
        self, state: MondayState, *, options: MondayOptions | None = None, faults: Faults | None = None
    ) -> None:
        self.state = state
        self.options = options or MondayOptions()
        self.faults = faults
        self.on_advance: Callable[[float], None] | None = None
        self.limits = Limits(self.options)
        self.cursors = Cursors(state, self.options.cursor_seconds)
        self.webhooks = Webhooks(state, self.options, lambda: self.faults)
        self.automations = Automations(state, self.options)
        self.revoked: set[str] = set()
        self.parallel_writes = 0
        self._calls: Counter[str] = Counter()
        self._writing_until: dict[str, float] = {}
        self._random = random.Random(f"monday writes:{state.seed}")
        for token in self.options.tokens:
            state.people.setdefault(
                token.user_id,
                Person(token.user_id, f"Integration {token.user_id}", "integration@example.com"),
            )

    def handle(self, request: SimRequest) -> SimResponse:
        """Answer one request; raises `ConnectionLost` when a fault breaks the connection."""
        moment = self.state.now()
        if request.path.startswith("/__sim/"):
            response = backdoor.handle(self, request)
        elif request.path.rstrip("/") != PATH or request.method != "POST":
            response = json_response({"error_message": "Not found", "status_code": 404}, 404)
        else:
            response = self._api(request, moment)
        response.headers["Date"] = format_datetime(moment.replace(microsecond=0), usegmt=True)
        return response

    def challenges(self, request: SimRequest) -> list[tuple[str, str]]:
        """The URLs that must answer before a call can be made, each with its challenge."""
        if request.path.rstrip("/") != PATH or b"create_webhook" not in request.body:
            return []
        urls = asked_by(request.body).arguments("create_webhook", "url")
        return [(url, self.state.take_uuid()) for url in urls if isinstance(url, str)]

    def hear_answer(self, url: str, challenge: str, status: int | None, body: bytes) -> None:
        """Take what a receiver answered to its challenge."""
        self.webhooks.hear_answer(url, challenge, status, body)

    def stats_report(self) -> dict[str, Any]:
        """Calls by what they asked for, refusals, the largest counts, and the faults that fired."""
        return {
            "calls": sum(self._calls.values()),
            "by_operation": dict(self._calls),
            "today": self.limits.today,
            "refused": self.limits.refused,
            "largest_day": self.limits.largest_day,
            "largest_complexity": self.limits.largest_complexity,
            "parallel_writes": self.parallel_writes,
            "automations": {"fired": self.automations.fired, "stopped": self.automations.stopped},
            "faults": dict(self.faults.fired) if self.faults else {},
        }

    def _api(self, request: SimRequest, moment: datetime) -> SimResponse:
        asked, request_id = asked_by(request.body), self.state.take_uuid()
        self._calls[asked.label] += 1
        firings = self._firings(asked.label, moment)
        try:
            response = self._let_in(request, asked, moment, firings, request_id)
        except LimitError as error:
            options = self.options
            response = limited(
                error,
                request_id,
                by_status=options.limits_answer == "status",
                old_style=options.complexity_error == "old" and error.code == "COMPLEXITY_BUDGET_EXHAUSTED",
            )
        except ApiError as error:
            response = refused(error, request_id)
        return mischief.after(firings, response, request_id)

    def _let_in(
        self,
        request: SimRequest,
        asked: Asked,
        moment: datetime,
        firings: Sequence[Firing],
        request_id: str,
    ) -> SimResponse:
        """Past the doors in their order: limits, faults, token, query, complexity. Raises ApiError."""
        self.limits.admit(moment)
        early = mischief.before(firings, request_id)
        if early is not None:
            return early
        token = self._token(request)
        if token is None:
            return json_response({"errors": ["Not Authenticated"]}, 401)
        if asked.problems:
            raise ApiError("GRAPHQL_VALIDATION_FAILED", "; ".join(asked.problems), status_code=400)
        spent = self.limits.spend(token, asked.points, moment, writes=asked.writes)
        seconds = self._seconds(asked, firings)
        self.limits.occupy(moment.timestamp() + seconds)
        call = Call(
            state=self.state,
            options=self.options,
            token=token,
            person=self.state.people[token.user_id],
            cursors=self.cursors,
            webhooks=self.webhooks,
            spent=spent,
            half=any(firing.rule.kind == "half_done" for firing in firings),
            spoiled=asked.writes and self._overlaps(asked, moment.timestamp(), seconds),
            random=self._random,
        )
        response = self._executed(asked, call, request_id)
        response.delay_seconds += self.options.mutation_seconds if asked.writes else 0.0
        return response

    def _executed(self, asked: Asked, call: Call, request_id: str) -> SimResponse:
        assert asked.document is not None
        root = Mutations(call) if asked.writes else Queries(call)
        result = execute_sync(SCHEMA, asked.document, root, variable_values=asked.variables)
        content: dict[str, Any] = {"data": result.data}
        if result.errors:
            content["errors"] = [_shown(error, request_id) for error in result.errors]
        return json_response(
            {**content, "extensions": {"request_id": request_id}, "account_id": self.state.account_id}
        )

    def _token(self, request: SimRequest) -> Token | None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        found = (one for one in self.options.tokens if one.text == given and one.text not in self.revoked)
        return next(found, None)

    def _seconds(self, asked: Asked, firings: Sequence[Firing]) -> float:
        own = self.options.mutation_seconds if asked.writes else 0.0
        return own + sum(firing.rule.delay_seconds for firing in firings if firing.rule.kind == "delay")

    def _overlaps(self, asked: Asked, now: float, seconds: float) -> bool:
        """Whether another write to one of the boards is still under way; this one is from now on."""
        boards = self._boards_of(asked)
        met = any(self._writing_until.get(board_id, now) > now for board_id in boards)
        for board_id in boards:
            self._writing_until[board_id] = max(now + seconds, self._writing_until.get(board_id, now))
        self.parallel_writes += met
        return met and self.options.parallel_mutations == "corrupt"

    def _boards_of(self, asked: Asked) -> set[str]:
        named = ("create_item", "change_multiple_column_values")
        boards = {str(each) for name in named for each in asked.arguments(name, "board_id")}
        for name in ("move_item_to_group", "archive_item", "delete_item"):
            items = (self.state.item(int(each)) for each in asked.arguments(name, "item_id") if _is_id(each))
            boards |= {str(item.board_id) for item in items if item}
        return boards

    def _firings(self, label: str, moment: datetime) -> Sequence[Firing]:
        if self.faults is None or not self.faults.active:
            return ()
        return self.faults.firing(moment, f"POST {PATH} {label}")


def _is_id(value: Any) -> bool:
    return str(value).isdecimal()


def _shown(error: GraphQLError, request_id: str) -> dict[str, Any]:
    return {
        "message": error.message,
        "path": error.path,
        "extensions": {**(error.extensions or {}), "request_id": request_id},
    }
