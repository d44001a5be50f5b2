"""Signing in by OpenID Connect: against a real provider, and against one that lies."""

from __future__ import annotations

import logging
import re
import warnings
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from joserfc.jwk import OctKey
from tests.factories.openid import ISSUER, FakeProvider, new_key
from tests.factories.people import ADDRESS, BOSS, accounts_on

from tiebeam.connectors.http import AiohttpTransport
from tiebeam.connectors.ports import TransportError
from tiebeam.identity.model import How, Refused, Role
from tiebeam.identity.oidc import BEGIN_AGAIN, NO_ACCESS, NOT_THERE, OidcSignIn, Returned
from tiebeam.identity.provider import OidcError, Provider
from tiebeam.identity.repository import Register, Tenants
from tiebeam.kernel.clock import ManualClock, SystemClock
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.audit.model import Entry, Wanted
from tiebeam.operations.audit.repository import Trail
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.connectors.ports import Transport
    from tiebeam.identity.model import Tenant

pytestmark = pytest.mark.req("P17", "P21")

BACK = "https://tiebeam.example/sign-in/back"
ROLES = {"bosses": Role.TENANT_ADMIN, "office": Role.OFFICE}


@pytest.fixture
def fake(clock: ManualClock) -> FakeProvider:
    return FakeProvider(clock, claims={"groups": ["office", "everybody"]})


def signing(store: Store, transport: Transport, **more: Any) -> OidcSignIn:
    asked = {"issuer": ISSUER, "client_id": "tiebeam", "client_secret": "s3cret", "roles": ROLES} | more
    return OidcSignIn(Provider(**asked), Register(store), transport, store.clock, redirect_uri=BACK)


@pytest.fixture
def oidc(store: Store, fake: FakeProvider) -> OidcSignIn:
    return signing(store, fake)


async def round_trip(oidc: OidcSignIn, fake: FakeProvider, **bent: Any) -> Returned | Refused:
    begun = await oidc.begin("alder", return_to="/records?q=1")
    back: dict[str, Any] = {**fake.grant(begun.url), "secret": begun.secret} | bent
    return await oidc.finish(back.pop("secret"), **back, address=ADDRESS)


async def come_in(oidc: OidcSignIn, fake: FakeProvider, **bent: Any) -> Returned:
    found = await round_trip(oidc, fake, **bent)
    assert isinstance(found, Returned)
    return found


async def noted(store: Store, tenant: Tenant, act: str) -> list[Entry]:
    trail = Trail(store, store.clock)
    assert (await trail.verify(tenant.id)).holds
    return await trail.entries(tenant.id, Wanted(act=act))


class Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def granted_by_form(url: str, subject: str) -> dict[str, str]:
    """Sign in at the real provider's page, as a browser does."""
    fields = urlencode({"sub": subject}).encode()
    try:
        build_opener(Stay).open(Request(url, fields), timeout=30).close()
    except HTTPError as redirect:
        with redirect:
            query = parse_qs(urlsplit(redirect.headers["Location"]).query)
            return {name: values[0] for name, values in query.items()}
    raise AssertionError("the provider did not send the browser back")


@pytest.fixture
def real_provider() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with warnings.catch_warnings(record=True):
        # It warns of its own library when it is imported, and says nothing of its types.
        import oidc_provider_mock  # type: ignore[import-untyped]  # noqa: PLC0415 - as said above

    people = (
        oidc_provider_mock.User(
            sub="42",
            claims={
                "email": "Ann@Alder.example",
                "email_verified": True,
                "name": "Ann Alder",
                "groups": ["office"],
            },
        ),
        oidc_provider_mock.User(sub="43", claims={"email": "eve@alder.example", "email_verified": True}),
    )
    with oidc_provider_mock.run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_real_provider_lets_somebody_in(
    database_url: str, tenant: Tenant, real_provider: str
) -> None:
    now = ManualClock(SystemClock().now())
    async with await Store.open(database_url, clock=now) as store, AiohttpTransport() as transport:
        oidc = signing(store, transport, issuer=real_provider)
        begun = await oidc.begin("alder", return_to="/records")
        assert re.search(r"[?&]code_challenge=[\w-]{43}(&|$)", begun.url)
        back = granted_by_form(begun.url, "42")
        found = await oidc.finish(begun.secret, **back, address=ADDRESS)
        assert isinstance(found, Returned)
        came_in, person = found.signed_in, found.signed_in.person
        assert (person.email, person.role, person.name) == ("ann@alder.example", Role.OFFICE, "Ann Alder")
        assert (came_in.session.how, found.return_to, came_in.tenant) == (How.OIDC, "/records", tenant)
        assert await accounts_on(store).session(came_in.token)
        # A code serves once, and so does what the browser kept.
        assert await oidc.finish(begun.secret, **back, address=ADDRESS) == Refused(BEGIN_AGAIN)
        begun = await oidc.begin("alder")
        stale = {**granted_by_form(begun.url, "42"), "code": back["code"]}
        assert await oidc.finish(begun.secret, **stale, address=ADDRESS) == Refused(BEGIN_AGAIN)
        begun = await oidc.begin("alder")
        back = granted_by_form(begun.url, "43")
        assert await oidc.finish(begun.secret, **back, address=ADDRESS) == Refused(NO_ACCESS)


async def test_somebody_who_comes_again_is_known_by_subject_and_follows_the_groups(
    store: Store, tenant: Tenant, oidc: OidcSignIn, fake: FakeProvider
) -> None:
    first = (await come_in(oidc, fake)).signed_in
    fake.claims = {"groups": ["office", "bosses"], "email": "ann.new@alder.example", "name": "Other"}
    again = (await come_in(oidc, fake)).signed_in
    assert again.person.id == first.person.id
    assert (again.person.role, again.person.email) == (Role.TENANT_ADMIN, "ann@alder.example")
    accounts = accounts_on(store)
    assert await accounts.session(first.token) is None
    assert await accounts.session(again.token)
    (entry,) = await noted(store, tenant, "person.role_set")
    assert (entry.detail["from"], entry.detail["to"]) == ("office", "tenant_admin")
    assert len(await noted(store, tenant, "person.added")) == 1


async def test_without_groups_only_people_who_were_added_come_in(
    store: Store, tenant: Tenant, fake: FakeProvider
) -> None:
    oidc, accounts = signing(store, fake, roles={}), accounts_on(store)
    assert await round_trip(oidc, fake) == Refused(NO_ACCESS)
    ann = await accounts.add_person(
        tenant.id, email="ann@alder.example", name="Ann", role=Role.OPERATOR, by=BOSS
    )
    entered = (await come_in(oidc, fake)).signed_in
    assert (entered.person.id, entered.person.role) == (ann.id, Role.OPERATOR)
    await accounts.disable(tenant.id, ann.id, by=BOSS)
    assert await round_trip(oidc, fake) == Refused(NO_ACCESS)
    whys = [entry.detail["why"] for entry in await noted(store, tenant, "session.refused")]
    assert whys == ["disabled", "unknown"]


@pytest.mark.parametrize("said", [False, None, "no", 1.5])
async def test_an_address_that_nobody_has_verified_is_nobodys(
    store: Store, tenant: Tenant, fake: FakeProvider, said: object
) -> None:
    accounts = accounts_on(store)
    await accounts.add_person(
        tenant.id, email="ann@alder.example", name="Ann", role=Role.TENANT_ADMIN, by=BOSS
    )
    fake.bent = {"email_verified": said}
    assert await round_trip(signing(store, fake), fake) == Refused(NO_ACCESS)
    assert await noted(store, tenant, "person.vouched") == []
    await come_in(signing(store, fake, email_trusted=True), fake)


async def test_what_the_token_leaves_out_is_asked_for_and_must_be_of_the_same_person(
    store: Store, tenant: Tenant, oidc: OidcSignIn, fake: FakeProvider
) -> None:
    fake.bent = {"groups": None, "email": None, "email_verified": None}
    fake.userinfo = {"sub": "u1", "email": "x@alder.example", "email_verified": True, "groups": "bosses"}
    person = (await come_in(oidc, fake)).signed_in.person
    assert (person.email, person.role, person.tenant_id) == ("x@alder.example", Role.TENANT_ADMIN, tenant.id)
    fake.userinfo["sub"] = "u2"
    with pytest.raises(OidcError, match="somebody else"):
        await round_trip(oidc, fake)
    assert await noted(store, tenant, "session.refused")


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize(
    "bent",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": ["tiebeam", "another"]},
        {"azp": "another"},
        {"aud": None},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"exp": None},
        {"exp": 1_000_000_000},
        {"iat": None},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
    ],
)
async def test_a_token_that_says_anything_else_is_not_trusted(
    oidc: OidcSignIn, fake: FakeProvider, bent: dict[str, Any]
) -> None:
    fake.bent = bent
    with pytest.raises(OidcError, match="cannot be trusted"):
        await round_trip(oidc, fake)
    fake.bent = {"aud": ["tiebeam", "another"], "azp": "tiebeam"}
    await come_in(oidc, fake)


@pytest.mark.usefixtures("tenant")
async def test_a_signature_must_be_the_providers(oidc: OidcSignIn, fake: FakeProvider) -> None:
    fake.signed_with = new_key("k1")
    with pytest.raises(OidcError, match="signature is not the provider's"):
        await round_trip(oidc, fake)
    # What is public, or known to us, must not do as a shared secret.
    fake.algorithm, fake.signed_with = "HS256", OctKey.import_key("s3cret" * 6)
    with pytest.raises(OidcError, match="signature"):
        await round_trip(oidc, fake)
    fake.algorithm = "none"
    with pytest.raises(OidcError, match="signature"):
        await round_trip(oidc, fake)


@pytest.mark.usefixtures("tenant")
async def test_keys_may_rotate(oidc: OidcSignIn, fake: FakeProvider) -> None:
    await come_in(oidc, fake)
    await come_in(oidc, fake)
    assert fake.asked.count("/keys") == 1
    fake.key = new_key("k2")
    await come_in(oidc, fake)
    assert fake.asked.count("/keys") == 2
    fake.published = [new_key("k3")]
    fake.key = new_key("k4")
    with pytest.raises(OidcError, match="signature is not the provider's"):
        await round_trip(oidc, fake)
    fake.published = []
    with pytest.raises(OidcError, match="no key"):
        await round_trip(oidc, fake)


@pytest.mark.usefixtures("tenant")
async def test_what_comes_back_must_be_what_went_out(
    oidc: OidcSignIn, fake: FakeProvider, clock: ManualClock
) -> None:
    assert await round_trip(oidc, fake, state="x") == Refused(BEGIN_AGAIN)
    assert await round_trip(oidc, fake, state=None) == Refused(BEGIN_AGAIN)
    assert await round_trip(oidc, fake, secret=None) == Refused(BEGIN_AGAIN)
    assert await round_trip(oidc, fake, secret="x") == Refused(BEGIN_AGAIN)
    other = await oidc.begin("alder")
    assert await round_trip(oidc, fake, secret=other.secret) == Refused(BEGIN_AGAIN)
    assert await round_trip(oidc, fake, error="access_denied", code=None) == Refused(NOT_THERE)
    assert await round_trip(oidc, fake, code=None) == Refused(NOT_THERE)
    assert await round_trip(oidc, fake, code="made-up") == Refused(BEGIN_AGAIN)
    begun = await oidc.begin("alder")
    back = fake.grant(begun.url)
    clock.advance(601)
    assert await oidc.finish(begun.secret, **back, address=ADDRESS) == Refused(BEGIN_AGAIN)


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/a?b=c#d", "/a?b=c#d"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\\b", "/"),
        ("/\tevil", "/"),
        ("javascript:x", "/"),
        ("", "/"),
    ],
)
async def test_nobody_is_led_elsewhere(oidc: OidcSignIn, fake: FakeProvider, asked: str, led: str) -> None:
    begun = await oidc.begin("alder", return_to=asked)
    found = await oidc.finish(begun.secret, **fake.grant(begun.url), address=ADDRESS)
    assert isinstance(found, Returned)
    assert found.return_to == led


@pytest.mark.parametrize(
    ("document", "match"),
    [
        ({"issuer": "https://evil.example"}, "another issuer"),
        ({"authorization_endpoint": "http://id.example/authorize"}, "authorization_endpoint"),
        ({"authorization_endpoint": None}, "authorization_endpoint"),
    ],
)
@pytest.mark.usefixtures("tenant")
async def test_a_configuration_that_cannot_be_right_is_refused(
    oidc: OidcSignIn, fake: FakeProvider, document: dict[str, Any], match: str
) -> None:
    fake.document = document
    with pytest.raises(OidcError, match=match):
        await oidc.begin("alder")


@pytest.mark.usefixtures("tenant")
async def test_an_issuer_without_tls_is_refused(store: Store, fake: FakeProvider) -> None:
    with pytest.raises(OidcError, match="https"):
        await signing(store, fake, issuer="http://id.example").begin("alder")
    with pytest.raises(BadInputError):
        await signing(store, fake).begin("nobody")


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize(
    ("ours", "document"),
    [
        ({"client_secret": "s3cret"}, {"token_endpoint_auth_methods_supported": ["client_secret_post"]}),
        ({"client_secret": "s3cret"}, {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}),
        ({"client_secret": None}, {}),
    ],
)
async def test_a_client_says_who_it_is_as_the_provider_takes_it(
    store: Store, fake: FakeProvider, ours: dict[str, Any], document: dict[str, Any]
) -> None:
    fake.client_secret, fake.document = ours["client_secret"], document
    await come_in(signing(store, fake, **ours), fake)


@pytest.mark.usefixtures("tenant")
async def test_a_wrong_client_is_told_what_to_set_and_no_secret_is(store: Store, fake: FakeProvider) -> None:
    provider = Provider(ISSUER, "tiebeam", "wrong-s3cret")
    oidc = OidcSignIn(provider, Register(store), fake, store.clock, redirect_uri=BACK)
    with pytest.raises(OidcError, match="TIEBEAM_OIDC_CLIENT_SECRET") as refused:
        await round_trip(oidc, fake)
    begun = await oidc.begin("alder")
    for told in (str(refused.value), repr(provider), repr(begun)):
        assert "wrong-s3cret" not in told
        assert begun.secret not in told


class Unreachable:
    async def send(self, _: object) -> Any:
        raise TransportError("Nobody answers.", action="Wait.", sent=False)


@pytest.mark.usefixtures("tenant")
async def test_a_provider_that_is_down_is_said_to_be(store: Store) -> None:
    with pytest.raises(OidcError, match="cannot be reached") as refused:
        await signing(store, Unreachable()).begin("alder")
    assert refused.value.code == "oidc.unreachable"


@pytest.mark.usefixtures("tenant")
async def test_its_configuration_is_read_again_after_an_hour(
    oidc: OidcSignIn, fake: FakeProvider, clock: ManualClock
) -> None:
    await oidc.begin("alder")
    await oidc.begin("alder")
    clock.advance(timedelta(hours=1).total_seconds())
    await oidc.begin("alder")
    assert fake.asked.count("/.well-known/openid-configuration") == 2


async def test_whoever_comes_in_comes_into_one_company_alone(
    store: Store, tenant: Tenant, oidc: OidcSignIn, fake: FakeProvider
) -> None:
    other = await Tenants(store).create("birch", "Birch Ltd")
    here = (await come_in(oidc, fake)).signed_in
    begun = await oidc.begin("birch")
    there = await oidc.finish(begun.secret, **fake.grant(begun.url), address=ADDRESS)
    assert isinstance(there, Returned)
    assert there.signed_in.person.id != here.person.id
    assert (here.person.tenant_id, there.signed_in.person.tenant_id) == (tenant.id, other.id)
