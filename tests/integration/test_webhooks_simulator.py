"""`tiebeam sim` really delivers: over sockets, to whoever made a hook, while its company works."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.command_line import simulator
from tests.factories.copies import signed_in

from tiebeam.connectors.procore.hooks import read_event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "Bearer a-secret-of-the-receiver"


@contextmanager
def receiver() -> Iterator[tuple[str, Queue[tuple[str | None, bytes]]]]:
    """Take deliveries; yields the URL and what came, each with its Authorization header."""
    came: Queue[tuple[str | None, bytes]] = Queue()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.put((self.headers["Authorization"], body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/webhooks/procore", came
        finally:
            server.shutdown()
            serving.join()


@pytest.mark.req("R4")
def test_the_simulator_delivers_what_its_company_does(tmp_path: Path) -> None:
    with simulator(tmp_path, "--size", "tiny", "--pace", 50) as sim, receiver() as (url, came):
        headers = signed_in(sim)
        hooks = f"/rest/v2.0/companies/{sim.company_id}/webhooks/hooks"
        wanted = {
            "payload_version": "v4.0",
            "namespace": "somebody",
            "destination_url": url,
            "destination_headers": {"Authorization": SECRET},
        }
        hook_id = sim.ask(hooks, wanted, **headers)["data"]["id"]
        triggers = [{"resource_name": "RFIs", "event_type": event} for event in ("create", "update")]
        sim.ask(f"{hooks}/{hook_id}/triggers/bulk", triggers, **headers)
        sim.control(advance_seconds=24 * 3600)
        authorization, body = came.get(timeout=60)
    assert authorization == SECRET
    event = read_event(body)
    assert (event.company_id, event.resource) == (str(sim.company_id), "RFIs")
    assert json.loads(body)["reason"] in ("create", "update")
