"""Signatures by which evidence is known as a company's own: Ed25519."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

if TYPE_CHECKING:
    from collections.abc import Callable


class SigningKey:
    """A private key of 32 bytes. `public` may be told to everybody."""

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = self._key.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"SigningKey({self.public.hex()})"

    @classmethod
    def new(cls, chance: Callable[[int], bytes]) -> tuple[SigningKey, bytes]:
        """Return a key that did not exist before, and its secret; `chance` gives random bytes."""
        secret = chance(32)
        return cls(secret), secret

    def sign(self, said: bytes) -> bytes:
        """Return the signature of 64 bytes."""
        return self._key.sign(said)


def is_signed(said: bytes, signature: bytes, public: bytes) -> bool:
    """Say whether whoever has the private half of `public` has signed exactly this."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, said)
    except (InvalidSignature, ValueError):  # ValueError: no key at all
        return False
    return True
