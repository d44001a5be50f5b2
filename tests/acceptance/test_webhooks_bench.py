"""The figure of webhooks can be measured by anybody: one command, one line of JSON."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench" / "webhooks.py"
RATIOS = {
    "answer_p50_over_insert",
    "answer_p99_of_50_ms",
    "answer_p99_over_insert",
    "burst_kept",
    "burst_p99_of_50_ms",
    "of_limit",
    "replica_p50_over_floor",
    "replica_p99_over_floor",
}


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(BENCH), *arguments]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)


def test_the_bench_of_webhooks_ends_with_one_line_of_json() -> None:
    answer = bench("--json", "--deliveries=500", "--senders=8")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.count("\n") == 1
    found = json.loads(answer.stdout)
    assert (found["figure"], set(found["ratios"])) == ("webhooks", RATIOS)
    assert all(math.isfinite(ratio) and ratio > 0 for ratio in found["ratios"].values())
    assert found["ratios"]["burst_kept"] == 1


def test_nothing_cannot_be_measured() -> None:
    answer = bench("--deliveries=0")
    assert answer.returncode == 2
    assert "must be positive" in answer.stderr
