"""Datasette beside the console: the same rows of one kind in SQLite, indexed for the same lists.

It is set up to be quick: the file is served as one that never changes, with the counts of its rows worked
out beforehand, indexes on what lists are ordered and filtered by, full text search over the columns of a
list, and without suggesting facets, which reads the whole table once a page.
"""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tiebeam.connectors.streams import Stream

TABLE: Final = "records"
START_SECONDS_MAX: Final = 60.0
_SETTINGS: Final = {"default_page_size": "50", "suggest_facets": "off", "sql_time_limit_ms": "60000"}
_BATCH: Final = 5_000


def export(database_url: str, stream: Stream, columns: Sequence[str], file: Path) -> int:
    """Write the records of a kind that are not deleted into a SQLite file; return how many."""
    paths = {column.name: column.path for column in stream.columns}
    shown = [name for name in columns if name not in ("id", "key")]
    picked = "".join(f", r.payload #>> string_to_array('{paths[name]}', '.')" for name in shown)
    asked = f"""
        select r.key::bigint, substring(f.scope from 'project_id=([^/]*)'), r.version,
            r.changed_at::text{picked}, r.payload::text
        from tiebeam.record r join tiebeam.feed f on f.id = r.feed_id
        where f.stream = '{stream.name}' and r.state <> 2
    """
    heads = ["key integer primary key", "project_id text", "version integer", "changed_at text"]
    heads += [f"{name} text" for name in shown] + ["payload text"]
    with closing(sqlite3.connect(file)) as made, psycopg.connect(database_url) as connection:
        made.execute(f"create table {TABLE} ({', '.join(heads)})")
        blanks = ", ".join("?" * len(heads))
        with connection.cursor("exported") as cursor:
            cursor.execute(asked.encode())
            while rows := cursor.fetchmany(_BATCH):
                made.executemany(f"insert into {TABLE} values ({blanks})", rows)
        for name in ("changed_at", "project_id", *shown):
            made.execute(f"create index {TABLE}_{name} on {TABLE} ({name})")
        words = f"{', '.join(shown)}, content={TABLE}, content_rowid=key"
        made.execute(f"create virtual table {TABLE}_fts using fts5 ({words})")
        made.execute(f"insert into {TABLE}_fts ({TABLE}_fts) values ('rebuild')")
        made.execute("analyze")
        made.commit()
        (count,) = made.execute(f"select count(*) from {TABLE}").fetchone()
    return int(count)


@contextmanager
def served(python: Path, file: Path) -> Iterator[str]:
    """Serve a SQLite file with Datasette for as long as the block runs; yields the address of its table."""
    datasette = [str(python), "-m", "datasette"]
    counts = subprocess.run([*datasette, "inspect", str(file)], capture_output=True, text=True, check=True)
    inspected = file.with_suffix(".json")
    inspected.write_text(json.dumps(json.loads(counts.stdout)), "utf-8")
    port = _free_port()
    words = [
        *datasette,
        "serve",
        "--immutable",
        str(file),
        "--inspect-file",
        str(inspected),
        "--port",
        str(port),
    ]
    for name, value in _SETTINGS.items():
        words += ["--setting", name, value]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            address = f"http://127.0.0.1:{port}/{file.stem}"
            _await_answer(address)
            yield address
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _await_answer(address: str) -> None:
    ends = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < ends:
        try:
            with urllib.request.urlopen(f"{address}.json", timeout=START_SECONDS_MAX):
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise SystemExit("Datasette does not answer.")
