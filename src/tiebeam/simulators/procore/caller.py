"""A bare caller of the simulator in process, for trying its rules by hand and in tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from tiebeam.simulators.base.messages import SimRequest, SimResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.simulators.procore.app import ProcoreSimulator


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with its body decoded on demand and its links by their relation."""

    response: SimResponse

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status

    @property
    def headers(self) -> dict[str, str]:
        """The headers as sent."""
        return self.response.headers

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.response.body)

    @property
    def links(self) -> dict[str, str]:
        """The absolute URLs of the Link header by relation."""
        links = {}
        for part in filter(None, self.headers.get("Link", "").split(", ")):
            url, _, rel = part.partition(">; rel=")
            links[rel.strip('"')] = url.lstrip("<")
        return links


class Caller:
    """Calls one simulator, with a token once signed in and with the company header unless told otherwise."""

    def __init__(self, simulator: ProcoreSimulator, *, company_id: int | None = None) -> None:
        """`company_id` None leaves the header out."""
        self.simulator = simulator
        self.company_id = company_id
        self.token: str | None = None

    def sign_in(self, client: int = 0) -> Caller:
        """Take a service account's token for one of the options' clients."""
        app = self.simulator.options.clients[client]
        fields = {"client_id": app.client_id, "client_secret": app.client_secret}
        answer = self.post("/oauth/token", {"grant_type": "client_credentials", **fields})
        self.token = answer.json["access_token"]
        return self

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Reply:
        """GET a path or an absolute URL; a list among the parameters is sent as repeats."""
        parts = urlsplit(path)
        pairs = [
            (name, str(each))
            for name, value in (query or {}).items()
            for each in (value if isinstance(value, list) else [value])
        ]
        return self._send("GET", parts.path, (*parse_qsl(parts.query), *pairs), {}, b"")

    def post(self, path: str, fields: Mapping[str, Any]) -> Reply:
        """POST a JSON body."""
        return self._send("POST", path, (), {"content-type": "application/json"}, orjson.dumps(dict(fields)))

    def every(self, path: str, query: Mapping[str, Any] | None = None) -> list[Any]:
        """The rows of every page, walked by Link. Raises AssertionError when a page is refused."""
        rows: list[Any] = []
        page = self.get(path, query)
        while True:
            assert page.status == 200, page.response.body
            content = page.json
            rows += content["data"] if isinstance(content, dict) else content
            if "next" not in page.links:
                return rows
            page = self.get(page.links["next"])

    def _send(
        self, method: str, path: str, query: tuple[tuple[str, str], ...], headers: dict[str, str], body: bytes
    ) -> Reply:
        known = {"host": "procore.test", **headers}
        if self.token is not None:
            known["authorization"] = f"Bearer {self.token}"
        if self.company_id is not None:
            known["procore-company-id"] = str(self.company_id)
        return Reply(self.simulator.handle(SimRequest(method, path, query, known, body)))
