"""Who the embedded server runs as: PostgreSQL refuses root, so root lends it to an existing user."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiebeam.store.errors import EmbeddedServerError

if TYPE_CHECKING:
    from pathlib import Path

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine: numbers for the kernel, a name for people."""

    name: str
    user_id: int
    group_id: int

    def popen(self) -> dict[str, Any]:
        """Return the arguments with which a subprocess becomes this user; none when we are it already."""
        if os.geteuid() == self.user_id:
            return {}
        return {"user": self.user_id, "group": self.group_id, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give `path` to this user."""
        if os.geteuid() == 0:
            os.chown(path, self.user_id, self.group_id)

    def reaches(self, path: Path) -> bool:
        """Return whether the permission bits of every folder above `path` let this user through."""
        return os.geteuid() == self.user_id or all(self._enters(folder) for folder in path.parents)

    def _enters(self, folder: Path) -> bool:
        try:
            status = folder.stat()
        except FileNotFoundError:
            return True
        if status.st_uid == self.user_id:
            return bool(status.st_mode & 0o100)
        return bool(status.st_mode & (0o010 if status.st_gid == self.group_id else 0o001))


def server_account(root: Path) -> Account:
    """Return who runs the server of `root`: ourselves, or for root its data's owner, else postgres or nobody.

    Raises `EmbeddedServerError` when none of these can reach the folder.
    """
    if os.geteuid() != 0:
        return _account(os.geteuid())
    data = root / "data"
    owner = data.stat().st_uid if data.exists() else 0
    candidates = [_account(owner)] if owner else _existing()
    for account in candidates:
        if account.reaches(root):
            return account
    names = (
        " and ".join(account.name for account in candidates) or "an unprivileged user (there is none here)"
    )
    raise EmbeddedServerError(
        f"PostgreSQL does not run as root, and {names} cannot enter the folders above {root}.",
        action="Give a folder that others may pass to, such as /var/lib/tiebeam, or start as a normal user.",
        code="store.embedded_server.unreachable_folder",
    )


def _account(user_id: int) -> Account:
    try:
        entry = pwd.getpwuid(user_id)
    except KeyError:
        return Account(str(user_id), user_id, os.getegid())
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _existing() -> list[Account]:
    found = []
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        found.append(Account(entry.pw_name, entry.pw_uid, entry.pw_gid))
    return found
