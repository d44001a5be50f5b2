"""Sealing, keys, and everything that must not open."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tiebeam.operations.tokens.keys import Keyring, MasterKeyError, open_key_file, write_key_file
from tiebeam.operations.tokens.model import Secrets
from tiebeam.operations.tokens.vault import SealBrokenError, Sealed, SealedElsewhereError, Vault

if TYPE_CHECKING:
    from pathlib import Path

TENANT, OTHER = UUID(int=1), UUID(int=2)
CONNECTION, ANOTHER = UUID(int=11), UUID(int=12)
SECRETS = Secrets("access-secret", "refresh-secret", "client-secret")


@pytest.fixture
def keyring() -> Keyring:
    return Keyring.of_new_key()


@pytest.mark.req("P2")
def test_what_is_sealed_opens_and_shows_nothing(keyring: Keyring) -> None:
    sealed = Vault(keyring).seal(SECRETS, TENANT, CONNECTION)
    assert Vault(keyring).open(sealed, TENANT, CONNECTION) == SECRETS
    assert b"secret" not in sealed.data


def test_the_same_secrets_never_look_the_same(keyring: Keyring) -> None:
    vault = Vault(keyring)
    assert vault.seal(SECRETS, TENANT, CONNECTION).data != vault.seal(SECRETS, TENANT, CONNECTION).data


@pytest.mark.req("P2", "P21")
@pytest.mark.parametrize(("tenant", "connection"), [(OTHER, CONNECTION), (TENANT, ANOTHER)])
def test_a_row_copied_elsewhere_does_not_open(keyring: Keyring, tenant: UUID, connection: UUID) -> None:
    sealed = Vault(keyring).seal(SECRETS, TENANT, CONNECTION)
    with pytest.raises(SealBrokenError, match="another one's"):
        Vault(keyring).open(sealed, tenant, connection)


@pytest.mark.parametrize("place", [0, 1, 13, -1])
def test_a_changed_byte_anywhere_is_noticed(keyring: Keyring, place: int) -> None:
    sealed = Vault(keyring).seal(SECRETS, TENANT, CONNECTION)
    data = bytearray(sealed.data)
    data[place] ^= 1
    with pytest.raises(SealBrokenError):
        Vault(keyring).open(replace(sealed, data=bytes(data)), TENANT, CONNECTION)


@pytest.mark.parametrize("length", [0, 1, 5, 20])
def test_a_row_cut_short_is_noticed(keyring: Keyring, length: int) -> None:
    sealed = Vault(keyring).seal(SECRETS, TENANT, CONNECTION)
    with pytest.raises(SealBrokenError):
        Vault(keyring).open(Sealed(sealed.key_id, sealed.data[:length]), TENANT, CONNECTION)


def test_another_key_is_told_from_a_broken_seal(keyring: Keyring) -> None:
    sealed = Vault(keyring).seal(SECRETS, TENANT, CONNECTION)
    with pytest.raises(SealedElsewhereError, match=keyring.current.id):
        Vault(Keyring.of_new_key()).open(sealed, TENANT, CONNECTION)


def test_a_new_key_seals_and_the_former_still_opens(keyring: Keyring) -> None:
    sealed = Vault(keyring).seal(SECRETS, TENANT, CONNECTION)
    rotated = keyring.with_new_key()
    assert rotated.current.id != keyring.current.id
    assert Vault(rotated).open(sealed, TENANT, CONNECTION) == SECRETS
    assert Vault(rotated).seal(SECRETS, TENANT, CONNECTION).key_id == rotated.current.id
    with pytest.raises(SealedElsewhereError):
        Vault(rotated.only_current()).open(sealed, TENANT, CONNECTION)


@pytest.mark.req("P2")
def test_nothing_secret_is_ever_shown(keyring: Keyring) -> None:
    shown = f"{SECRETS!r} {SECRETS} {keyring!r} {keyring.current!r} {Vault(keyring)!r}"
    shown += repr(Vault(keyring).seal(SECRETS, TENANT, CONNECTION))
    assert "secret" not in shown.replace("key_id", "")
    assert keyring.written().strip() not in shown
    assert repr(keyring.current.secret)[2:-1] not in shown


def test_the_first_start_makes_a_key_that_only_its_owner_can_read(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "master.key"
    made = open_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_key_file(path).current.id == made.current.id
    assert list(path.parent.iterdir()) == [path]


def test_of_many_that_start_first_all_use_one_key(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with ThreadPoolExecutor(8) as pool:
        keys = {ring.current.id for ring in pool.map(lambda _: open_key_file(path), range(40))}
    assert len(keys) == 1


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    open_key_file(path)
    path.chmod(0o644)
    with pytest.raises(MasterKeyError, match="chmod 600"):
        open_key_file(path)


def test_a_rotated_keyring_is_written_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    rotated = open_key_file(path).with_new_key()
    write_key_file(path, rotated)
    assert open_key_file(path).written() == rotated.written()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "  ", "not base64!", base64.b64encode(b"short").decode(), "ä"])
def test_a_key_that_is_none_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(MasterKeyError) as caught:
        Keyring.parse(text)
    assert not text.strip() or text not in str(caught.value)
