"""A `tiebeam sim monday` that runs, and an address at which its webhooks find whoever listens just now."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

from tests.factories.command_line import ended, shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(slots=True)
class MondayUp:
    """A simulated monday.com behind a socket."""

    url: str
    board_id: str
    token: str = field(repr=False)
    personal_token: str = field(repr=False)
    signing_secret: str = field(repr=False)

    def control(self, **fields: object) -> dict[str, Any]:
        """Have people do something there, or something go wrong."""
        found = self._ask("/__sim/control", fields)
        assert isinstance(found, dict)
        return found

    def edit(self, do: str, **what: object) -> str:
        """Have somebody do something there; return the item."""
        return str(self.control(edits=[{"do": do, **what}])["items"][0])

    def items(self) -> dict[str, dict[str, Any]]:
        """Return what people see on the board, by the name of the item."""
        (board,) = self._ask("/__sim/truth")["boards"]
        return {one["name"]: one for one in board["items"]}

    def writes(self) -> int:
        """Return how many times an item was changed by a call."""
        asked: dict[str, int] = self._ask("/__sim/stats")["by_operation"]
        return sum(
            count for name, count in asked.items() if "change_multiple" in name or "create_item" in name
        )

    def _ask(self, path: str, fields: object = None) -> Any:
        body = None if fields is None else json.dumps(fields).encode()
        request = urllib.request.Request(self.url.removesuffix("/v2") + path, body)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@contextmanager
def monday_up(folder: Path, *options: object) -> Iterator[MondayUp]:
    """Run one on a free port."""
    process = shell(folder).start("sim", "monday", "--port", 0, *options, "--json", stderr=None)
    try:
        assert process.stdout
        announced = process.stdout.readline()
        assert announced, "the simulator has not come up; what it said is on standard error"
        yield MondayUp(**json.loads(announced))
    finally:
        ended(process)


class Relay:
    """An address that stays, whatever comes and goes behind it; with nobody there it answers 503."""

    def __init__(self) -> None:
        self.target = ""
        self.passed = 0
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, said = relay.pass_on(self.path, dict(self.headers), body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, name="relay")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def pass_on(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        kept = {
            name: value
            for name, value in headers.items()
            if name.lower() in {"authorization", "content-type"}
        }
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self.target + path, body, kept), timeout=30
            ) as answer:
                self.passed += 1
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()
        except (OSError, ValueError):
            return 503, b""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(30)
        self._server.server_close()
