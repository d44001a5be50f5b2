"""The metrics of this process and of the database, in a registry of their own, as Prometheus reads them."""

from __future__ import annotations

from collections import defaultdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from tiebeam.operations.metrics.labels import Vocabulary, status_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiebeam.operations.metrics.model import (
        ConnectionMeasure,
        GateLevel,
        QueueDepth,
        StreamMeasure,
    )

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_CALL_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_WAIT_SECONDS = (0.01, 0.1, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
_JOB_SECONDS = (0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)


class Metrics:
    """Counts what this process does and shows what the database holds. No label tells whose anything is.

    Whatever is given as a label passes a vocabulary: an id, an address or the 201st word becomes `other`.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._words: defaultdict[str, Vocabulary] = defaultdict(Vocabulary)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._gauge("build_info", "The release of Tiebeam that runs.", "version").labels(
            version("tiebeam")
        ).set(1)
        self._make_counters()
        self._make_gauges()

    def exposition(self) -> bytes:
        """Return all of it in the text format 0.0.4, of CONTENT_TYPE."""
        return generate_latest(self._registry)

    def called(self, vendor: str, share: str, code: int | str, seconds: float) -> None:
        """Count a vendor call that ended in an HTTP status, or in the code of an error."""
        said = status_word(code) if isinstance(code, int) else self._word("code", code)
        self._calls.labels(self._word("vendor", vendor), self._word("share", share), said).inc()
        self._call_seconds.labels(self._word("vendor", vendor)).observe(seconds)

    def waited(self, vendor: str, share: str, seconds: float) -> None:
        """Count a call that the rate gate let pass after `seconds`."""
        self._waits.labels(self._word("vendor", vendor), self._word("share", share)).observe(seconds)

    def paused(self, vendor: str) -> None:
        """Count an answer by which the vendor asks to be left alone."""
        self._pauses.labels(self._word("vendor", vendor)).inc()

    def failed(self, code: str) -> None:
        """Count an error or a refusal by its code, such as `procore.tool_off`."""
        self._errors.labels(self._word("code", code)).inc()

    def job_ended(self, kind: str, outcome: str, seconds: float) -> None:
        """Count a job that ended as `outcome` says, `seconds` after it was begun."""
        self._jobs.labels(self._word("kind", kind), self._word("outcome", outcome)).inc()
        self._job_seconds.labels(self._word("kind", kind)).observe(seconds)

    def delivered(self, vendor: str, outcome: str) -> None:
        """Count a webhook delivery: `stored`, `duplicate`, `refused` and the like."""
        self._webhooks.labels(self._word("vendor", vendor), self._word("outcome", outcome)).inc()

    def page_read(self, stream: str, rows: int) -> None:
        """Count a page of a listing and the rows it held."""
        self._pages.labels(self._word("stream", stream)).inc()
        self._rows.labels(self._word("stream", stream)).inc(rows)

    def records_changed(self, changes: Mapping[str, int]) -> None:
        """Count what became of records in the copy: by `created`, `updated`, `deleted` and the like."""
        for change, records in changes.items():
            self._records.labels(self._word("change", change)).inc(records)

    def show_streams(self, streams: Sequence[StreamMeasure]) -> None:
        """Show how old the copy is, in place of what was shown before."""
        for gauge in (self._age_max, self._age_mean, self._feeds):
            gauge.clear()
        for one in streams:
            name = self._word("stream", one.stream)
            for state, feeds in (("read", one.read), ("unread", one.unread), ("shut", one.shut)):
                self._feeds.labels(name, state).set(feeds)
            if one.age_seconds_max is not None and one.age_seconds_mean is not None:
                self._age_max.labels(name).set(one.age_seconds_max)
                self._age_mean.labels(name).set(one.age_seconds_mean)

    def show_connections(self, connections: Sequence[ConnectionMeasure]) -> None:
        """Show how connections and their tokens stand, in place of what was shown before."""
        self._connections.clear()
        self._tokens.clear()
        for one in connections:
            vendor = self._word("vendor", one.vendor)
            self._connections.labels(vendor, self._word("status", one.status)).inc(one.connections)
            self._tokens.labels(vendor, self._word("health", one.token)).inc(one.connections)

    def show_gates(self, levels: Sequence[GateLevel]) -> None:
        """Show how the rate gates stand, all of them together, in place of what was shown before."""
        for gauge in (self._gate_used, self._gate_limit, self._gate_foreign, self._gate_left):
            gauge.clear()
        shut = [level.paused_seconds for level in levels if level.paused_seconds > 0]
        self._gates.labels("open").set(len(levels) - len(shut))
        self._gates.labels("paused").set(len(shut))
        self._gate_pause.set(max(shut, default=0.0))
        left: defaultdict[str, list[float]] = defaultdict(list)
        for window in (window for level in levels for window in level.windows):
            name = self._word("window", window.name)
            left[name].append(window.left / max(1, window.limit))
            self._gate_limit.labels(name).inc(window.limit)
            self._gate_foreign.labels(name).inc(window.foreign)
            for share, stand in window.shares.items():
                self._gate_used.labels(name, self._word("share", share)).inc(stand.used)
        for name, ratios in left.items():
            self._gate_left.labels(name).set(min(ratios))

    def queue_depth(self, depths: Sequence[QueueDepth]) -> None:
        """Show how the queue stands, in place of what was shown before."""
        self._queue_jobs.clear()
        self._queue_oldest.clear()
        for one in depths:
            kind, state = self._word("kind", one.kind), self._word("state", one.state)
            self._queue_jobs.labels(kind, state).inc(one.jobs)
            self._queue_oldest.labels(kind, state).set(one.oldest_seconds)

    def _make_counters(self) -> None:
        self._calls = self._counter("vendor_calls", "Calls made to vendors.", "vendor", "share", "code")
        self._call_seconds = self._histogram("vendor_call_seconds", "Vendor calls.", _CALL_SECONDS, "vendor")
        self._waits = self._histogram(
            "gate_wait_seconds", "Waits at the rate gate.", _WAIT_SECONDS, "vendor", "share"
        )
        self._pauses = self._counter("gate_pauses", "Answers that asked to be left alone (429).", "vendor")
        self._errors = self._counter("errors", "Errors and refusals.", "code")
        self._jobs = self._counter("jobs", "Jobs that ended.", "kind", "outcome")
        self._job_seconds = self._histogram("job_seconds", "Jobs.", _JOB_SECONDS, "kind")
        self._webhooks = self._counter("webhooks", "Webhook deliveries received.", "vendor", "outcome")
        self._pages = self._counter("sync_pages", "Pages read.", "stream")
        self._rows = self._counter("sync_rows", "Rows on pages read.", "stream")
        self._records = self._counter("sync_records", "Records changed in the copy.", "change")

    def _make_gauges(self) -> None:
        self._age_max = self._gauge("freshness_seconds_max", "Since the feed read longest ago.", "stream")
        self._age_mean = self._gauge("freshness_seconds_mean", "Since feeds were read.", "stream")
        self._feeds = self._gauge("feeds", "Listings that are read.", "stream", "state")
        self._connections = self._gauge("connections", "Connections to vendors.", "vendor", "status")
        self._tokens = self._gauge("tokens", "Tokens of connections.", "vendor", "health")
        self._gates = self._gauge("gates", "Rate gates.", "state")
        self._gate_pause = self._gauge("gate_pause_seconds_max", "How long a gate still stays shut.")
        self._gate_used = self._gauge("gate_calls", "Calls in the window.", "window", "share")
        self._gate_limit = self._gauge("gate_calls_limit", "Calls that the window allows.", "window")
        self._gate_foreign = self._gauge("gate_calls_foreign", "Calls made by others.", "window")
        self._gate_left = self._gauge("gate_left_ratio_min", "What the fullest gate has left.", "window")
        self._queue_jobs = self._gauge("queue_jobs", "Jobs in the queue.", "kind", "state")
        self._queue_oldest = self._gauge("queue_oldest_seconds", "Age of the oldest job.", "kind", "state")

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"tiebeam_{name}", about, labels, registry=self._registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"tiebeam_{name}", about, labels, registry=self._registry)

    def _histogram(self, name: str, about: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(f"tiebeam_{name}", about, labels, registry=self._registry, buckets=buckets)

    def _word(self, label: str, text: object) -> str:
        return self._words[label].take(text)
