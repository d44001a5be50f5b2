"""A small simulated company and somebody who writes to it, in any of the ways a body can be sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tiebeam.simulators.base.clock import ManualClock
from tiebeam.simulators.base.faults import FaultRule, Faults
from tiebeam.simulators.base.messages import SimRequest
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.caller import Caller, Reply
from tiebeam.simulators.procore.options import ProcoreOptions
from tiebeam.simulators.procore.state import ProcoreState

START = datetime(2026, 3, 2, 15, tzinfo=UTC)
COMPANY = 1000
PROJECT = 5
P = f"/rest/v1.0/projects/{PROJECT}"
P11 = f"/rest/v1.1/projects/{PROJECT}"
OF_PROJECT = {"project_id": PROJECT}
BOUNDARY = "a1b2c3-tiebeam"


class Writer:
    """Project 5 with a firm (11), a user (21), a party (31), a location, a cost code and a contract."""

    def __init__(self, *rules: FaultRule, **options: Any) -> None:
        self.clock = ManualClock(START)
        self.state = ProcoreState(COMPANY, self.clock.now, 1)
        self.state.insert("companies", {"id": COMPANY, "name": "Ridgeline Builders", "is_active": True})
        self.state.insert("projects", {"id": PROJECT, "name": "Tower", "tz_name": "America/Chicago"})
        self.state.insert("projects", {"id": 6, "name": "Annex"})
        self.state.insert("vendors", {"id": 11, "name": "Acme Drywall", "trades": []})
        self.state.insert("users", {"id": 21, "name": "Ana Cruz", "email_address": "ana@example.com"})
        self.state.insert("people", {"id": 31, "first_name": "Bo", "last_name": "Lind", "user_id": None})
        self.location = self.put("locations", node_name="Level 2", name="Level 2")
        self.code = self.put("cost_codes", name="Drywall", code="250", full_code="09-250")
        self.contract = self.put("prime_contracts", number="PC-1", title="Prime", vendor={"id": 11})
        limits = {"hourly_limit": None, "spike_limit": None, **options}
        self.simulator = ProcoreSimulator(
            self.state, options=ProcoreOptions(**limits), faults=Faults(1, rules)
        )
        self.caller = Caller(self.simulator, company_id=COMPANY).sign_in()

    def put(self, resource: str, parent_id: int | None = None, **fields: Any) -> int:
        """Put a record into project 5 by the back door."""
        made: int = self.state.insert(resource, fields, project_id=PROJECT, parent_id=parent_id)["id"]
        return made

    def send(
        self,
        method: str,
        url: str,
        *,
        content_type: str = "",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        signed_in: bool = True,
    ) -> Reply:
        """One request with bytes for a body, signed in unless told otherwise."""
        parts = urlsplit(url)
        known = {"host": "procore.test"}
        if signed_in:
            known |= {
                "authorization": f"Bearer {self.caller.token}",
                "procore-company-id": str(self.caller.company_id),
            }
        if content_type:
            known["content-type"] = content_type
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        request = SimRequest(method, parts.path, query, {**known, **(headers or {})}, body)
        return Reply(self.simulator.handle(request))

    def json(self, method: str, url: str, content: Any) -> Reply:
        """A JSON body."""
        return self.send(method, url, content_type="application/json", body=json.dumps(content).encode())

    def form(self, method: str, url: str, *pairs: tuple[str, str]) -> Reply:
        """A form with brackets in its names."""
        kind = "application/x-www-form-urlencoded"
        return self.send(method, url, content_type=kind, body=urlencode(pairs).encode())

    def multipart(self, method: str, url: str, *parts: Any, signed_in: bool = True) -> Reply:
        """A form with files: (name, text) or (name, filename, content type, bytes)."""
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return self.send(method, url, content_type=kind, body=multipart(parts), signed_in=signed_in)

    def created(self, url: str, content: Any, status: int = 201) -> Any:
        """What a JSON POST made."""
        answer = self.json("POST", url, content)
        assert answer.status == status, answer.response.body
        return answer.json

    def changed(self, url: str, content: Any) -> Any:
        """What a JSON PATCH made of a record."""
        answer = self.json("PATCH", url, content)
        assert answer.status == 200, answer.response.body
        return answer.json

    def got(self, url: str, query: dict[str, Any] | None = None) -> Any:
        """What a GET shows."""
        answer = self.caller.get(url, query)
        assert answer.status == 200, answer.response.body
        return answer.json

    def uploaded(self, data: bytes = b"jpeg", filename: str = "slab.jpg") -> str:
        """The id of an upload that is ready to be used."""
        promised = self.created(f"{P11}/uploads", {"response_filename": filename})
        parts = [*promised["fields"].items(), ("file", filename, "image/jpeg", data)]
        stored = self.multipart("POST", promised["url"], *parts, signed_in=False)
        assert stored.status == 204, stored.response.body
        uuid: str = promised["uuid"]
        return uuid

    def downloaded(self, url: str) -> bytes:
        """The bytes behind a file's URL: token at the API, none at the storage."""
        there = self.caller.get(url)
        assert there.status == 302, there.response.body
        stored = self.send("GET", there.headers["Location"], signed_in=False)
        assert stored.status == 200, stored.response.body
        return stored.response.body


def multipart(parts: Any) -> bytes:
    """A multipart body with `BOUNDARY`."""
    pieces = []
    for part in parts:
        head = f'Content-Disposition: form-data; name="{part[0]}"'
        data = part[-1].encode() if isinstance(part[-1], str) else part[-1]
        if len(part) == 4:
            head += f'; filename="{part[1]}"\r\nContent-Type: {part[2]}'
        pieces.append(b"--" + BOUNDARY.encode() + b"\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n")
    return b"".join(pieces) + b"--" + BOUNDARY.encode() + b"--\r\n"
