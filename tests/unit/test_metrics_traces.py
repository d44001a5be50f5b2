"""One id from an entry to each vendor call, in counts, logs and spans; and nothing where none is wanted."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from tests.factories.connector_ports import RecordingGate, ScriptedTransport, answer
from tests.factories.procore_desk import BY_VIEW, PROJECT, START, ProcoreDesk
from tests.factories.sim_transport import SimTransport

from tiebeam.connectors.outcomes import TIMED_OUT, transport_error
from tiebeam.connectors.ports import Detail, Page, PageRequest, Refusal, Request, Share, TransportError
from tiebeam.connectors.procore.client import ProcoreClient
from tiebeam.connectors.procore.reads import ProcoreReader
from tiebeam.instruments import Instruments
from tiebeam.kernel.correlation import bound, correlation_id
from tiebeam.operations.metrics.registry import Metrics
from tiebeam.operations.metrics.traces import (
    NoTraces,
    OpenTelemetryTraces,
    open_traces,
    trace_id_of,
    traces_wanted_in_vain,
)
from tiebeam.simulators.base.faults import FaultRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.connectors.ports import Response
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.operations.metrics.traces import Traces


class TracedDesk:
    """The simulated company, read through instruments."""

    def __init__(self, *rules: FaultRule, traces: Traces | None = None) -> None:
        self.desk = ProcoreDesk(*rules)
        self.metrics = Metrics()
        self.instruments = Instruments("procore", self.metrics, self.desk.clock, traces)
        inside = SimTransport(self.desk.simulator, self.desk.clock)
        self.desk.connect(self.instruments.transport(inside, share="login"), "http://simulated.invalid")
        client = ProcoreClient(
            base_url="http://simulated.invalid",
            company_id="1000",
            gate=self.instruments.gate(self.desk.gate),
            tokens=self.desk.tokens,
            transport=self.instruments.transport(inside),
            clock=self.desk.clock,
            chance=lambda: 0.5,
        )
        self.reader = self.instruments.reader(ProcoreReader(client))

    async def page(self, view: str, share: Share = Share.POLL) -> Page | Refusal:
        return await self.reader.page(PageRequest(BY_VIEW[view], 0, PROJECT, share=share))

    def count(self, name: str, **labels: str) -> float:
        families = text_string_to_metric_families(self.metrics.exposition().decode())
        found = [
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == f"tiebeam_{name}" and sample.labels == labels
        ]
        return found[0] if found else 0.0


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traces(exporter: InMemorySpanExporter) -> Iterator[Traces]:
    opened = open_traces({}, exporter)
    yield opened
    opened.close()


@pytest.mark.req("R9", "W14")
async def test_calls_are_counted_by_vendor_share_and_outcome() -> None:
    rules = [FaultRule("status", match="/rfis", skip=1, count=1, status=429, retry_after_seconds=7)]
    traced = TracedDesk(*rules, FaultRule("drop_answer", match="/rfis", skip=2, count=1))
    traced.desk.put("rfis", subject="Beam")
    assert isinstance(await traced.page("rfis"), Page)
    assert isinstance(await traced.page("rfis", Share.DEMAND), Page)
    detail = await traced.reader.detail(BY_VIEW["rfis"], PROJECT, "999", Share.WEBHOOK)
    assert isinstance(detail, Refusal)
    calls = {
        ("login", "200"): 1,
        ("poll", "200"): 1,
        ("demand", "429"): 1,
        ("demand", "transport.broken"): 1,
        ("demand", "200"): 1,
        ("webhook", "404"): 1,
    }
    for (share, code), count in calls.items():
        found = traced.count("vendor_calls_total", vendor="procore", share=share, code=code)
        assert (share, code, found) == (share, code, count)
    assert traced.count("gate_pauses_total", vendor="procore") == 1
    assert traced.count("gate_wait_seconds_count", vendor="procore", share="demand") == 3
    assert traced.count("sync_pages_total", stream="procore.rfis") == 2
    assert traced.count("sync_rows_total", stream="procore.rfis") == 2
    assert traced.count("errors_total", code=detail.code) == 1
    assert traced.count("errors_total", code="transport.broken") == 1


async def test_the_inner_gate_and_reader_hear_everything() -> None:
    traced = TracedDesk()
    traced.desk.put("rfis", id=7, subject="Beam")
    found = await traced.reader.detail(BY_VIEW["rfis"], PROJECT, "7", Share.WEBHOOK)
    assert isinstance(found, Detail)
    days = await traced.reader.busy_days(
        BY_VIEW["daily_log_headers"], PROJECT, START.date(), START.date(), Share.POLL
    )
    assert not isinstance(days, Refusal)
    assert set(traced.desk.gate.entered) == {Share.WEBHOOK, Share.POLL}
    assert len(traced.desk.gate.sightings) == len(traced.desk.gate.entered)


async def test_one_id_goes_from_the_entry_to_each_vendor_call(
    caplog: pytest.LogCaptureFixture, traces: Traces, exporter: InMemorySpanExporter
) -> None:
    caplog.set_level(logging.DEBUG, "tiebeam")
    traced = TracedDesk(traces=traces)
    traced.desk.put("rfis", subject="Beam")
    heard: list[str | None] = []

    def hear(_record: logging.LogRecord) -> bool:
        heard.append(correlation_id())
        return True

    caplog.handler.addFilter(hear)
    with bound("delivery-7") as entry, traces.span("webhook", {}):
        await traced.page("rfis", Share.WEBHOOK)
        await traced.page("documents", Share.WEBHOOK)
    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["procore POST", "procore GET", "procore GET", "webhook"]
    assert heard == [entry] * 3
    for span in spans:
        assert span.attributes
        assert span.context
        assert span.attributes["tiebeam.correlation"] == "delivery-7"
        assert span.context.trace_id == trace_id_of("delivery-7")
    entered = spans[-1].context
    assert entered
    assert all(span.parent and span.parent.span_id == entered.span_id for span in spans[:-1])


async def test_without_an_entry_each_call_has_an_id_of_its_own(
    clock: ManualClock, traces: Traces, exporter: InMemorySpanExporter
) -> None:
    transport = Instruments("procore", Metrics(), clock, traces).transport(ScriptedTransport(answer({})))
    for _ in range(2):
        await transport.send(Request("GET", "https://api.example/x"))
    ids = [
        span.attributes["tiebeam.correlation"] for span in exporter.get_finished_spans() if span.attributes
    ]
    assert len(set(ids)) == 2


async def test_a_span_tells_the_call_and_no_secret(
    clock: ManualClock, traces: Traces, exporter: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tiebeam")
    timed_out = transport_error(TIMED_OUT, "", sent=True)
    inner = ScriptedTransport(answer({}, 503, x_request_id="theirs-1"), timed_out)
    transport = Instruments("procore", Metrics(), clock, traces).transport(inner, share="login")
    url = "https://me:hunter22@api.example/oauth/token=hunter22"
    request = Request("POST", url, (("sig", "hunter22"),), {"Authorization": "Bearer hunter22"}, b"hunter22")
    await transport.send(request)
    with pytest.raises(TransportError):
        await transport.send(request)
    first, second = exporter.get_finished_spans()
    assert first.attributes
    assert second.attributes
    assert first.attributes["http.response.status_code"] == 503
    assert first.attributes["server.address"] == "api.example"
    assert first.attributes["tiebeam.share"] == "login"
    assert second.attributes["error.type"] == timed_out.code
    assert not second.status.is_ok
    assert "hunter22" not in first.to_json() + second.to_json()
    assert [getattr(line, "vendor_request_id", None) for line in caplog.records] == ["theirs-1", None]
    assert inner.requests == [request, request]


async def test_what_breaks_inside_a_span_is_told_by_its_code_alone(
    traces: Traces, exporter: InMemorySpanExporter
) -> None:
    with pytest.raises(ValueError, match="hunter22"), traces.span("job", {"kind": "pull"}):
        raise ValueError("password=hunter22")
    (span,) = exporter.get_finished_spans()
    assert span.attributes == {"kind": "pull", "error.type": "ValueError"}
    assert "hunter22" not in span.to_json()


class Collector(BaseHTTPRequestHandler):
    """What OTLP sends to."""

    bodies: list[bytes]

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def test_spans_reach_the_endpoint_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes] = []
    collector = HTTPServer(("127.0.0.1", 0), type("Ours", (Collector,), {"bodies": bodies}))
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{collector.server_port}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    opened = open_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint})
    assert isinstance(opened, OpenTelemetryTraces)
    try:
        with bound() as entry, opened.span("procore GET", {}):
            pass
        opened.close()
    finally:
        collector.shutdown()
        collector.server_close()
    assert any(b"procore GET" in body and bytes.fromhex(entry) in body for body in bodies)


def test_without_an_endpoint_nothing_is_opened_and_nothing_imported() -> None:
    assert isinstance(open_traces({}), NoTraces)
    assert isinstance(open_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}), NoTraces)
    script = (
        "import sys; import tiebeam.instruments; from tiebeam.operations.metrics.traces import open_traces; "
        "open_traces({}); print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_endpoint_without_the_extra_is_told_and_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    assert not traces_wanted_in_vain(wanted)
    monkeypatch.setattr("tiebeam.operations.metrics.traces.find_spec", lambda _name: None)
    assert traces_wanted_in_vain(wanted)
    assert not traces_wanted_in_vain({})
    assert isinstance(open_traces(wanted), NoTraces)


@pytest.mark.parametrize(("given", "name"), [({}, "tiebeam"), ({"OTEL_SERVICE_NAME": "east"}, "east")])
def test_what_sends_has_a_name(
    monkeypatch: pytest.MonkeyPatch, exporter: InMemorySpanExporter, given: dict[str, str], name: str
) -> None:
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    opened = open_traces(given, exporter)
    with opened.span("job", {}):
        pass
    opened.close()
    assert exporter.get_finished_spans()[0].resource.attributes["service.name"] == name


async def test_a_call_that_was_cut_off_is_counted_too(clock: ManualClock) -> None:
    class Never:
        async def send(self, _request: Request) -> Response:
            asked.set()
            await asyncio.Event().wait()
            raise AssertionError

    asked, metrics = asyncio.Event(), Metrics()
    transport = Instruments("procore", metrics, clock).transport(Never(), share="login")
    task = asyncio.create_task(transport.send(Request("GET", "https://api.example/x")))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    sample = b'tiebeam_vendor_calls_total{code="cancelled",share="login",vendor="procore"} 1.0'
    assert sample in metrics.exposition()


def test_a_trace_is_found_by_its_correlation_id() -> None:
    assert trace_id_of("0" * 31 + "a") == 10
    assert trace_id_of("0" * 32) == 1
    assert 0 < trace_id_of("delivery-7") < 2**128
    assert trace_id_of("delivery-7") != trace_id_of("delivery-8")


async def test_a_gate_that_is_no_gate_of_ours_hears_the_share(clock: ManualClock) -> None:
    gate = RecordingGate()
    await Instruments("procore", Metrics(), clock).gate(gate).enter(Share.HEADROOM)
    assert gate.entered == [Share.HEADROOM]
