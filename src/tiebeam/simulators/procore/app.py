"""The simulated Procore: one door after another, then the handler, then whatever goes wrong."""

from __future__ import annotations

from email.utils import format_datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from tiebeam.simulators.procore import backdoor
from tiebeam.simulators.procore.cache import ListingCache
from tiebeam.simulators.procore.calls import Call, Query, open_project
from tiebeam.simulators.procore.errors import ApiError, not_found
from tiebeam.simulators.procore.limits import Limits
from tiebeam.simulators.procore.mischief import (
    Mischief,
    Target,
    refusal,
    refused_in_part,
    stored,
    without_last,
)
from tiebeam.simulators.procore.oauth import OAuth, bearer
from tiebeam.simulators.procore.options import ProcoreOptions
from tiebeam.simulators.procore.reads import (
    correspondence,
    daily_logs,
    directory,
    money,
    paper,
    schedule,
    tools,
)
from tiebeam.simulators.procore.render import Renderer
from tiebeam.simulators.procore.routing import Route, Router
from tiebeam.simulators.procore.stats import Stats
from tiebeam.simulators.procore.storage import Storeroom, signature_ended
from tiebeam.simulators.procore.storage import content as stored_content
from tiebeam.simulators.procore.truth import TruthRow, truth
from tiebeam.simulators.procore.webhooks.outbox import Webhooks
from tiebeam.simulators.procore.writes.routes import write_routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from tiebeam.simulators.base.faults import Faults, Firing
    from tiebeam.simulators.base.messages import SimRequest, SimResponse
    from tiebeam.simulators.procore.state import ProcoreState
    from tiebeam.simulators.procore.tables import RecordId

_FAMILIES = (directory, correspondence, paper, money, schedule, daily_logs, tools)


def read_routes() -> Iterator[Route]:
    """Every operation that only reads."""
    return chain.from_iterable(family.routes() for family in _FAMILIES)


class ProcoreSimulator:
    """Procore's REST API over a state, in process.

    `routes` are the operations beside the reads. `on_request` is called with the moment before each API
    call, so that whoever fills the state can let it live up to then; `on_advance` when control asks to move
    on by some seconds; `on_changes` when it asks for so many changes at once, and returns how many it made.
    """

    def __init__(
        self,
        state: ProcoreState,
        *,
        options: ProcoreOptions | None = None,
        faults: Faults | None = None,
        routes: Sequence[Route] = (),
    ) -> None:
        """All chance follows from the state's seed and the faults' own."""
        self.state = state
        self.options = options or ProcoreOptions()
        self.faults = faults
        self.on_request: Callable[[datetime], None] | None = None
        self.on_advance: Callable[[float], None] | None = None
        self.on_changes: Callable[[int], int] | None = None
        self.oauth = OAuth(self.options, self.options.token_seed or state.seed)
        self.limits = Limits(self.options)
        self.stats = Stats()
        self.renderer = Renderer(state, self.options.signed_url_seconds)
        self._listings = ListingCache()
        self._mischief = Mischief(state, self.oauth)
        self.storeroom = Storeroom(self.options, state.seed)
        self.webhooks = Webhooks(state, lambda: self.faults, self.options.user["id"])
        self._router = Router([*read_routes(), *write_routes(), *routes])

    def handle(self, request: SimRequest) -> SimResponse:
        """Answer one request; raises `ConnectionLost` when a fault breaks the connection."""
        if request.path.startswith("/__sim/"):
            return self._own_door(request)
        if self.on_request is not None:
            self.on_request(self.state.now())
        moment = self.state.now()
        if request.path.startswith("/files/"):
            return self._dated(self._file(request, moment), moment, ())
        if request.path.startswith("/storage/"):
            return self._storage(request, moment)
        return self._api(request, moment)

    def truth(
        self,
        resource: str | None = None,
        *,
        project_id: int | None = None,
        parent_id: RecordId | None = None,
    ) -> Iterator[TruthRow]:
        """What a perfect copy would hold, of a resource and scope or of everything."""
        return truth(self.state, resource, project_id=project_id, parent_id=parent_id)

    def stats_report(self) -> dict[str, Any]:
        """Calls, refusals, the largest counts within the windows, and the faults that fired."""
        return self.stats.report(self.limits, self.options, self.faults.fired if self.faults else {})

    def stop_faults(self) -> None:
        """Let nothing go wrong any more, and end what was to go wrong for a while only."""
        if self.faults is not None:
            self.faults.stop()
        self._mischief.settle(None)

    def _own_door(self, request: SimRequest) -> SimResponse:
        try:
            response = backdoor.handle(self, request)
        except ApiError as error:
            response = error.response(request.path)
        return self._dated(response, self.state.now(), ())

    def _api(self, request: SimRequest, moment: datetime) -> SimResponse:
        self._mischief.settle(moment)
        found = self._router.find(request.method, request.path)
        route, params = found or (None, {})
        firings = self._firings(request, moment)
        target = Target(route, _named_project(params, request))
        if firings:
            self._mischief.before(firings, target, moment)
        request, left_out = without_last(firings, request)
        response = self._admitted(request, moment, route, params, firings)
        if left_out is not None:
            response = refused_in_part(response, left_out)
        label = f"{request.method} {route.path}" if route else f"{request.method} {_unrouted(request.path)}"
        self.stats.note(label, response.status)
        if firings:
            response = self._mischief.after(firings, response, target)
        return self._dated(response, moment, firings)

    def _storage(self, request: SimRequest, moment: datetime) -> SimResponse:
        """The storage is no part of the API: no token, no limits, and errors of its own."""
        firings, nowhere = self._firings(request, moment), Target(None, None)
        self._mischief.before(firings, nowhere, moment)
        response = stored(self.storeroom, request, moment, firings)
        return self._dated(self._mischief.after(firings, response, nowhere), moment, firings)

    def _file(self, request: SimRequest, moment: datetime) -> SimResponse:
        """A file's own URL: signed, and on the API's host, so that it wants the token too."""
        refused = signature_ended(self.renderer, request, moment)
        if refused is not None:
            return refused
        if not self.options.files_need_token:
            return stored_content(self.storeroom, request.path)
        try:
            self.oauth.principal(request, moment)
        except ApiError as error:
            return error.response(request.path)
        return self.storeroom.given_out(request.path, self._base_url(request), moment)

    def _firings(self, request: SimRequest, moment: datetime) -> Sequence[Firing]:
        if self.faults is None or not self.faults.active:
            return ()
        query = "&".join(f"{name}={value}" for name, value in request.query)
        return self.faults.firing(moment, f"{request.method} {request.path}{'?' if query else ''}{query}")

    def _admitted(
        self,
        request: SimRequest,
        moment: datetime,
        route: Route | None,
        params: dict[str, str],
        firings: Sequence[Firing],
    ) -> SimResponse:
        """Past the limits, which every API call uses up; the login host has none."""
        if request.path.startswith("/oauth/"):
            return self._answer(request, lambda: self.oauth.handle(request, moment), firings)
        caller = bearer(request) if self.options.limit_by == "token" else self.oauth.client_of(request)
        limiter = self.limits.of(caller)
        if limiter.admit(moment):
            response = self._answer(request, lambda: self._route(request, moment, route, params), firings)
        else:
            response = ApiError(429, "You have surpassed the max number of requests").response(request.path)
            if self.options.retry_after_on_429:
                reset = int(limiter.headers(moment)["X-Rate-Limit-Reset"])
                response.headers["Retry-After"] = str(max(1, reset - int(moment.timestamp())))
        response.headers |= limiter.headers(moment, _skew_seconds(firings))
        return response

    def _answer(
        self, request: SimRequest, handler: Callable[[], SimResponse], firings: Sequence[Firing]
    ) -> SimResponse:
        refused = next((f.rule for f in firings if f.rule.kind == "status" and not f.rule.processed), None)
        if refused is not None:
            return refusal(refused)
        try:
            return handler()
        except ApiError as error:
            return error.response(request.path)

    def _route(
        self, request: SimRequest, moment: datetime, route: Route | None, params: dict[str, str]
    ) -> SimResponse:
        """Through the doors in the order of the real thing: token, route, company, project and tool."""
        principal = self.oauth.principal(request, moment)
        if route is None:
            raise not_found()
        call = Call(
            request=request,
            params=params,
            query=Query(request.query),
            state=self.state,
            options=self.options,
            renderer=self.renderer,
            listings=self._listings,
            principal=principal,
            moment=moment,
            base_url=self._base_url(request),
            storeroom=self.storeroom,
            webhooks=self.webhooks,
        )
        self._check_company(call, route)
        if route.in_project:
            open_project(self.state, call.project_id(), route.tool)
        with self.webhooks.acting(principal.user["id"], principal.client_id):
            response = route.handler(call)
        response.body = self.renderer.finish(response.body, call.base_url, moment)
        return response

    def _check_company(self, call: Call, route: Route) -> None:
        own = str(self.state.company_id)
        given = call.request.headers.get("procore-company-id")
        if route.header and not given and not self._named_otherwise(call):
            raise self._no_company(call.request.path)
        named = [given, call.params.get("company_id"), call.query.get("company_id")]
        if any(company is not None and company.strip() != own for company in named):
            raise ApiError(403, "You do not have access to this company")

    def _named_otherwise(self, call: Call) -> bool:
        """A version 1 call that names the company, or a project by its query: clients in use rely on it."""
        if self.options.missing_company == "accepted":
            return True
        queried = any(call.query.get(name) is not None for name in ("company_id", "project_id"))
        named = queried or "company_id" in call.params
        return named and self.options.query_names_company and call.request.path.startswith("/rest/v1")

    def _no_company(self, path: str) -> ApiError:
        if path.startswith("/rest/v1") and self.options.missing_company == "not_found":
            return not_found()
        return ApiError(400, "Missing Procore-Company-Id header!")

    def _base_url(self, request: SimRequest) -> str:
        if self.options.base_url is not None:
            return self.options.base_url.rstrip("/")
        host = request.headers.get("host", "api.procore.invalid")
        return f"http://{host}".replace('"', "").replace("\\", "")

    def _dated(self, response: SimResponse, moment: datetime, firings: Sequence[Firing]) -> SimResponse:
        shown = moment.replace(microsecond=0)
        skew = _skew_seconds(firings)
        if skew:
            shown = type(moment).fromtimestamp(int(moment.timestamp() + skew), tz=moment.tzinfo)
        response.headers["Date"] = format_datetime(shown, usegmt=True)
        return response


def _skew_seconds(firings: Sequence[Firing]) -> float:
    return sum(firing.rule.skew_seconds for firing in firings if firing.rule.kind == "skew_clock")


def _named_project(params: dict[str, str], request: SimRequest) -> int | None:
    text = params.get("project_id") or Query(request.query).get("project_id") or ""
    return int(text) if text.isdecimal() else None


def _unrouted(path: str) -> str:
    return path if path.startswith("/oauth/") else "(no such operation)"
