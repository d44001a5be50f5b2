"""A small simulated monday.com with one board, a client of it, and everything between the two."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from tests.factories.connector_ports import RecordingGate
from tests.factories.sim_transport import SimTransport

from tiebeam.connectors.monday.client import MondayClient
from tiebeam.connectors.monday.hook_calls import HookCalls
from tiebeam.connectors.monday.reads import MondayReader
from tiebeam.connectors.monday.writes.writer import MondayWriter
from tiebeam.kernel.clock import ManualClock
from tiebeam.simulators.base.faults import FaultRule, Faults
from tiebeam.simulators.base.messages import SimRequest
from tiebeam.simulators.monday.app import MondaySimulator
from tiebeam.simulators.monday.state import Column, MondayState

if TYPE_CHECKING:
    from tiebeam.connectors.ports import Transport
    from tiebeam.simulators.base.messages import SimResponse
    from tiebeam.simulators.monday.options import MondayOptions

START = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
JOBS_URL = "https://tiebeam.example/jobs/"
LABELS = {0: "New", 1: "Done", 2: "In progress", 5: "Cancelled"}
COLUMNS = (
    Column("status", "Status", "status", LABELS, (1, 5)),
    Column("lead", "Lead", "people"),
    Column("starts", "Starts", "date"),
    Column("address", "Address", "text"),
    Column("notes", "Notes", "long_text"),
    Column("value", "Value", "numbers"),
    Column("job", "Job", "link"),
    Column("seen", "Seen elsewhere", "mirror"),
)


class FixedTokens:
    """Always the same token."""

    def __init__(self, text: str = "tiebeam-app-token") -> None:
        self.text = text
        self.replaced = 0

    async def token(self) -> str:
        return self.text

    async def replace(self, stale: str) -> str:
        self.replaced += 1
        return stale


class MondayDesk:
    """The board `Jobs` of one account, two people, and a client on virtual time."""

    def __init__(
        self, *rules: FaultRule, options: MondayOptions | None = None, clock: ManualClock | None = None
    ) -> None:
        self.clock = clock or ManualClock(START)
        self.state = MondayState(self.clock.now)
        self.ann = self.state.add_person("Ann Field")
        self.bob = self.state.add_person("Bob Stone")
        self.board = self.state.add_board("Jobs", COLUMNS)
        self.board_id = str(self.board.id)
        self.simulator = MondaySimulator(self.state, options=options, faults=Faults(1, rules))
        self.tokens = FixedTokens()
        self.connect(SimTransport(self.simulator, self.clock), "http://simulated.invalid/v2")

    def connect(self, transport: Transport, base_url: str) -> None:
        self.gate = RecordingGate()
        self.client = MondayClient(
            base_url=base_url,
            gate=self.gate,
            tokens=self.tokens,
            transport=transport,
            clock=self.clock,
            chance=lambda: 0.5,
        )
        self.reader = MondayReader(self.client, jobs_url=JOBS_URL)
        self.writer = MondayWriter(self.client, jobs_url=JOBS_URL)
        self.hooks = HookCalls(self.client)

    def raw(self, query: str, *, token: str = "tiebeam-app-token", **variables: Any) -> SimResponse:
        """Ask as anybody would who has read the documentation."""
        body = orjson.dumps({"query": query, "variables": variables})
        headers = {"authorization": token, "content-type": "application/json"}
        return self.simulator.handle(SimRequest("POST", "/v2", (), headers, body))

    def asked(self, query: str, **variables: Any) -> dict[str, Any]:
        """Ask and return the answer, which is no refusal."""
        answer: dict[str, Any] = orjson.loads(self.raw(query, **variables).body)
        assert "errors" not in answer, answer
        found: dict[str, Any] = answer["data"]
        return found

    def refused(self, query: str, **variables: Any) -> str:
        """Ask and return the code of the refusal."""
        answer = orjson.loads(self.raw(query, **variables).body)
        return str(answer["errors"][0]["extensions"]["code"])

    def create(self, name: str = "Roof", **cells: Any) -> str:
        """Put an item onto the board and return its id."""
        made = self.asked(CREATE, board=self.board_id, name=name, values=orjson.dumps(cells).decode())
        return str(made["create_item"]["id"])

    def change(self, item_id: str, **cells: Any) -> dict[str, Any]:
        """Fill cells of an item."""
        values = orjson.dumps(cells).decode()
        return self.asked(CHANGE, board=self.board_id, item=item_id, values=values)

    def listens(self, url: str) -> None:
        """Let a receiver have answered its challenge."""
        self.simulator.hear_answer(url, "c", 200, b'{"challenge":"c"}')

    def texts(self, item_id: str) -> dict[str, str]:
        """What people read in the cells of an item."""
        found = self.asked(ITEM, ids=[item_id])["items"][0]["column_values"]
        return {cell["id"]: cell["text"] for cell in found if cell["text"]}


CREATE = (
    "mutation ($board: ID!, $name: String!, $values: JSON)"
    " { create_item(board_id: $board, item_name: $name, column_values: $values) { id name } }"
)
CHANGE = (
    "mutation ($board: ID!, $item: ID, $values: JSON!) { change_multiple_column_values("
    "board_id: $board, item_id: $item, column_values: $values) { id name } }"
)
ITEM = "query ($ids: [ID!]) { items(ids: $ids) { id name state column_values { id text value } } }"
HOOK = (
    "mutation ($board: ID!, $url: String!, $event: WebhookEventType!, $config: JSON)"
    " { create_webhook(board_id: $board, url: $url, event: $event, config: $config) { id board_id event } }"
)
