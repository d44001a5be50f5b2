"""What PostgreSQL refuses, in words a person can act on. No message ever holds a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from collections.abc import Callable


class StoreUnreachableError(TiebeamError):
    """The database does not answer, or hung up in the middle of a statement."""

    code = "store.unreachable"
    owner = Owner.OPERATOR


class AccessDeniedError(TiebeamError):
    """The database answers and refuses the user, the password, the database name or the application role."""

    code = "store.access_denied"
    owner = Owner.OPERATOR


class DiskFullError(TiebeamError):
    """The disk that holds the database has no room left; what was being written is rolled back."""

    code = "store.disk_full"
    owner = Owner.OPERATOR


class ReadOnlyError(TiebeamError):
    """The database takes no writes: a standby, or switched to read-only."""

    code = "store.read_only"
    owner = Owner.OPERATOR


class ContendedError(TiebeamError):
    """Something was in the way: a deadlock, a lock or connection not free in time. It may work later."""

    code = "store.contended"
    owner = Owner.NOBODY


class SchemaChangedError(ContendedError):
    """A migration changed what a prepared statement reads; on a new connection it works."""

    code = "store.schema_changed"


class WallBreachedError(TiebeamError):
    """A statement reached for another tenant's rows, and the wall held."""

    code = "store.wall_breached"
    owner = Owner.DEVELOPER


class SchemaTooNewError(TiebeamError):
    """The database was migrated by a newer release than this one."""

    code = "store.schema_too_new"
    owner = Owner.OPERATOR


class SchemaTooOldError(TiebeamError):
    """The database lacks migrations that this release needs."""

    code = "store.schema_too_old"
    owner = Owner.OPERATOR


class EmbeddedServerError(TiebeamError):
    """The embedded PostgreSQL cannot be found, made, started or stopped."""

    code = "store.embedded_server"
    owner = Owner.OPERATOR


def disk_full() -> DiskFullError:
    """Return the error of a full disk."""
    return DiskFullError(
        "The disk that holds the database is full; what was being written has been rolled back.",
        action="Free some space on it, or move the database to a larger disk, and run this again.",
    )


def _contended(_error: psycopg.Error) -> TiebeamError:
    return ContendedError("Another transaction held what this one needed.", action="Run it again.")


def _denied(error: psycopg.Error) -> TiebeamError:
    if "row-level security" in str(error):
        return WallBreachedError(
            "A statement tried to write a row of another tenant; the database refused it.",
            action="Nothing was changed. Report this with the statement's name: it is a fault in Tiebeam.",
        )
    return AccessDeniedError(
        f"The database refused a permission: {_first_line(error)}.",
        action="Connect as the role that ran the migrations, or run the migrations as this one.",
    )


def _unsupported(error: psycopg.Error) -> Exception:
    if "cached plan must not change result type" not in str(error):
        return error
    return SchemaChangedError("A migration changed the schema under this statement.", action="Run it again.")


def _full(_error: psycopg.Error) -> TiebeamError:
    return disk_full()


def _read_only(_error: psycopg.Error) -> TiebeamError:
    return ReadOnlyError(
        "The database takes no writes at the moment.",
        action="Point the database URL at the primary server, or switch the read-only mode off.",
    )


_BY_SQLSTATE: dict[str, Callable[[psycopg.Error], Exception]] = {
    "53100": _full,
    "25006": _read_only,
    "40001": _contended,
    "40P01": _contended,
    "55P03": _contended,
    "42501": _denied,
    "0A000": _unsupported,
}
_HANG_UPS = ("08", "57P")


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")


def translated(error: psycopg.Error) -> Exception:
    """Return what to raise for a failed statement: an error of this module, or `error` if it is our fault."""
    if error.sqlstate in _BY_SQLSTATE:
        return _BY_SQLSTATE[error.sqlstate](error)
    hung_up = isinstance(error, psycopg.OperationalError) and (error.sqlstate or "08").startswith(_HANG_UPS)
    if hung_up:
        return StoreUnreachableError(
            f"The connection to the database broke: {_first_line(error)}.",
            action="Nothing uncommitted was kept. See that the database is up, and run this again.",
        )
    return error


_REFUSALS = {
    "password authentication failed": "the user name or the password is wrong",
    "no password supplied": "it wants a password and the URL has none",
    "no pg_hba.conf entry": "its access rules (pg_hba.conf) do not let this user or address in",
    "does not exist": "that user or that database does not exist on it",
    "too many": "it has no connection slot left",
    "remaining connection slots": "it has no connection slot left",
}


def connection_error(error: psycopg.Error, url: str) -> TiebeamError:
    """Return what to raise when `url` cannot be connected to; names the place, never the password."""
    place = _place(url)
    for sign, reason in _REFUSALS.items():
        if sign in str(error):
            return AccessDeniedError(
                f"PostgreSQL at {place} refused the connection: {reason}.",
                action="Correct the database URL (TIEBEAM_DATABASE_URL), or the server's access rules.",
            )
    return StoreUnreachableError(
        f"PostgreSQL at {place} cannot be reached: {_without_secret(_first_line(error), url)}.",
        action="See that the server is up and that the host and port of TIEBEAM_DATABASE_URL are right.",
    )


def _place(url: str) -> str:
    try:
        known = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "an unreadable URL"
    host, port = known.get("host") or known.get("hostaddr") or "localhost", known.get("port") or 5432
    return f"{host}:{port}, database {known.get('dbname') or known.get('user')}, user {known.get('user')}"


def _without_secret(text: str, url: str) -> str:
    try:
        password = conninfo_to_dict(url).get("password")
    except psycopg.ProgrammingError:
        return "the URL is malformed"
    return text.replace(str(password), "…") if password else text
