from __future__ import annotations

import asyncio
import gc
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from tests.factories.database import TestServer, at, fresh_database, test_server

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.clock import ManualClock
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tiebeam.identity.model import Tenant

LONG = ("simulation", "acceptance", "browser")
"""The folders of tests that take long."""


def pytest_configure() -> None:
    # A shell has its background jobs ignore Ctrl-C, and every process that a test starts would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The long ones first, or in the end one worker is at a long one and the other has nothing to do.
    order = {folder: place for place, folder in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.parent.name, len(LONG)))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    # What thousands of tests are made of is there until the end: nobody need look for waste in it.
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def database_server() -> Iterator[TestServer]:
    # A loop of its own: each test has another one, and the server belongs to none.
    with asyncio.Runner() as runner:
        serving = test_server()
        server = runner.run(serving.__aenter__())
        try:
            yield server
        finally:
            runner.run(serving.__aexit__(None, None, None))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 2, 15, 0, tzinfo=UTC))


@pytest.fixture
async def database_name(database_server: TestServer) -> AsyncIterator[str]:
    async with fresh_database(database_server) as name:
        yield name


@pytest.fixture
def database_url(database_server: TestServer, database_name: str) -> str:
    """The application's URL of a fresh, migrated database."""
    return at(database_server.app_url, database_name)


@pytest.fixture
def owner_url(database_server: TestServer, database_name: str) -> str:
    """The schema owner's URL of the same database."""
    return at(database_server.owner_url, database_name)


@pytest.fixture
async def store(database_url: str, clock: ManualClock) -> AsyncIterator[Store]:
    opened = await Store.open(database_url, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
async def tenant(store: Store) -> Tenant:
    return await Tenants(store).create("alder", "Alder & Sons")
