"""What is counted comes out as counted, and no label can tell whose it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from tiebeam.operations.limits.levels import GateLevel, ShareLevel, WindowLevel
from tiebeam.operations.metrics.labels import OTHER, WORDS_MAX, Vocabulary, status_word, word
from tiebeam.operations.metrics.model import ConnectionMeasure, QueueDepth, StreamMeasure
from tiebeam.operations.metrics.registry import Metrics


@dataclass(frozen=True)
class Seen:
    """The samples of an exposition by name and labels."""

    samples: dict[tuple[str, tuple[tuple[str, str], ...]], float]

    def value(self, name: str, **labels: str) -> float | None:
        return self.samples.get((f"tiebeam_{name}", tuple(sorted(labels.items()))))


def seen(metrics: Metrics) -> Seen:
    families = text_string_to_metric_families(metrics.exposition().decode())
    return Seen(
        {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }
    )


@pytest.mark.req("W14")
def test_what_is_counted_comes_out() -> None:
    metrics = Metrics()
    metrics.called("procore", "poll", 200, 0.2)
    metrics.called("procore", "poll", 200, 0.3)
    metrics.called("procore", "login", "transport.timed_out", 60.0)
    metrics.waited("procore", "demand", 1.5)
    metrics.paused("procore")
    metrics.failed("procore.tool_off")
    metrics.job_ended("pull", "done", 2.0)
    metrics.delivered("procore", "duplicate")
    metrics.page_read("procore.rfis", 100)
    metrics.page_read("procore.rfis", 7)
    metrics.records_changed({"created": 5, "updated": 0})
    found = seen(metrics)
    assert found.value("vendor_calls_total", vendor="procore", share="poll", code="200") == 2
    assert found.value("vendor_calls_total", vendor="procore", share="login", code="transport.timed_out") == 1
    assert found.value("vendor_call_seconds_sum", vendor="procore") == 60.5
    assert found.value("gate_wait_seconds_bucket", vendor="procore", share="demand", le="2.0") == 1
    assert found.value("gate_wait_seconds_bucket", vendor="procore", share="demand", le="1.0") == 0
    assert found.value("gate_pauses_total", vendor="procore") == 1
    assert found.value("errors_total", code="procore.tool_off") == 1
    assert found.value("jobs_total", kind="pull", outcome="done") == 1
    assert found.value("job_seconds_count", kind="pull") == 1
    assert found.value("webhooks_total", vendor="procore", outcome="duplicate") == 1
    assert found.value("sync_pages_total", stream="procore.rfis") == 2
    assert found.value("sync_rows_total", stream="procore.rfis") == 107
    assert found.value("sync_records_total", change="created") == 5
    assert b"process_resident_memory_bytes" in metrics.exposition()


def test_gauges_show_the_last_look_alone() -> None:
    metrics = Metrics()
    metrics.show_streams([StreamMeasure("procore.rfis", 3, 1, 2, 90.0, 30.0)])
    metrics.show_streams([StreamMeasure("procore.photos", 0, 1, 0, None, None)])
    metrics.show_connections([ConnectionMeasure("procore", "error", "expired", 2)])
    metrics.show_connections(
        [
            ConnectionMeasure("procore", "connected", "good", 3),
            ConnectionMeasure("procore", "connected", "expired", 1),
        ]
    )
    metrics.queue_depth([QueueDepth("pull", "waiting", 9, 1.0)])
    metrics.queue_depth([QueueDepth("webhook", "waiting", 4, 12.0)])
    found = seen(metrics)
    assert found.value("feeds", stream="procore.rfis", state="read") is None
    assert found.value("freshness_seconds_max", stream="procore.rfis") is None
    assert found.value("feeds", stream="procore.photos", state="unread") == 1
    assert found.value("freshness_seconds_max", stream="procore.photos") is None
    assert found.value("connections", vendor="procore", status="error") is None
    assert found.value("connections", vendor="procore", status="connected") == 4
    assert found.value("tokens", vendor="procore", health="expired") == 1
    assert found.value("queue_jobs", kind="pull", state="waiting") is None
    assert found.value("queue_jobs", kind="webhook", state="waiting") == 4
    assert found.value("queue_oldest_seconds", kind="webhook", state="waiting") == 12


def hour(limit: int, poll: int, foreign: int = 0) -> WindowLevel:
    shares = {"poll": ShareLevel(poll, 60), "demand": ShareLevel(1, 15)}
    left = limit - poll - 1 - foreign
    return WindowLevel("hour", 3600.0, limit, True, poll + 1, foreign, left, shares)


def test_gates_are_shown_together() -> None:
    metrics = Metrics()
    metrics.show_gates([GateLevel((hour(999, 1),), 5.0, "429"), GateLevel((), 1.0, "429")])
    metrics.show_gates([GateLevel((hour(100, 49),), 0.0, ""), GateLevel((hour(200, 99, 60),), 30.0, "429")])
    found = seen(metrics)
    assert found.value("gates", state="open") == 1
    assert found.value("gates", state="paused") == 1
    assert found.value("gate_pause_seconds_max") == 30
    assert found.value("gate_calls", window="hour", share="poll") == 148
    assert found.value("gate_calls", window="hour", share="demand") == 2
    assert found.value("gate_calls_limit", window="hour") == 300
    assert found.value("gate_calls_foreign", window="hour") == 60
    assert found.value("gate_left_ratio_min", window="hour") == 0.2


@given(
    st.uuids().map(str)
    | st.integers(min_value=0).map(str)
    | st.emails()
    | st.text().filter(lambda text: not text.isascii() or not text.islower())
    | st.from_regex(r"[a-z]+-?[0-9]{4,}", fullmatch=True)
    | st.text("abc", min_size=65)
)
def test_what_could_be_an_id_or_a_name_is_no_word(text: str) -> None:
    assert word(text) == OTHER


@given(st.text(max_size=40))
def test_whatever_is_given_as_a_label_no_id_comes_out(text: str) -> None:
    metrics, secret = Metrics(), f"{uuid4()}{text}"
    metrics.called(secret, secret, secret, 1.0)
    metrics.called("procore", "poll", 10**12, 1.0)
    metrics.waited(secret, secret, 1.0)
    metrics.failed(secret)
    metrics.job_ended(secret, secret, 1.0)
    metrics.delivered(secret, secret)
    metrics.page_read(secret, 1)
    metrics.records_changed({secret: 1})
    metrics.paused(secret)
    metrics.show_streams([StreamMeasure(secret, 1, 1, 1, 1.0, 1.0)])
    metrics.show_connections([ConnectionMeasure(secret, secret, secret, 1)])
    metrics.queue_depth([QueueDepth(secret, secret, 1, 1.0)])
    labels = {value for _, pairs in seen(metrics).samples for _, value in pairs}
    assert not any(secret[:36] in value or str(10**12) in value for value in labels)
    assert seen(metrics).value("errors_total", code=OTHER) == 1


def test_series_stay_bounded() -> None:
    vocabulary = Vocabulary()
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [a + b for a in letters for b in letters]
    taken = [vocabulary.take(text) for text in words]
    assert taken == [*words[:WORDS_MAX], *[OTHER] * (len(words) - WORDS_MAX)]
    assert vocabulary.take(words[0]) == words[0]


def test_a_status_is_a_word_of_its_own() -> None:
    assert [status_word(status) for status in (200, 599, 99, 600, -1)] == ["200", "599", OTHER, OTHER, OTHER]


def test_every_metric_is_documented_and_nothing_else() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "howto" / "metrics.md").read_text("utf-8")
    families = text_string_to_metric_families(Metrics().exposition().decode())
    counted = {f.name + "_total" * (f.type == "counter") for f in families if f.name.startswith("tiebeam_")}
    assert set(re.findall(r"\btiebeam_[a-z_]+", page)) == counted
    assert len(counted) > 20
