"""PINs: field people on enrolled devices, who may capture and nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.factories.people import ADDRESS, BOSS, PASSWORD, accounts_on, devices_on

from tiebeam.identity.accounts import TOO_OFTEN
from tiebeam.identity.model import Device, How, Refused, Role, SignedIn
from tiebeam.identity.permissions import Permission, permissions_of
from tiebeam.identity.pins import NO_CODE, NOT_RIGHT
from tiebeam.identity.repository import Tenants
from tiebeam.identity.rules import NotAllowedError
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.repository import Trail

if TYPE_CHECKING:
    from tiebeam.identity.accounts import Accounts
    from tiebeam.identity.model import Person, Tenant
    from tiebeam.identity.pins import Devices
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("P17", "P21")

PIN = "904172"


@pytest.fixture
async def other(store: Store) -> Tenant:
    return await Tenants(store).create("birch", "Birch Ltd")


@pytest.fixture
def accounts(store: Store) -> Accounts:
    return accounts_on(store)


@pytest.fixture
def devices(store: Store) -> Devices:
    return devices_on(store)


async def added(accounts: Accounts, tenant: Tenant, name: str, role: Role) -> Person:
    email = f"{name}@alder.example"
    return await accounts.add_person(tenant.id, email=email, name=name, role=role, password=PASSWORD, by=BOSS)


@pytest.fixture
async def finn(accounts: Accounts, devices: Devices, tenant: Tenant) -> Person:
    person = await added(accounts, tenant, "finn", Role.FIELD)
    return await devices.set_pin(tenant.id, person.id, PIN, by=BOSS)


async def enrolled(devices: Devices, tenant: Tenant) -> tuple[Device, str]:
    _, code = await devices.invite(tenant.id, name="Truck 7", by=BOSS)
    found = await devices.enrol(code, address=ADDRESS)
    assert not isinstance(found, Refused)
    return found


async def come_in(devices: Devices, token: str, person: Person, pin: str = PIN) -> SignedIn:
    found = await devices.sign_in(token, person.id, pin, address=ADDRESS)
    assert isinstance(found, SignedIn)
    return found


async def acts(store: Store, tenant: Tenant) -> list[str]:
    trail = Trail(store, store.clock)
    assert (await trail.verify(tenant.id)).holds
    return [entry.act for entry in reversed(await trail.entries(tenant.id))]


async def test_somebody_comes_in_to_capture_and_nothing_else(
    accounts: Accounts, devices: Devices, tenant: Tenant, finn: Person
) -> None:
    device, token = await enrolled(devices, tenant)
    assert [person.id for person in await devices.who(token)] == [finn.id]
    entered = await come_in(devices, token, finn)
    assert (entered.session.how, entered.session.device_id) == (How.PIN, device.id)
    assert await accounts.session(entered.token)
    # Whoever is more than field is no more than that after a PIN.
    for role in Role:
        assert permissions_of(role, How.PIN) <= {Permission.FIELD_CAPTURE}
    assert permissions_of(Role.TENANT_ADMIN, How.PASSWORD) > permissions_of(Role.TENANT_ADMIN, How.PIN)


async def test_no_pin_code_or_token_is_kept_or_noted(
    store: Store, devices: Devices, tenant: Tenant, finn: Person
) -> None:
    _, code = await devices.invite(tenant.id, name="Truck 7", by=BOSS)
    device, token = await enrolled(devices, tenant)
    await come_in(devices, token, finn)
    async with store.transaction(tenant.id) as tx:
        kept = [
            await tx.rows(f"select t::text from tiebeam.{table} t")
            for table in ("person", "device", "session", "audit")
        ]
    for secret in (PIN, code, code.replace("-", ""), token):
        assert secret not in str(kept)
    assert token not in repr(device)
    assert await acts(store, tenant) == [
        "person.added",
        "person.pin_set",
        "device.invited",
        "device.invited",
        "device.enrolled",
        "session.made",
    ]


async def test_a_code_serves_once_and_in_time_however_it_is_typed(
    devices: Devices, tenant: Tenant, clock: ManualClock
) -> None:
    _, code = await devices.invite(tenant.id, name="Truck 7", by=BOSS)
    typed = f" {code.lower().replace('-', ' ').replace('o', '0').replace('i', '1')} "
    assert not isinstance(await devices.enrol(typed, address=ADDRESS), Refused)
    assert await devices.enrol(code, address=ADDRESS) == Refused(NO_CODE)
    _, late = await devices.invite(tenant.id, name="Truck 8", by=BOSS)
    clock.advance(901)
    assert await devices.enrol(late, address=ADDRESS) == Refused(NO_CODE)
    assert await devices.enrol("", address=ADDRESS) == Refused(NO_CODE)
    assert await devices.of("") is None
    assert await devices.of(code) is None


async def test_codes_cannot_be_tried_without_end(devices: Devices, tenant: Tenant) -> None:
    _, code = await devices.invite(tenant.id, name="Truck 7", by=BOSS)
    for number in range(30):
        assert await devices.enrol(f"AAAA-AAAA-{number:04}", address=ADDRESS) == Refused(NO_CODE)
    assert await devices.enrol(code, address=ADDRESS) == Refused(TOO_OFTEN, 10)


async def test_five_failures_lock_a_pin_on_every_device_for_ever_longer(
    devices: Devices, tenant: Tenant, finn: Person, clock: ManualClock, store: Store
) -> None:
    tokens = [(await enrolled(devices, tenant))[1] for _ in range(2)]
    tries = [devices.sign_in(tokens[n % 2], finn.id, f"55{n:04}", address=ADDRESS) for n in range(9)]
    heard = await asyncio.gather(*tries)
    assert heard.count(Refused(NOT_RIGHT)) == 5
    waits = []
    for _ in range(8):
        found = await devices.sign_in(tokens[0], finn.id, PIN, address=ADDRESS)
        assert isinstance(found, Refused)
        assert found.wait_seconds
        waits.append(found.wait_seconds)
        clock.advance(found.wait_seconds)
        assert await devices.sign_in(tokens[1], finn.id, "555555", address=ADDRESS) == Refused(NOT_RIGHT)
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert (await acts(store, tenant)).count("session.refused") == 13
    clock.advance(3600)
    await come_in(devices, tokens[0], finn)
    assert await devices.sign_in(tokens[0], finn.id, "555555", address=ADDRESS) == Refused(NOT_RIGHT)


async def test_a_new_pin_unlocks_and_ends_sessions_by_the_former(
    accounts: Accounts, devices: Devices, tenant: Tenant, finn: Person
) -> None:
    _, token = await enrolled(devices, tenant)
    by_pin = await come_in(devices, token, finn)
    by_password = await accounts.sign_in("alder", finn.email, PASSWORD, address=ADDRESS)
    assert isinstance(by_password, SignedIn)
    for _ in range(6):
        await devices.sign_in(token, finn.id, "555555", address=ADDRESS)
    await devices.set_pin(tenant.id, finn.id, "613280", by=BOSS)
    assert await accounts.session(by_pin.token) is None
    assert await accounts.session(by_password.token)
    assert await devices.sign_in(token, finn.id, PIN, address=ADDRESS) == Refused(NOT_RIGHT)
    await come_in(devices, token, finn, "613280")
    assert (await devices.set_pin(tenant.id, finn.id, None, by=BOSS)).has_pin is False
    assert await devices.who(token) == []
    assert await devices.sign_in(token, finn.id, "613280", address=ADDRESS) == Refused(NOT_RIGHT)


async def test_a_revoked_device_lets_nobody_in_and_ends_its_sessions(
    accounts: Accounts, devices: Devices, tenant: Tenant, finn: Person
) -> None:
    device, token = await enrolled(devices, tenant)
    _, another = await enrolled(devices, tenant)
    here, there = await come_in(devices, token, finn), await come_in(devices, another, finn)
    await devices.revoke(tenant.id, device.id, by=BOSS)
    await devices.revoke(tenant.id, device.id, by=BOSS)
    assert await accounts.session(here.token) is None
    assert await accounts.session(there.token)
    assert await devices.of(token) is None
    assert await devices.who(token) == []
    assert isinstance(await devices.sign_in(token, finn.id, PIN, address=ADDRESS), Refused)


async def test_who_is_disabled_or_no_longer_in_the_field_does_not_come_in(
    accounts: Accounts, devices: Devices, tenant: Tenant, finn: Person
) -> None:
    _, token = await enrolled(devices, tenant)
    await accounts.set_role(tenant.id, finn.id, Role.ESTIMATOR, by=BOSS)
    assert await devices.sign_in(token, finn.id, PIN, address=ADDRESS) == Refused(NOT_RIGHT)
    await accounts.set_role(tenant.id, finn.id, Role.FIELD, by=BOSS)
    await accounts.disable(tenant.id, finn.id, by=BOSS)
    assert await devices.sign_in(token, finn.id, PIN, address=ADDRESS) == Refused(NOT_RIGHT)
    estimator = await added(accounts, tenant, "olga", Role.ESTIMATOR)
    with pytest.raises(BadInputError, match="no work in the field"):
        await devices.set_pin(tenant.id, estimator.id, PIN, by=BOSS)


@pytest.mark.parametrize(
    "pin",
    ["", "12345", "1234567890123", "12345a", "١٢٣٤٥٦", "000000", "123456", "987654", "121212", "890123"],
)
async def test_easy_pins_are_refused_and_not_told(
    accounts: Accounts, devices: Devices, tenant: Tenant, pin: str
) -> None:
    person = await added(accounts, tenant, "gil", Role.FIELD)
    with pytest.raises(BadInputError) as refused:
        await devices.set_pin(tenant.id, person.id, pin, by=BOSS)
    assert not pin or pin not in str(refused.value)


async def test_only_who_may_manages_devices_and_pins(
    accounts: Accounts, devices: Devices, tenant: Tenant, finn: Person, other: Tenant
) -> None:
    device, _ = await enrolled(devices, tenant)
    may = {Role.TENANT_ADMIN, Role.OPERATOR}
    strangers = [await added(accounts, tenant, role, role) for role in Role if role not in may]
    strangers.append(await added(accounts, other, "eve", Role.TENANT_ADMIN))
    for by in strangers:
        for attempt in (
            devices.invite(tenant.id, name="x", by=by),
            devices.revoke(tenant.id, device.id, by=by),
            devices.set_pin(tenant.id, finn.id, "613280", by=by),
        ):
            with pytest.raises(NotAllowedError):
                await attempt
    operator = await added(accounts, tenant, "oz", Role.OPERATOR)
    await devices.invite(tenant.id, name="x", by=operator)
    with pytest.raises(NotAllowedError):
        await devices.set_pin(tenant.id, finn.id, "613280", by=operator)


async def test_no_device_or_pin_reaches_into_another_company(
    accounts: Accounts, devices: Devices, tenant: Tenant, finn: Person, other: Tenant
) -> None:
    device, _ = await enrolled(devices, tenant)
    _, theirs = await enrolled(devices, other)
    assert [one.tenant_id for one in await devices.all(other.id)] == [other.id]
    assert await devices.who(theirs) == []
    assert await devices.sign_in(theirs, finn.id, PIN, address=ADDRESS) == Refused(NOT_RIGHT)
    with pytest.raises(BadInputError, match="no such device"):
        await devices.revoke(other.id, device.id, by=BOSS)
    with pytest.raises(BadInputError, match="no such person"):
        await devices.set_pin(other.id, finn.id, PIN, by=BOSS)
    assert (await accounts.person(tenant.id, finn.id)).has_pin
