"""The OpenAPI document against the API, as every role and by key: no fault, no answer it does not name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.factories.console import ADDRESS
from tests.factories.console_api import API, api_house

from tiebeam.identity.model import Role
from tiebeam.identity.permissions import GRANTS
from tiebeam.web.api.route import ANY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    import httpx
    from tests.factories.console_api import ApiHouse

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

EXAMPLES = 3
"""Of each operation and each kind (fitting and not); the long profile is a number here."""
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
METHODS = ("get", "post", "put", "delete")


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[ApiHouse]:
    async with api_house(store, clock, tenant, tmp_path) as made:
        yield made


async def document_of(house: ApiHouse) -> dict[str, Any]:
    answer = await house.console.stranger().get(f"{API}/openapi.json")
    found: dict[str, Any] = answer.json()
    return found


_made: dict[str, list[Any]] = {}


def cases_of(document: dict[str, Any]) -> list[Any]:
    """Return requests for every operation, the same in every run."""
    if "all" not in _made:
        schema: Any = schemathesis.openapi.from_dict(document)
        cases: list[Any] = []
        for found in schema.get_all_operations():
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                cases += examples(found.ok(), mode)
        _made["all"] = cases
    return _made["all"]


def examples(operation: Any, mode: GenerationMode) -> list[Any]:
    cases: list[Any] = []

    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def collect(case: Any) -> None:
        cases.append(case)

    collect()
    return cases


async def known_of(house: ApiHouse) -> dict[str, str]:
    """Return values of path parameters that name something."""
    _, came = await house.console.signed_in(Role.OFFICE)
    _, _ = await house.console.house.keys.make(
        house.console.tenant.id,
        name="known",
        scopes=[*GRANTS[Role.ESTIMATOR] & GRANTS[Role.OPERATOR] - {"account.manage"}],
        by=came.person.actor,
    )
    (key, *_) = await house.console.house.keys.all(house.console.tenant.id)
    return {
        "connection_id": str(house.copy.connection_id),
        "view": "rfis",
        "key": "501",
        "job_id": "1",
        "name": "procore.sync",
        "alert_id": str(await house.alerted()),
        "deletion_id": str(await house.held(["501", "502"])),
        "person_id": str(came.person.id),
        "key_id": str(key.id),
        "kind": "sync_log",
        "channel_id": str(await house.channelled()),
        **await house.captured(),
        **await house.worked(),
        **await house.mirrored(),
        "outside_conflict_id": str(UUID(int=8)),
        "mirror_id": str(UUID(int=9)),
        "target": "folder",
        "intent_id": str(UUID(int=3)),
    }


def prepared(case: Any, known: Mapping[str, str]) -> requests.PreparedRequest:
    """Return a case as a request, with `known` path parameters where it has such."""
    parameters = {name: known[name] for name in case.path_parameters or {} if name in known}
    before = dict(case.path_parameters or {})
    case.path_parameters = {**before, **parameters}
    try:
        return requests.Request(**case.as_transport_kwargs(base_url=f"{ADDRESS}{API}")).prepare()
    finally:
        case.path_parameters = before


async def walk(client: httpx.AsyncClient, document: dict[str, Any], known: Mapping[str, str]) -> set[int]:
    """Send every case and check its answer against the document; return the statuses that were met."""
    met = set()
    for number, case in enumerate(cases_of(document)):
        request = prepared(case, known if number % 2 else {})
        body = request.body
        assert body is None or isinstance(body, str | bytes)
        own = {name: str(value) for name, value in request.headers.items() if name.lower() not in DROPPED}
        answer = await client.request(request.method or "GET", str(request.url), content=body, headers=own)
        case.validate_response(answer, checks=CHECKS)
        met.add(answer.status_code)
    return met


DROPPED = ("content-length", "authorization", "cookie", "x-csrf-token", "user-agent")


@pytest.mark.req("P17", "P21", "W12")
@pytest.mark.parametrize("role", Role)
async def test_every_answer_to_every_role_is_one_that_the_document_names(house: ApiHouse, role: Role) -> None:
    client, came = await house.console.signed_in(role)
    client.headers["X-CSRF-Token"] = came.session.csrf
    met = await walk(client, await document_of(house), await known_of(house))
    assert 403 in met or role is Role.TENANT_ADMIN
    assert 200 in met


@pytest.mark.req("P17")
async def test_every_answer_to_a_key_is_one_that_the_document_names(house: ApiHouse) -> None:
    met = await walk(await house.keyed(), await document_of(house), await known_of(house))
    assert {200, 202, 404, 422} <= met


async def test_every_answer_to_a_stranger_is_that_they_are_not_known(house: ApiHouse) -> None:
    met = await walk(house.console.stranger(), await document_of(house), {})
    assert 401 in met
    assert not {status for status in met if status < 400}


@pytest.mark.req("P21", "W12")
@pytest.mark.parametrize("role", Role)
async def test_every_role_may_what_its_operations_say(house: ApiHouse, role: Role) -> None:
    client, came = await house.console.signed_in(role)
    client.headers["X-CSRF-Token"] = came.session.csrf
    document, known = await document_of(house), await known_of(house)
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            wanted = item[method]["x-permission"]
            answer = await client.request(
                method, API + path.format_map(known), json={} if method != "get" else None
            )
            granted = wanted == ANY or wanted in GRANTS[role]
            assert (answer.status_code != 403) == granted, (method, path, role, answer.text)
