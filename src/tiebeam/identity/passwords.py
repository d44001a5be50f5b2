"""Passwords and PINs: which are good enough, and how they are kept (Argon2id)."""

from __future__ import annotations

import asyncio
import unicodedata
from itertools import pairwise
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tiebeam.kernel.errors import BadInputError

LENGTH_MIN: Final = 12
LENGTH_MAX: Final = 1024
"""Beyond it hashing is work for nothing."""
PIN_DIGITS: Final = (6, 12)

_AT_ONCE = 2
"""Each takes 64 MiB: a crowd at the door must not take the memory of everything else."""
# What people choose when twelve characters are asked for; digits and marks around it do not save a word.
_WORDS = """
password passwords passwordpassword letmein letmeinletmein welcome welcomewelcome qwerty qwertyuiop
qwertyuiopas qwertyqwerty asdfghjkl asdfghjklasdf zxcvbnm qazwsx qazwsxedc qazwsxedcrfv iloveyou
iloveyouiloveyou adminadmin administrator admin administration changeme changemechangeme changeit default
secret secretsecret topsecret trustno trustnoone football baseball basketball superman batman dragon
monkey sunshine princess whatever master mastermaster abcdefghijkl abcdefgh abcabcabcabc computer internet
samsung startrek starwars liverpool chelsea arsenal michael jennifer jordan construction contractor
builder buildings procore tiebeam superintendent companyname company login access test testtest
testtesttest temporary temppassword newpassword mypassword thisismypassword password1password
"""
_WORST: Final = frozenset(_WORDS.split())
_RUNS: Final = (
    "01234567890123456789",
    "98765432109876543210",
    "1qaz2wsx3edc4rfv5tgb",
    "1q2w3e4r5t6y7u8i9o0p",
)
_RUN_PARTS: Final = frozenset(run[n : n + 8] for run in _RUNS for n in range(len(run) - 7))


class Passwords:
    """Hashes and checks, in threads and few at a time. Parameters may change: hashes are renewed in use."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, _bytes(password))

    async def matches(self, kept: str | None, password: str) -> bool:
        """Say whether a password is the one that was kept; without one it is just as much work, and False."""
        if self._decoy is None:
            self._decoy = await self.hash("nobody has this password")
        async with self._turns:
            right = await asyncio.to_thread(self._verified, kept or self._decoy, _bytes(password))
        return right and kept is not None

    def outdated(self, kept: str) -> bool:
        """Say whether a hash was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(kept)

    def _verified(self, kept: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def check_password(password: str, *, email: str, name: str = "") -> None:
    """Raise BadInputError when a password is too easy to guess; the message never holds it."""
    text = unicodedata.normalize("NFKC", password)
    folded = text.casefold()
    own = [part for part in (email.casefold(), email.partition("@")[0].casefold(), name.casefold()) if part]
    if not LENGTH_MIN <= len(text) <= LENGTH_MAX:
        fault = f"has {len(text)} characters; it takes {LENGTH_MIN} to {LENGTH_MAX}"
    elif any(len(part) >= 4 and len(folded.replace(part, "")) < LENGTH_MIN - 4 for part in own):
        fault = "is little more than the e-mail address or the name"
    elif _is_worst(folded):
        fault = "is among those that are tried first"
    else:
        return
    raise BadInputError(
        f"This password {fault}.",
        action="Take three or four words that do not belong together.",
        code="input.password",
    )


def _is_worst(folded: str) -> bool:
    if len(set(folded)) < 5 or (len(set(folded)) < 11 and any(part in folded for part in _RUN_PARTS)):
        return True
    plain = folded.translate(str.maketrans("@013457$!", "aoieastsi"))
    letters = ("".join(filter(str.isalpha, folded)), "".join(filter(str.isalpha, plain)))
    return any(word.strip("i") in _WORST or word in _WORST for word in letters)


def check_pin(pin: str) -> None:
    """Raise BadInputError when a PIN is no PIN or the first that anybody would try; never tells it."""
    least, most = PIN_DIGITS
    if not (pin.isascii() and pin.isdigit() and least <= len(pin) <= most):
        fault = f"has {least} to {most} digits and nothing else"
    elif _is_easy(pin):
        fault = "is more than one digit, a run of them, or the same few over and over"
    else:
        return
    raise BadInputError(f"A PIN {fault}.", action="Choose another one.", code="input.pin")


def _is_easy(pin: str) -> bool:
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    repeated = any(pin == (pin[:n] * len(pin))[: len(pin)] for n in (1, 2, 3))
    return repeated or steps in ({1}, {9})


def _bytes(password: str) -> bytes:
    # The same password, however a keyboard composes its letters.
    text = unicodedata.normalize("NFKC", password[: 4 * LENGTH_MAX])[: LENGTH_MAX + 1]
    return text.encode("utf-8", "surrogatepass")
