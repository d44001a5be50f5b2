"""SQL lives in files: one statement each, with its intent on the first line and the time as a parameter."""

from __future__ import annotations

import re

from tests.tidy.house import files, none_of, read

CLOCK = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|random|gen_random_uuid)\s*\("
    r"|\b(current_timestamp|current_date|current_time|localtimestamp|localtime)\b",
    re.IGNORECASE,
)
ASIDE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)


def bare(sql: str) -> str:
    """Return the statement without comments and quoted text."""
    return ASIDE.sub(" ", sql)


def faults(sql: str) -> list[str]:
    """Return what is wrong with the text of a query file."""
    found = []
    if not re.match(r"-- \S", sql):
        found.append("the first line is no `-- ` comment on intent")
    statements = [part for part in bare(sql).split(";") if part.strip()]
    if len(statements) != 1:
        found.append(f"{len(statements)} statements")
    if asked := CLOCK.search(bare(sql)):
        found.append(f"{asked.group(0).strip('( ')}: pass it as a parameter")
    return found


def test_query_files_keep_the_rules() -> None:
    queries = [path for path in files() if path.endswith(".sql") and path.startswith("src/")]
    assert queries, "no query files were found: the rule looks in the wrong place"
    none_of([f"{path}: {fault}" for path in queries for fault in faults(read(path))], "query files:")
    none_of(
        [path for path in queries if "/queries/" not in path], "SQL files belong into a folder `queries`:"
    )


def test_the_rule_sees_what_it_forbids() -> None:
    assert faults("-- Read it.\nselect 1;\n") == []
    assert faults("-- Read it; now() is not code here.\nselect ';', 'now()'\n") == []
    assert faults("select 1") == ["the first line is no `-- ` comment on intent"]
    assert faults("-- Two.\nselect 1; select 2") == ["2 statements"]
    assert faults("-- None.\n") == ["0 statements"]
    assert faults("-- Late.\nselect NOW()") == ["NOW: pass it as a parameter"]
    assert faults("-- Late.\nselect current_timestamp") == ["current_timestamp: pass it as a parameter"]
