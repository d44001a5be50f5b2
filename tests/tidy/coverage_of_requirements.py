"""Prints the rows of docs/requirements.md that no passing test of the last `make test` claims."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEDGER = ROOT / "docs" / "requirements.md"
CLAIMS = ROOT / "build" / "requirement-claims.json"
ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+) \|$", re.MULTILINE)


def rows(ledger: str) -> dict[str, str]:
    """Return what each id of the ledger asks for."""
    return dict(ROW.findall(ledger))


def report(ledger: dict[str, str], claims: dict[str, list[str]]) -> list[str]:
    """Return the lines to print: unclaimed rows, then one line of figures."""
    lines = [f"{row:<4} {text}" for row, text in ledger.items() if not claims.get(row)]
    claimed = len(ledger) - len(lines)
    return [*lines, f"{claimed} of {len(ledger)} rows are claimed by passing tests, {len(lines)} are not."]


def main() -> int:
    """Print the report; return 2 when there is nothing to report from."""
    if not CLAIMS.exists():
        sys.stderr.write("No run of the whole suite is on record. Run `make test` first.\n")
        return 2
    lines = report(rows(LEDGER.read_text("utf-8")), json.loads(CLAIMS.read_text("utf-8")))
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
