"""People, keys and devices for tests, with passwords that are quick to hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argon2 import PasswordHasher

from tiebeam.identity.accounts import Accounts
from tiebeam.identity.passwords import Passwords
from tiebeam.identity.pins import Devices
from tiebeam.identity.repository import Register
from tiebeam.operations.audit.model import Actor

if TYPE_CHECKING:
    from tiebeam.store.pool import Store

BOSS = Actor.command("boss")
PASSWORD = "granite ladder oyster"
ADDRESS = "203.0.113.7"


def quick_passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def accounts_on(store: Store, *, home: str | None = None) -> Accounts:
    return Accounts(Register(store), store.clock, home=home, passwords=quick_passwords())


def devices_on(store: Store) -> Devices:
    return Devices(Register(store), store.clock, passwords=quick_passwords())
