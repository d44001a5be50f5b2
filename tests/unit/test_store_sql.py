from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

from tiebeam.store.sql import Queries, Sql, queries

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Queries:
    folder = tmp_path / "made_up_package"
    (folder / "queries").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "queries" / "count_rows.sql").write_text(
        "-- Count: 100 % of them.\nselect count(*)\n  -- not all\nfrom t where a = '--b';\n"
    )
    (folder / "queries" / "add_row.sql").write_text("-- Add.\ninsert into t values (%(a)s)\n")
    (folder / "queries" / "notes.txt").write_text("not a statement")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "made_up_package", raising=False)
    importlib.invalidate_caches()
    return Queries("made_up_package")


def test_a_statement_knows_its_name_and_shows_it_to_the_server(package: Queries) -> None:
    assert package.add_row.name == "made_up_package.add_row"
    assert package.add_row == "/* made_up_package.add_row */ insert into t values (%(a)s)"
    assert queries("tiebeam.identity").find_tenant.name == "identity.find_tenant"


def test_comments_and_the_closing_semicolon_stay_behind(package: Queries) -> None:
    assert package["count_rows"] == "/* made_up_package.count_rows */ select count(*)\nfrom t where a = '--b'"


def test_what_statements_have_in_common_stands_in_one_place(package: Queries, tmp_path: Path) -> None:
    folder = tmp_path / "made_up_package" / "queries"
    (folder / "parts").mkdir()
    (folder / "parts" / "mine.sql").write_text("-- Whose it is.\nowner = %(me)s\n")
    (folder / "both.sql").write_text("-- Both.\nselect 1 from t where\n    -- include mine\n    and true\n")
    assert package.both == "/* made_up_package.both */ select 1 from t where\nowner = %(me)s\n\n    and true"
    assert "mine" not in list(package)


def test_a_file_is_read_once_and_when_asked_for(package: Queries, tmp_path: Path) -> None:
    assert package["add_row"] is package["add_row"]
    (tmp_path / "made_up_package" / "queries" / "late.sql").write_text("-- Late.\nselect 1\n")
    assert package.late.endswith("select 1")


def test_a_package_lists_its_statements(package: Queries) -> None:
    assert list(package) == ["add_row", "count_rows"]


def test_a_missing_statement_names_those_there_are(package: Queries) -> None:
    with pytest.raises(KeyError, match=r"no queries/nothing\.sql; it has add_row, count_rows"):
        package["nothing"]
    with pytest.raises(AttributeError, match="nothing"):
        _ = package.nothing


def test_a_package_is_opened_once() -> None:
    assert queries("tiebeam.identity") is queries("tiebeam.identity")


def test_a_statement_is_text() -> None:
    assert Sql("select 1", "one").encode() == b"select 1"
