"""Whether what Tiebeam stands on is there: the database, the key, the vendor's login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.app import NotSetUpError, database, key_file, keyring, procore_app, tenant_in
from tiebeam.connectors.http import AiohttpTransport
from tiebeam.connectors.procore.oauth import ProcoreLogin
from tiebeam.kernel.clock import SystemClock
from tiebeam.store.pool import Store
from tiebeam.store.schema import schema_state

if TYPE_CHECKING:
    from tiebeam.connectors.procore.environments import Environment
    from tiebeam.settings import Settings


async def check_database(settings: Settings) -> str:
    """Say how the database stands. Raises the errors of the database, and NotSetUpError."""
    async with database(settings) as found:
        state = await schema_state(found.owner_url)
        if state.too_old:
            raise NotSetUpError(
                "The database was never set up, or is of an older release.", action="Run `tiebeam init`."
            )
        store = await Store.open(found.url, clock=SystemClock(), pool_size_max=1)
        try:
            await tenant_in(store, settings)
            version = await store.server_version()
        finally:
            await store.close()
        kind = "embedded" if settings.database_url is None else "by URL"
        return f"PostgreSQL {version} ({kind}), schema {state.pre.current}"


async def check_key(settings: Settings) -> str:
    """Say where the master key comes from. Raises MasterKeyError."""
    keyring(settings)
    return "set in the environment" if settings.master_key else f"kept in {key_file(settings)}"


async def check_login(settings: Settings, environment: Environment) -> str:
    """Ask Procore's login for a grant to the app. Raises LoginError."""
    client_id, client_secret = procore_app(settings)
    async with AiohttpTransport() as transport:
        login = ProcoreLogin(
            environment=environment,
            client_id=client_id,
            client_secret=client_secret,
            transport=transport,
            clock=SystemClock(),
        )
        await login.client_credentials()
    return f"{environment.title} grants access to the app"
