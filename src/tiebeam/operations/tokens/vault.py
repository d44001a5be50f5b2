"""Sealing and opening a connection's secrets: AES-256-GCM, bound to the tenant and the connection."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tiebeam.kernel.errors import Owner, TiebeamError
from tiebeam.operations.tokens.model import Secrets

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.operations.tokens.keys import Keyring

_FORMAT = b"\x01"
_NONCE_BYTES = 12


class SealedElsewhereError(TiebeamError):
    """The secrets were sealed with a master key that is not here."""

    code = "vault.key_missing"
    owner = Owner.OPERATOR


class SealBrokenError(TiebeamError):
    """Sealed secrets were changed, or copied from another connection or tenant."""

    code = "vault.seal_broken"
    owner = Owner.OPERATOR


@dataclass(frozen=True, slots=True)
class Sealed:
    """Secrets as they are stored, and the id of the key that sealed them."""

    key_id: str
    data: bytes = field(repr=False)


class Vault:
    """Seals with the newest master key, opens with any."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @property
    def key_id(self) -> str:
        """The id of the key that seals."""
        return self._keyring.current.id

    def seal(self, secrets: Secrets, tenant_id: UUID, connection_id: UUID) -> Sealed:
        """Return `secrets` sealed; they open only as those of this connection of this tenant."""
        key = self._keyring.current
        nonce = os.urandom(_NONCE_BYTES)
        bound = _bound(_FORMAT, key.id, tenant_id, connection_id)
        data = AESGCM(key.secret).encrypt(nonce, orjson.dumps(asdict(secrets)), bound)
        return Sealed(key.id, _FORMAT + nonce + data)

    def open(self, sealed: Sealed, tenant_id: UUID, connection_id: UUID) -> Secrets:
        """Return what was sealed. Raises SealedElsewhereError or SealBrokenError."""
        key = self._keyring.find(sealed.key_id)
        if key is None:
            raise SealedElsewhereError(
                f"The credentials of connection {connection_id} were sealed with the master key"
                f" {sealed.key_id}, which is not among those given.",
                action="Give that key as well, after the present one; or connect again.",
            )
        nonce, data = sealed.data[1 : 1 + _NONCE_BYTES], sealed.data[1 + _NONCE_BYTES :]
        try:
            bound = _bound(sealed.data[:1], key.id, tenant_id, connection_id)
            opened = AESGCM(key.secret).decrypt(nonce, data, bound)
        except (InvalidTag, ValueError):  # ValueError: cut so short that nothing of a nonce is left
            raise SealBrokenError(
                f"The stored credentials of connection {connection_id} were changed, or are another one's.",
                action="Restore the row from a backup, or connect again; find out who wrote to the table.",
            ) from None
        return Secrets(**orjson.loads(opened))


class TextBox:
    """Seals texts of one purpose with the same keys; one of another purpose does not open them."""

    def __init__(self, keyring: Keyring, purpose: str) -> None:
        """`purpose` is what the texts are of, such as `channel`."""
        self._keyring = keyring
        self._purpose = purpose

    @property
    def key_id(self) -> str:
        """The id of the key that seals."""
        return self._keyring.current.id

    def seal(self, text: str, tenant_id: UUID, owner_id: UUID) -> tuple[str, bytes]:
        """Return the key's id and `text` sealed; it opens only as that of this owner of this tenant."""
        key, nonce = self._keyring.current, os.urandom(_NONCE_BYTES)
        bound = _bound(_FORMAT, key.id, tenant_id, owner_id, self._purpose)
        return key.id, _FORMAT + nonce + AESGCM(key.secret).encrypt(nonce, text.encode(), bound)

    def open(self, key_id: str, data: bytes, tenant_id: UUID, owner_id: UUID) -> str:
        """Return what was sealed. Raises SealedElsewhereError or SealBrokenError."""
        key = self._keyring.find(key_id)
        if key is None:
            raise SealedElsewhereError(
                f"What this {self._purpose} holds was sealed with a master key that is not among those here.",
                action="Give that key as well, after the present one; or enter it anew.",
            )
        nonce, sealed = data[1 : 1 + _NONCE_BYTES], data[1 + _NONCE_BYTES :]
        try:
            bound = _bound(data[:1], key.id, tenant_id, owner_id, self._purpose)
            return AESGCM(key.secret).decrypt(nonce, sealed, bound).decode()
        except (InvalidTag, ValueError):
            raise SealBrokenError(
                f"What this {self._purpose} holds was changed in the database, or is another one's.",
                action="Enter it anew; find out who wrote to the table.",
            ) from None


def _bound(form: bytes, key_id: str, tenant_id: UUID, owner_id: UUID, purpose: str = "credential") -> bytes:
    name = f"tiebeam.{purpose}\0".encode()
    return name + form + key_id.encode() + tenant_id.bytes + owner_id.bytes
