"""The master keys that seal credentials: from a setting, or from a file that only its owner can read."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_KEY_BYTES = 32


class MasterKeyError(TiebeamError):
    """The master keys cannot be used."""

    code = "vault.keys"
    owner = Owner.OPERATOR


@dataclass(frozen=True, slots=True)
class Key:
    """One master key of 32 bytes. Its id tells it from others and says nothing of it."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """Return the key's id."""
        return sha256(b"tiebeam.key-id" + self.secret).hexdigest()[:12]


class Keyring:
    """The keys in use: the first seals, all of them open."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {key.id: key for key in keys}
        if not self._keys:
            raise MasterKeyError(
                "There is no master key.",
                action="Set one, or let one be made by setting none and naming a file.",
            )

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Return the keys of a setting or a file: 32 bytes in base64 each, commas or white space between."""
        return cls(_parsed(word, n) for n, word in enumerate(text.replace(",", " ").split(), start=1))

    @classmethod
    def of_new_key(cls) -> Keyring:
        """Return a keyring of one key that did not exist before."""
        return cls([Key(os.urandom(_KEY_BYTES))])

    @property
    def current(self) -> Key:
        """The key that seals."""
        return next(iter(self._keys.values()))

    def find(self, key_id: str) -> Key | None:
        """Return the key of that id, or None."""
        return self._keys.get(key_id)

    def with_new_key(self) -> Keyring:
        """Return a keyring with a fresh key in front; the former ones still open what they sealed."""
        return Keyring([Key(os.urandom(_KEY_BYTES)), *self._keys.values()])

    def only_current(self) -> Keyring:
        """Return the keyring without its former keys: once everything is sealed anew."""
        return Keyring([self.current])

    def written(self) -> str:
        """Return the text that `parse` reads. It is as secret as the keys."""
        return "".join(f"{base64.b64encode(key.secret).decode()}\n" for key in self._keys.values())


def open_key_file(path: Path) -> Keyring:
    """Return the keys of a file; the first time ever, make the file with one new key in it.

    Of several processes that come first at once, one makes the key and all use it.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create(path, Keyring.of_new_key().written())
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise MasterKeyError(
            f"Others on this machine may read the master key file {path} (mode {mode:o}).",
            action=f"Close it with: chmod 600 {path}. If somebody may have read it, rotate the keys as well.",
        )
    return Keyring.parse(path.read_text("ascii", errors="replace"))


def write_key_file(path: Path, keyring: Keyring) -> None:
    """Replace the keys of a file, all or nothing."""
    temporary = _written_beside(path, keyring.written())
    temporary.replace(path)


def _create(path: Path, text: str) -> None:
    temporary = _written_beside(path, text)
    try:
        # A link, unlike a rename, never takes the place of a file that another process has made meanwhile.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def _written_beside(path: Path, text: str) -> Path:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _parsed(word: str, number: int) -> Key:
    try:
        secret = base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != _KEY_BYTES:
        raise MasterKeyError(
            f"Master key number {number} is not 32 bytes in base64.",
            action="Make one with: openssl rand -base64 32. Of several, the newest comes first.",
        ) from None
    return Key(secret)
