"""Who may do what, and what is good enough for a password: decided without a database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tests.factories.people import quick_passwords

from tiebeam.identity.model import ApiKey, Role
from tiebeam.identity.passwords import Passwords, check_password
from tiebeam.identity.permissions import GRANTS, KEY_SCOPES, Permission, may, may_appoint
from tiebeam.identity.provider import roles_in
from tiebeam.identity.rules import address_door, email_of, name_of
from tiebeam.identity.secrets import hash_of, new_secret
from tiebeam.kernel.errors import BadInputError

pytestmark = pytest.mark.req("P17")

P = Permission


def test_every_role_has_a_row_and_every_permission_somebody() -> None:
    assert set(GRANTS) == set(Role)
    assert frozenset().union(*GRANTS.values()) == set(Permission)
    assert all(role.in_words for role in Role)


def test_a_saas_admin_sees_health_and_no_customers_data() -> None:
    assert GRANTS[Role.SAAS_ADMIN] == {P.HEALTH_READ_ALL_TENANTS, P.ACCOUNT_MANAGE}
    assert [role for role in Role if may(role, P.HEALTH_READ_ALL_TENANTS)] == [Role.SAAS_ADMIN]


def test_a_tenant_admin_may_do_everything_of_its_company_and_alone_connects_it() -> None:
    assert GRANTS[Role.TENANT_ADMIN] == set(P) - {P.HEALTH_READ_ALL_TENANTS}
    for permission in (P.CONNECTION_MANAGE, P.PEOPLE_MANAGE, P.KEYS_MANAGE, P.SETTINGS_MANAGE, P.AUDIT_READ):
        assert [role for role in Role if may(role, permission)] == [Role.TENANT_ADMIN]


def test_the_field_captures_and_sees_nothing_of_the_console() -> None:
    assert GRANTS[Role.FIELD] == {P.FIELD_CAPTURE}


def test_office_estimator_and_leadership_read_and_refresh() -> None:
    for role in (Role.OFFICE, Role.ESTIMATOR, Role.LEADERSHIP):
        assert {P.RECORDS_READ, P.RECORDS_REFRESH} <= GRANTS[role]
        assert not GRANTS[role] & {P.SYNC_RUN, P.HOLDS_DECIDE, P.QUEUE_MANAGE, P.SETTINGS_READ}


def test_jobs_are_seen_by_all_but_the_field_and_boards_laid_out_by_few() -> None:
    roles = {one: {role for role in Role if may(role, one)} for one in Permission}
    assert roles[P.JOBS_READ] == set(Role) - {Role.FIELD, Role.SAAS_ADMIN}
    assert roles[P.JOBS_EDIT] == {Role.TENANT_ADMIN, Role.OPERATOR, Role.OFFICE, Role.ESTIMATOR}
    assert roles[P.BOARDS_MANAGE] == {Role.TENANT_ADMIN, Role.OPERATOR}


def test_an_operator_runs_it() -> None:
    assert {P.SYNC_RUN, P.HOLDS_DECIDE, P.QUEUE_MANAGE, P.ALERTS_ACKNOWLEDGE} <= GRANTS[Role.OPERATOR]
    assert not may(Role.OPERATOR, P.CONNECTION_MANAGE)


def test_who_may_appoint_whom() -> None:
    pairs = {(role, other) for role in Role for other in Role if may_appoint(role, other)}
    assert pairs == {(Role.TENANT_ADMIN, other) for other in Role if other is not Role.SAAS_ADMIN}


def test_no_key_reads_every_company_or_is_a_person() -> None:
    assert set(P) - KEY_SCOPES == {P.HEALTH_READ_ALL_TENANTS, P.ACCOUNT_MANAGE}


@pytest.mark.parametrize(
    "password",
    [
        "",
        "elevenchars",
        "x" * 1025,
        "aaaaaaaaaaaaaaaa",
        "abababababab",
        "Password1234",
        "p@ssw0rd!!!!",
        "Password12345!",
        "qwertyuiop12",
        "123456789012",
        "1qaz2wsx3edc",
        "iloveyou2026",
        "Construction1!",
        "ann.alder@example.com",
        "ann.alder123",
        "Ann Alder 2026",
        "ANN.ALDER!!!",
    ],
)
def test_what_is_guessed_first_is_no_password(password: str) -> None:
    with pytest.raises(BadInputError) as refused:
        check_password(password, email="ann.alder@example.com", name="Ann Alder")
    assert not password or password not in str(refused.value)
    assert refused.value.code == "input.password"


@pytest.mark.parametrize(
    "password",
    [
        "granite ladder oyster",
        "Tr0ub4dor&3xyz",
        "correct horse battery staple",
        "þórður og kötturinn",
        "日本語のとても長い合言葉です",
    ],
)
def test_what_is_not_guessed_is_a_password(password: str) -> None:
    check_password(password, email="ann.alder@example.com", name="Ann Alder")
    check_password(password, email="a@b.example", name="Al")


async def test_a_password_is_the_same_however_its_letters_are_composed() -> None:
    passwords = quick_passwords()
    kept = await passwords.hash("caf\u00e9 au lait 7")
    assert kept.startswith("$argon2id$")
    assert await passwords.matches(kept, "cafe\u0301 au lait 7")
    assert not await passwords.matches(kept, "cafe au lait 7")
    assert not await passwords.matches(None, "nobody has this password")
    assert not await passwords.matches("no hash", "x")
    assert await passwords.hash("x") != await passwords.hash("x")


async def test_hashing_takes_few_threads_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0
    real = asyncio.to_thread

    async def counted(*args: object) -> object:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            return await real(*args)  # type: ignore[arg-type]  # passed on as they came
        finally:
            running -= 1

    monkeypatch.setattr(asyncio, "to_thread", counted)
    passwords = quick_passwords()
    await asyncio.gather(*(passwords.hash(f"{n}") for n in range(20)))
    assert most == 2


def test_by_default_a_hash_costs_what_is_recommended() -> None:
    hasher = Passwords()._hasher
    assert (hasher.type.name, hasher.memory_cost >= 65536, hasher.time_cost >= 3) == ("ID", True, True)


def test_a_secret_has_256_bits_and_its_hash_tells_nothing() -> None:
    assert len({new_secret() for _ in range(1000)}) == 1000
    assert len(new_secret()) == 43
    assert hash_of("a") != hash_of("b")
    assert len(hash_of("\ud800" * 10_000)) == 32


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("unix", "unix", True),
        ("unix", "other", False),
    ],
)
def test_where_somebody_comes_from(one: str, other: str, *, same: bool) -> None:
    assert (address_door(one).key == address_door(other).key) is same


def test_names_and_addresses_are_kept_on_one_readable_line() -> None:
    assert name_of("  Ann\n\x00Alder\u202e ") == "Ann Alder"
    assert email_of(" Ann@EXAMPLE.com") == "ann@example.com"
    for bad in ("", " \n", "x" * 201):
        with pytest.raises(BadInputError):
            name_of(bad)


def test_groups_are_read_in_order() -> None:
    found = roles_in(" bosses = tenant_admin,a=b=office, a=b=field,")
    assert list(found.items()) == [("bosses", Role.TENANT_ADMIN), ("a=b", Role.OFFICE)]
    assert roles_in("") == {}
    for bad in ("bosses", "bosses=", "=office", "bosses=king"):
        with pytest.raises(BadInputError, match="TIEBEAM_OIDC_GROUPS"):
            roles_in(bad)


def test_a_key_stands_until_it_is_over_or_revoked() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    later = now + timedelta(seconds=1)

    def key(expires_at: datetime | None, revoked_at: datetime | None) -> ApiKey:
        nobody = UUID(int=0)
        return ApiKey(nobody, nobody, "k", "tb_0", frozenset(), now, expires_at, None, revoked_at)

    assert key(None, None).stands(now)
    assert key(later, None).stands(now)
    assert not key(later, None).stands(later)
    assert not key(None, now).stands(later)
