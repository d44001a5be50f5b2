"""A company that lives goes on with what others wrote into it, and tells of both."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
from tests.factories.sim_company import COMPANY_ID, company

from tiebeam.simulators.base.messages import SimRequest
from tiebeam.simulators.company.life import Life
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.caller import Caller
from tiebeam.simulators.procore.options import ProcoreOptions
from tiebeam.simulators.procore.truth import truth
from tiebeam.simulators.procore.webhooks.names import ANNOUNCED

HOOKS = f"/rest/v2.0/companies/{COMPANY_ID}/webhooks/hooks"


def written(project_id: int, user_id: int | None, contract_id: int) -> list[tuple[str, str, Any]]:
    """What somebody else writes into a project: the resource, where to, and what."""
    p10, named = f"/rest/v1.0/projects/{project_id}", {"project_id": project_id}
    order = {**named, "contract_id": contract_id, "change_order": {"title": "x"}}
    rfi = {"subject": "x", "rfi_manager_id": user_id, "question": {"body": "?"}}
    task = {"name": "x", "start": "2026-03-01T07:00:00Z", "finish": "2026-03-09T17:00:00Z"}
    return [
        ("rfis", f"{p10}/rfis", {"rfi": rfi}),
        ("submittals", f"{p10}/submittals", {"submittal": {"number": "99", "title": "x"}}),
        (
            "observations",
            "/rest/v1.0/observations/items",
            {**named, "observation": {"name": "x", "type_id": 1}},
        ),
        ("potential_change_orders", "/rest/v1.0/potential_change_orders", order),
        ("change_order_requests", "/rest/v1.0/change_order_requests", order),
        ("change_order_packages", "/rest/v1.0/change_order_packages", order),
        ("manpower_logs", f"{p10}/manpower_logs", {"manpower_log": {"notes": "x"}}),
        ("manpower_logs", f"{p10}/manpower_logs", {"manpower_log": {"num_workers": None, "num_hours": None}}),
        ("notes_logs", f"{p10}/notes_logs", {"notes_log": {"comment": "x"}}),
        ("work_logs", f"{p10}/work_logs", {"work_log": {"hours": 1}}),
        ("tasks", "/rest/v1.0/tasks", {**named, "task": task}),
    ]


def test_the_company_lives_on_with_what_others_wrote() -> None:
    built = company(seed=3, life=Life(changes_per_day=300, always_open=True))
    options = ProcoreOptions(hourly_limit=None, spike_limit=None)
    simulator = ProcoreSimulator(built.state, options=options)
    caller = Caller(simulator, company_id=COMPANY_ID).sign_in()

    def post(path: str, content: Any) -> int:
        headers = {"authorization": f"Bearer {caller.token}", "procore-company-id": str(COMPANY_ID)}
        headers |= {"content-type": "application/json", "host": "procore.test"}
        return simulator.handle(SimRequest("POST", path, (), headers, orjson.dumps(content))).status

    settings = {"namespace": "t", "destination_url": "https://x.example.com/", "payload_version": "v2.0"}
    assert post(HOOKS, settings) == 201
    (hook,) = simulator.webhooks.hooks.values()
    for told in ANNOUNCED:
        for event in told.events:
            simulator.webhooks.add_trigger(hook, told.name, event)
    for site in built.sites:
        author = site.staff[0].user_id
        for resource, path, content in written(site.project_id, author, site.contract["id"]):
            status = post(path, content)
            tool = simulator.state.tables[resource].resource.tool
            open_here = tool is None or built.state.tool_enabled(site.project_id, tool)
            assert status == (201 if open_here else 403), path
    for _ in range(6):
        built.burst(60)
    heard = Counter(each.event.event_type for each in simulator.webhooks.due(built.state.now()))
    assert min(heard["create"], heard["update"], heard["delete"]) > 5
    assert any(
        row.state == "live" and row.list.get("notes") == "x" for row in truth(built.state, "manpower_logs")
    )
