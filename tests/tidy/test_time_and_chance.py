"""Time and chance are passed in: nobody but a clock asks the machine for either."""

from __future__ import annotations

import ast

from tests.tidy.house import Module, dotted, modules, none_of

CLOCKS = frozenset(
    {"src/tiebeam/kernel/clock.py", "src/tiebeam/simulators/base/clock.py"}
    # Its clients are real and so is the time by which an answer is late.
    | {"src/tiebeam/simulators/base/server.py"}
)
ASKING = frozenset(
    {
        f"{name}.{verb}"
        for name in ("datetime", "datetime.datetime", "dt.datetime")
        for verb in ("now", "utcnow")
    }
    | {"datetime.today", "date.today", "datetime.date.today", "datetime.datetime.today"}
    | {f"time.{verb}" for verb in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "sleep")}
    | {f"time.{verb}" for verb in ("localtime", "gmtime", "ctime", "process_time", "perf_counter_ns")}
)
SEEDED = frozenset({"random.Random"})
BY_NAME = {"time": None, "random": frozenset({"Random"})}
"""Modules whose names may not be imported, but for these."""


def askings(module: Module) -> list[str]:
    """Return where a module asks the machine for the time or draws from an unseeded generator."""
    nodes = module.nodes()
    # `random` is also a good name for a generator that was passed in.
    imported = {
        name.asname or name.name for node in nodes if isinstance(node, ast.Import) for name in node.names
    }
    chance = "random" in imported
    return [f"{module.at(node)} {what}" for node in nodes if (what := asked(node, chance=chance))]


def asked(node: ast.AST, *, chance: bool) -> str:
    """Return what a node asks the machine for, an empty string for nothing."""
    if isinstance(node, ast.ImportFrom) and node.module in BY_NAME:
        allowed = BY_NAME[node.module] or frozenset()
        return ", ".join(f"from {node.module} import {n.name}" for n in node.names if n.name not in allowed)
    if not isinstance(node, ast.Attribute):
        return ""
    name = dotted(node)
    drawn = chance and name.startswith("random.") and name.count(".") == 1 and name not in SEEDED
    waits = name == "asyncio.sleep"
    return name if name in ASKING or drawn or waits else ""


def test_only_clocks_tell_the_time() -> None:
    found = [line for m in modules() if m.in_src and m.path not in CLOCKS for line in askings(m)]
    none_of(found, "take a Clock or a seeded generator as an argument instead of:")


def test_the_rule_sees_what_it_forbids() -> None:
    planted = [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "time.time()",
        "time.monotonic()",
        "time.sleep(1)",
        "asyncio.sleep(1)",
        "import random; random.random()",
        "import random; random.choice(x)",
        "field(default_factory=datetime.now)",
        "from time import time",
        "from random import choice",
    ]
    honest = [
        "clock.now()",
        "self._clock.sleep(1)",
        "import random; random.Random(7)",
        "random.choice(x)",
        "rng.random()",
        "from random import Random",
    ]
    assert [line for line in planted if not askings(Module("m.py", line))] == []
    assert [line for line in honest if askings(Module("m.py", line))] == []
