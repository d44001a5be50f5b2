"""The figures can be measured by anybody: one command, one line of JSON, whatever the size."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "bench" / "replicate.py"
WEB = ROOT / "bench" / "web.py"
WEB_PAGES = (
    *("overview", "kinds", "list", "deep", "project", "search", "rare", "filter", "sorted", "record"),
    "parent",
)
WEB_RATIOS = {f"{page}_{kind}" for page in WEB_PAGES for kind in ("growth", "p95_ms", "a_second")} | {
    "reference_p95_ms",
    "worst_growth",
}
RATIOS = {"of_limit", "of_limit_rows", "peak_memory_growth", "unchanged_over_first"}


def bench(*arguments: str, script: Path = BENCH) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(script), *arguments]
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
    shutil.copytree(BENCH.parent, tmp_path / "bench", ignore=shutil.ignore_patterns("__pycache__"))
    script = tmp_path / "bench" / "replicate.py"
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


def test_the_bench_of_the_console_ends_with_one_line_of_json() -> None:
    words = ("--small=600", "--large=1800", "--asks=2", "--reference=tiny", "--without-datasette")
    answer = bench("--json", *words, script=WEB)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.count("\n") == 1
    found = json.loads(answer.stdout)
    assert found["figure"] == "web"
    ratios = found["ratios"]
    assert set(ratios) == WEB_RATIOS
    assert all(math.isfinite(ratio) and ratio > 0 for ratio in ratios.values())
    told = [line for line in answer.stderr.splitlines() if "reference company" in line]
    assert {line.split(":")[0] for line in told} >= {"/", "/records", "/runs", "/settings"}
    assert max(float(line.split()[2]) for line in told) == pytest.approx(ratios["reference_p95_ms"], abs=0.1)


def test_the_console_is_measured_at_sizes_that_have_every_kind_of_record() -> None:
    answer = bench("--small=3", script=WEB)
    assert answer.returncode == 2
    assert "at least" in answer.stderr
