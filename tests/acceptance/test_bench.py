"""The figures can be measured by anybody: one command, one line of JSON, whatever the size."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "bench" / "replicate.py"
RATIOS = {"of_limit", "of_limit_rows", "peak_memory_growth", "unchanged_over_first"}


def bench(*arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    words = [python, str(BENCH), *arguments]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)


def test_the_bench_of_the_replica_ends_with_one_line_of_json() -> None:
    answer = bench("--json", "--records=2500", "--rounds=1", "--without-dlt")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.count("\n") == 1
    found = json.loads(answer.stdout)
    assert set(found) == {"figure", "ratios"}
    assert found["figure"] == "replicate"
    assert set(found["ratios"]) == RATIOS
    assert all(math.isfinite(ratio) and ratio > 0 for ratio in found["ratios"].values())
    assert found["ratios"]["peak_memory_growth"] >= 0.9


def test_without_dlt_it_says_how_to_get_it(tmp_path: Path) -> None:
    # A copy, because beside the real one there may be a `.venv/bench` that has it.
    script = tmp_path / "bench" / "replicate.py"
    script.parent.mkdir()
    script.write_text(BENCH.read_text("utf-8"), "utf-8")
    answer = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode != 0
    assert "make .venv/bench/ready" in answer.stderr
    assert "--without-dlt" in answer.stderr


def test_nothing_cannot_be_measured() -> None:
    answer = bench("--records=0", "--without-dlt")
    assert answer.returncode == 2
    assert "must be positive" in answer.stderr
