"""`tiebeam people`, `tiebeam keys` and `tiebeam audit` as a person uses them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from tests.factories.copies import database_on
from tests.factories.database import at
from typer.testing import CliRunner

from tiebeam.app import opened, set_up
from tiebeam.cli import audit, people
from tiebeam.cli.exits import Exit
from tiebeam.identity.accounts import Accounts
from tiebeam.identity.model import Refused, SignedIn
from tiebeam.identity.repository import Register
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import typer
    from tests.factories.database import TestServer
    from typer.testing import Result

pytestmark = pytest.mark.req("P17")

PASSWORD = "granite ladder oyster"


@pytest.fixture
def installed(database_server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A company of its own; the URL of its database."""
    with database_on(database_server) as url:
        monkeypatch.setenv("TIEBEAM_DATABASE_URL", url)
        monkeypatch.setenv("TIEBEAM_DATA", str(tmp_path))
        asyncio.run(set_up(read_settings()))
        yield url


def asked(commands: typer.Typer, *words: object, expect: int = Exit.OK, said: str | None = None) -> Result:
    result = CliRunner().invoke(commands, [str(word) for word in words], input=said)
    assert result.exit_code == expect, result.output
    return result


def told(commands: typer.Typer, *words: object, **more: Any) -> Any:
    return json.loads(asked(commands, *words, "--json", **more).stdout.splitlines()[-1])


def added(email: str, role: str) -> Any:
    return told(people.commands, "add", email, "--role", role, "--password-stdin", said=f"{PASSWORD}\n")


async def tried(email: str, password: str) -> SignedIn | Refused:
    async with opened(read_settings()) as app:
        accounts = Accounts(Register(app.store), app.clock)
        return await accounts.sign_in(app.tenant.slug, email, password, address="127.0.0.1")


@pytest.mark.usefixtures("installed")
def test_people_are_added_changed_and_disabled() -> None:
    assert "Nobody yet." in asked(people.commands, "list").stdout
    assert added("ann@alder.example", "tenant_admin")["role"] == "tenant_admin"
    assert isinstance(asyncio.run(tried("ann@alder.example", PASSWORD)), SignedIn)
    prompted = asked(
        people.commands,
        "add",
        "bob@alder.example",
        "--role",
        "office",
        "--name",
        "Bob",
        said=f"{PASSWORD}\n{PASSWORD}\n",
    )
    assert "bob@alder.example may come in as Office" in prompted.output
    assert PASSWORD not in prompted.output
    asked(people.commands, "role", "bob@alder.example", "operator")
    asked(people.commands, "password", "bob@alder.example", "--password-stdin", said="velvet tractor lemon\n")
    assert isinstance(asyncio.run(tried("bob@alder.example", "velvet tractor lemon")), SignedIn)
    asked(people.commands, "disable", "bob@alder.example")
    assert isinstance(asyncio.run(tried("bob@alder.example", "velvet tractor lemon")), Refused)
    assert "disabled" in asked(people.commands, "list").stdout
    assert told(people.commands, "disable", "bob@alder.example", "--undo")["active"] is True
    assert added("root@alder.example", "saas_admin")["role"] == "saas_admin"
    listed = told(people.commands, "list")
    assert [one["email"] for one in listed] == [
        "ann@alder.example",
        "bob@alder.example",
        "root@alder.example",
    ]


@pytest.mark.usefixtures("installed")
def test_what_cannot_be_is_a_help_page_without_the_password() -> None:
    weak = asked(
        people.commands,
        "add",
        "ann@alder.example",
        "--role",
        "office",
        "--password-stdin",
        said="password1234\n",
        expect=Exit.USAGE,
    )
    assert "tried first" in weak.output
    assert "password1234" not in weak.output
    unknown = asked(people.commands, "role", "nobody@x.example", "office", expect=Exit.USAGE)
    assert "nobody@x.example" in unknown.output
    asked(people.commands, "add", "x", "--role", "office", "--no-password", expect=Exit.USAGE)
    asked(people.commands, "add", "a@b.example", "--role", "king", "--no-password", expect=Exit.USAGE)
    added("ann@alder.example", "tenant_admin")
    last = asked(people.commands, "disable", "ann@alder.example", expect=Exit.USAGE)
    assert "only administrator" in last.output


@pytest.mark.usefixtures("installed")
def test_keys_are_made_listed_and_revoked() -> None:
    assert "No keys." in asked(people.keys, "list").stdout
    made = told(people.keys, "add", "warehouse", "--scope", "records.read", "--days", 30)
    assert made["scopes"] == ["records.read"]
    shown = asked(people.keys, "add", "other", "--scope", "health.read", "--scope", "runs.read").stdout
    assert shown.splitlines()[-1].startswith("tb_")
    listed = asked(people.keys, "list").stdout
    assert made["secret"] not in listed
    assert "opens" in listed
    assert told(people.keys, "revoke", made["prefix"])["revoked_at"]
    assert "revoked" in asked(people.keys, "list").stdout
    asked(people.keys, "revoke", "tb_nothing", expect=Exit.USAGE)
    asked(people.keys, "add", "x", "--scope", "account.manage", expect=Exit.USAGE)


def test_the_trail_is_listed_and_verified(installed: str, database_server: TestServer) -> None:
    assert "Nothing was noted" in asked(audit.commands, "list").stdout
    added("ann@alder.example", "tenant_admin")
    asyncio.run(tried("ann@alder.example", "wrong"))
    told(people.keys, "add", "k", "--scope", "records.read")
    assert "Audit trail" in asked(audit.commands, "list").stdout
    acts = [one["act"] for one in told(audit.commands, "list")]
    assert acts == ["key.made", "session.refused", "person.added"]
    assert [one["act"] for one in told(audit.commands, "list", "--act", "session")] == ["session.refused"]
    assert [one["number"] for one in told(audit.commands, "list", "--before", 3, "--limit", 1)] == [2]
    assert "holds: 3 entries" in asked(audit.commands, "verify").stdout
    head = asked(audit.commands, "verify").stdout.splitlines()[-1]
    asked(audit.commands, "verify", "--head", head)
    asked(audit.commands, "verify", "--head", "nonsense", expect=Exit.USAGE)
    other = asked(audit.commands, "verify", "--head", f"3:{'0' * 64}", expect=Exit.INCOMPLETE)
    assert "kept elsewhere" in " ".join(other.stdout.split())
    if database_server.embedded is None:
        return
    name = str(psycopg.conninfo.conninfo_to_dict(installed)["dbname"])
    with psycopg.connect(at(database_server.admin_url, name)) as meddler:
        meddler.execute(b"set session_replication_role = replica")
        meddler.execute(b"update tiebeam.audit set actor_name = 'x' where number = 2")
    broken = told(audit.commands, "verify", expect=Exit.INCOMPLETE)
    assert broken["fault"] == "the entry 2 was changed"


@pytest.mark.req("P16")
@pytest.mark.usefixtures("installed")
def test_a_dossier_is_exported_and_verified(tmp_path: Path) -> None:
    added("ann@alder.example", "tenant_admin")
    public = asked(audit.commands, "key").stdout.strip()
    assert told(audit.commands, "key") == {"public_key": public}
    made = told(audit.commands, "export", "--as", "csv", "--as", "json", "--to", tmp_path)
    assert (made["entries"], made["exhibits"]) == (1, 0)
    shown = asked(audit.commands, "verify-dossier", made["file"]).stdout
    assert "As it was signed." in shown
    assert "Ask the company" in shown
    assert told(audit.commands, "verify-dossier", made["file"], "--key", public)["holds"] is True
    other = asked(audit.commands, "verify-dossier", made["file"], "--key", "0" * 64, expect=Exit.INCOMPLETE)
    assert "signed with another key" in other.stdout
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"not in there")
    strange = told(audit.commands, "verify-dossier", made["file"], "--photo", photo, expect=Exit.INCOMPLETE)
    assert strange["faults"] == ["photo.jpg is no photo of this dossier"]
    asked(audit.commands, "verify-dossier", photo, expect=Exit.USAGE)
    asked(audit.commands, "verify-dossier", tmp_path / "nowhere.zip", expect=Exit.USAGE)
    asked(audit.commands, "export", "--to", tmp_path / "no" / "folder", expect=Exit.USAGE)
    asked(audit.commands, "export", "--item", "x:1", "--to", tmp_path, expect=Exit.USAGE)
    asked(audit.commands, "export", "--since", "yesterday", expect=Exit.USAGE)
