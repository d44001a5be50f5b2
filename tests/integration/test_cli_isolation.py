"""Two builders in one database: as the one, nothing of the other is there, whatever is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from tests.factories.command_line import Shell, Simulator, shell, simulator
from tests.factories.copies import database_on, signed_in

from tiebeam.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.factories.database import TestServer

pytestmark = pytest.mark.req("P21")

_OURS = """
select n.nspname, c.relname
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('tiebeam', 'replica') and c.relkind in ('r', 'p', 'v', 'm')
    and has_table_privilege('tiebeam_app', c.oid, 'select')
order by 1, 2
"""
_OF_NOBODY = {"tiebeam.schema_pre", "tiebeam.schema_post"}
"""The schema's own version: it belongs to no tenant."""
KINDS = ("rfis", "people", "notes_logs")
HIDDEN = 30


@dataclass(frozen=True)
class Street:
    """Alder, whose view is tried, and Birch, who must not be seen."""

    url: str
    alder: Shell
    birch: Shell
    before: dict[str, list[str]]
    """Every row that Alder could read before Birch came."""


@pytest.fixture(scope="module")
def street(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("street")
    with (
        database_on(database_server) as url,
        simulator(folder, "--size", "tiny", "--seed", 1) as one,
        simulator(folder, "--size", "small", "--seed", 2) as other,
    ):
        alder = shell(folder / "home", database_url=url, tenant="alder", **one.variables())
        birch = shell(folder / "home", database_url=url, tenant="birch", **other.variables())
        for builder in (alder, birch):
            builder.run("init")
        for command in (("connect", "procore"), ("sync",)):
            alder.run(*command)
        before = readable(url, "alder")
        for command in (("connect", "procore"), ("sync",)):
            birch.run(*command)
        hide_many(other)
        for _ in range(2):
            birch.run("sync", "--stream", "people", "--full")
        yield Street(url, alder, birch, before)


def hide_many(sim: Simulator) -> None:
    sim.faults({"kind": "hide_record", "match": "GET /rest/v1.0/companies", "resource": "people"})
    headers = signed_in(sim)
    for _ in range(HIDDEN):
        sim.ask("/rest/v1.0/companies", **headers)
    sim.faults()


def readable(url: str, tenant: str | None) -> dict[str, list[str]]:
    """Return every row of every table and view that the application role reads as a tenant."""
    with psycopg.connect(url) as connection:
        connection.execute("set local role tiebeam_app")
        if tenant:
            connection.execute(
                "select set_config('tiebeam.tenant', tiebeam.tenant_of(%s)::text, true)", (tenant,)
            )
        found = {}
        for schema, name in connection.execute(_OURS).fetchall():
            asked = sql.SQL("select t::text from {} t").format(sql.Identifier(schema, name))
            found[f"{schema}.{name}"] = sorted(row[0] for row in connection.execute(asked))
    return found


def rows(builder: Shell, kind: str) -> dict[str, Any]:
    found = builder.json("records", "list", kind, "--deleted", "--limit", 10_000)
    return {row["key"]: row for row in found}


def test_every_table_and_view_reads_as_if_the_other_were_not_there(street: Street) -> None:
    after = readable(street.url, "alder")
    assert len(after) > 100
    assert {name: rows for name, rows in after.items() if rows != street.before[name]} == {}
    theirs = readable(street.url, "birch")
    assert len(theirs["tiebeam.hold"]) == 1
    for name in after.keys() - _OF_NOBODY:
        assert not set(after[name]) & set(theirs[name]), name


def test_who_names_no_tenant_reads_nothing(street: Street) -> None:
    found = readable(street.url, None)
    assert {name for name, rows in found.items() if rows} <= _OF_NOBODY


def test_the_other_s_projects_hold_nothing(street: Street) -> None:
    theirs = rows(street.birch, "projects").keys() - rows(street.alder, "projects").keys()
    assert len(theirs) == 3
    for project in theirs:
        assert street.alder.json("records", "list", "rfis", "--project", project) == []
    error = street.alder.refused("sync", "--project", min(theirs), expect=Exit.USAGE)
    assert error["code"] == "records.unknown"


@pytest.mark.parametrize("kind", KINDS)
def test_the_other_s_records_do_not_exist(street: Street, kind: str) -> None:
    ours, theirs = rows(street.alder, kind), rows(street.birch, kind)
    foreign = sorted(theirs.keys() - ours.keys())
    assert foreign, "the larger company has records whose ids the smaller has not"
    key = foreign[0]
    for words in (("show",), ("history",), ("diff",), ("as-of",)):
        moment = ("2030-01-01",) if words == ("as-of",) else ()
        error = street.alder.refused("records", *words, kind, key, *moment, expect=Exit.USAGE)
        assert error["code"] == "records.unknown"
    assert street.birch.json("records", "show", kind, key)["payload"] == theirs[key]["payload"]
    for key in sorted(ours.keys() & theirs.keys())[:1]:
        shown = street.alder.json("records", "show", kind, key, *in_project(ours[key]))
        assert shown["payload"] == ours[key]["payload"]


def in_project(row: dict[str, Any]) -> tuple[str, ...]:
    scope = str(row["scope"])
    return ("--project", scope.removeprefix("project_id=")) if scope else ()


def test_the_other_s_connection_and_log_are_not_told_of(street: Street) -> None:
    ours, theirs = street.alder.json("status", "--log", 5000), street.birch.json("status", "--log", 5000)
    assert len(ours["connections"]) == len(theirs["connections"]) == 1
    assert ours["connections"][0]["id"] != theirs["connections"][0]["id"]
    assert ours["connections"][0]["holds"] == 0
    assert theirs["connections"][0]["holds"] == 1
    said = str(ours)
    assert theirs["connections"][0]["id"] not in said
    foreign = rows(street.birch, "projects").keys() - rows(street.alder, "projects").keys()
    assert not [project for project in foreign if f"project_id={project}" in said]


def test_the_other_s_held_deletions_cannot_be_decided(street: Street) -> None:
    (hold,) = street.birch.json("deletions", "list")
    assert street.alder.json("deletions", "list", "--all") == []
    for verb in ("approve", "refuse"):
        street.alder.refused("deletions", verb, hold["id"], expect=Exit.USAGE)
    assert street.birch.json("deletions", "list") == [hold]
