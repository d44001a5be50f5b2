"""dlt, measured: its REST source over the same pages into the same PostgreSQL, merged on the primary key.

As its documentation has it, which takes lists apart into tables of their own; with `--whole` they stay in the
record, as they do in the replica, and dlt is the quicker for it. Neither telemetry nor a schema from an
earlier run gets in its way. Ends with one line of JSON: `seconds`, `records`.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from urllib.parse import urlsplit

ENVIRONMENT = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure dlt's REST source.")
    parser.add_argument("--database", required=True, help="URL for a role that may create a schema")
    parser.add_argument("--api", required=True, help="base URL of the pages")
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--whole", action="store_true", help="leave lists in their records")
    asked = parser.parse_args()
    os.environ |= ENVIRONMENT
    with tempfile.TemporaryDirectory(prefix="tiebeam-bench-") as folder:
        found = measure(asked.database, asked.api, asked.records, folder, whole=asked.whole)
    print(json.dumps(found))


def with_host(url: str) -> str:
    """Return a URL that names a host, which dlt insists on; the socket in its query is what libpq takes."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.username}:unused@localhost").geturl()


def measure(database: str, api: str, records: int, folder: str, *, whole: bool) -> dict[str, float]:
    """Run one pipeline from nothing; count what arrived."""
    import dlt  # noqa: PLC0415 - it reads its settings when it is imported
    from dlt.sources.rest_api import rest_api_source  # noqa: PLC0415 - as above

    listing = {
        "path": f"rest/v1.1/projects/{records}/submittals",
        "params": {"per_page": 1000},
        "paginator": {"type": "header_link"},
    }
    submittals: dict[str, object] = {
        "name": "submittals",
        "primary_key": "id",
        "write_disposition": "merge",
        "endpoint": listing,
    }
    if whole:
        submittals["max_table_nesting"] = 0
    source = rest_api_source({"client": {"base_url": f"{api}/signed-1/"}, "resources": [submittals]})
    target = dlt.destinations.postgres(with_host(database))
    pipeline = dlt.pipeline("bench", pipelines_dir=folder, dataset_name="bench_dlt", destination=target)
    began = time.perf_counter()
    pipeline.run(source)
    seconds = time.perf_counter() - began
    with pipeline.sql_client() as client:
        rows = client.execute_sql("select count(*) from submittals")
    assert rows is not None
    assert rows[0][0] == records, rows
    return {"records": records, "seconds": seconds}


if __name__ == "__main__":
    main()
