"""The requirements ledger: well formed, and the only source of the ids that tests claim."""

from __future__ import annotations

import ast
import re

from tests.tidy.coverage_of_requirements import LEDGER, report, rows
from tests.tidy.house import Module, dotted, modules, none_of


def claims(module: Module) -> list[tuple[str, str]]:
    """Return where a module claims which row."""
    return [
        (module.at(node), ast.unparse(argument).strip("'"))
        for node in module.nodes()
        if isinstance(node, ast.Call) and dotted(node.func) == "pytest.mark.req"
        for argument in node.args
    ]


def test_every_row_of_the_ledger_is_read() -> None:
    text = LEDGER.read_text("utf-8")
    started = re.findall(r"^\|\s*([A-Z]\d+)", text, re.MULTILINE)
    assert started == list(rows(text)), "rows that do not look like `| R1 | … |`, or stand twice"
    series: dict[str, list[int]] = {}
    for row in started:
        series.setdefault(row[0], []).append(int(row[1:]))
    assert {letter: list(range(1, len(found) + 1)) for letter, found in series.items()} == series
    assert set(series) == set("RPWLQ")


def test_tests_claim_only_rows_that_exist() -> None:
    known = rows(LEDGER.read_text("utf-8"))
    found = [f"{place} {row}" for m in modules() for place, row in claims(m) if row not in known]
    none_of(found, "no such row in docs/requirements.md:")


def test_the_report_lists_what_nobody_claims() -> None:
    ledger = {"R1": "one", "R2": "two"}
    assert report(ledger, {"R1": ["tests/a.py::test_a"]}) == [
        "R2   two",
        "1 of 2 rows are claimed by passing tests, 1 are not.",
    ]
    assert report(ledger, {})[-1].startswith("0 of 2")


def test_the_rule_sees_what_it_forbids() -> None:
    assert claims(Module("m.py", "@pytest.mark.req('R1', 'R99')\ndef f(): ...\n")) == [
        ("m.py:1", "R1"),
        ("m.py:1", "R99"),
    ]
