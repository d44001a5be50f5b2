"""The pages of operations: what they show, to whom, and what their buttons do."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
import psycopg
import pytest
from tests.factories.console import console
from tests.factories.webhooks import connected

from tiebeam.connectors.streams import Phase, Scope
from tiebeam.duties import CATCH_UP, SYNC, again, fetch_job, keep_hook_job, sync_job
from tiebeam.identity.model import Role
from tiebeam.operations.alerts.model import Finding, Severity
from tiebeam.operations.audit.dossier.check import check_dossier
from tiebeam.operations.audit.model import Actor, Wanted
from tiebeam.operations.queue.model import NewJob
from tiebeam.replicate.history.model import SILENT_AFTER, LogWanted
from tiebeam.replicate.history.repository import History
from tiebeam.replicate.model import State, Tally
from tiebeam.replicate.progress import Progress
from tiebeam.replicate.replica import Record
from tiebeam.replicate.repository import Replica
from tiebeam.wishes import record_job, refresh_job

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.app import App
    from tiebeam.identity.model import SignedIn, Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.store.pool import Store

PROJECTS = {"5": "Harbour House", "6": "Secret Tower"}


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path) as made:
        yield made


class Site:
    """A company whose copy holds two projects, and somebody of a role in front of its console."""

    def __init__(self, house: Console, app: App, connection: Connection) -> None:
        self.house = house
        self.app = app
        self.connection = connection
        self.replica = Replica(app.store, app.tenant.id, connection.id, app.clock)

    @classmethod
    async def of(cls, house: Console, tenant: Tenant | None = None) -> Site:
        company = tenant or house.tenant
        await connected(house.store, company.id)
        app = await house.house.app(company.id)
        (connection,) = await app.connections()
        site = cls(house, app, connection)
        await site.feed("procore.projects", Scope())
        for key, name in PROJECTS.items():
            await site.record("procore.projects", "", key, {"name": name})
        return site

    async def feed(self, stream: str, scope: Scope) -> int:
        feeds = await self.replica.ensure_feeds([(stream, scope)])
        return next(one.id for one in feeds if (one.stream, one.scope) == (stream, scope))

    async def record(self, stream: str, scope_text: str, key: str, payload: dict[str, Any]) -> None:
        feed_id = await self.feed(stream, Scope.parse(scope_text))
        named = {
            "tenant": self.app.tenant.id,
            "feed": feed_id,
            "key": key,
            "payload": orjson.dumps(payload).decode(),
            "at": self.app.clock.now(),
        }
        await self.sql(
            "insert into tiebeam.record (tenant_id, feed_id, key, hash, created_at, changed_at, payload,"
            " missed_at) values (%(tenant)s, %(feed)s, %(key)s, '\\x00', %(at)s, %(at)s, %(payload)s::jsonb,"
            " %(at)s)",
            named,
        )

    async def log(self, project: str, result: str, detail: str) -> None:
        feed_id = await self.feed("procore.rfis", _in(project))
        await self.sql(
            "insert into tiebeam.sync_log (tenant_id, at, feed_id, result, keys, detail)"
            " values (%(tenant)s, %(at)s, %(feed)s, %(result)s, '{1,2}', %(detail)s)",
            {
                "tenant": self.app.tenant.id,
                "at": self.app.clock.now(),
                "feed": feed_id,
                "result": result,
                "detail": detail,
            },
        )

    async def hold(self, project: str, count: int) -> int:
        scope = _in(project)
        feed_id = await self.feed("procore.rfis", scope)
        for number in range(count):
            await self.record(
                "procore.rfis", scope.text, str(number), {"subject": f"Question {number} of {project}"}
            )
        await self.sql(
            "insert into tiebeam.hold (tenant_id, feed_id, keys, live, evidence, found_at)"
            " values (%(tenant)s, %(feed)s, %(keys)s::text[], %(live)s, 'missing from two listings', %(at)s)",
            {
                "tenant": self.app.tenant.id,
                "feed": feed_id,
                "keys": [str(number) for number in range(count)],
                "live": count + 10,
                "at": self.app.clock.now(),
            },
        )
        return (await self.app.holds())[-1].id

    async def run(self, wish: str, *, over: bool = True, **tally: int) -> None:
        run, _ = await self.replica.begin_run(wish, stale_before=self.app.clock.now())
        if over:
            self.house.clock.advance(90)
            await self.replica.end_run(run, Tally(**tally))

    async def sql(self, text: str, named: dict[str, Any]) -> None:
        async with self.app.store.transaction(self.app.tenant.id) as tx:
            await tx.run(text, named)

    async def jobs(self, *states: str) -> Sequence[Any]:
        return await self.app.queue.jobs(self.app.tenant.id, states or ("pending", "processing", "blocked"))

    async def acts(self, act: str) -> list[dict[str, Any]]:
        found = await self.house.house.trail.entries(self.app.tenant.id, Wanted(act=act))
        return [dict(one.detail) for one in found]


def _in(project: str) -> Scope:
    return Scope().within("project_id", project)


@pytest.fixture
async def site(house: Console) -> Site:
    return await Site.of(house)


async def post(client: httpx.AsyncClient, came: SignedIn, path: str, **fields: str) -> httpx.Response:
    data = {"csrf": came.session.csrf, **fields}
    return await client.post(path, data=data, follow_redirects=True)


def words(page: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


PAGES = ("/runs", "/runs/log", "/queue", "/alerts", "/webhooks", "/deletions", "/audit")


@pytest.mark.req("Q3", "P18")
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_with_nothing_on_it_teaches_and_is_small(house: Console, path: str) -> None:
    client, _ = await house.signed_in(Role.TENANT_ADMIN)
    page = await client.get(path)
    assert page.status_code == 200, page.text
    assert "Next:" in page.text or path in ("/alerts", "/deletions", "/audit")
    assert len(page.content) < 100_000
    assert "<script>" not in page.text
    assert " style=" not in page.text
    assert " onclick" not in page.text


@pytest.mark.req("R15", "Q3")
async def test_runs_are_shown_with_what_they_did_and_how_they_ended(site: Site) -> None:
    await site.run("routine project=5 stream=*", calls=7, created=1234, updated=2, restored=1, unchanged=9)
    await site.run("full project=* stream=procore.rfis", calls=1, held=40, damaged=3)
    client, _ = await site.house.signed_in(Role.OPERATOR)
    said = words(await client.get("/runs"))
    assert "What changed, Harbour House" in said
    assert "Everything anew, RFIs" in said
    assert "1,234" in said
    assert "1 min 30 s" in said
    assert "40 deletions held, 3 rows set aside" in said


@pytest.mark.req("R15")
async def test_a_run_under_way_says_how_far_it_is_and_one_that_is_silent_says_so(site: Site) -> None:
    run, _ = await site.replica.begin_run("due", stale_before=site.app.clock.now())
    told = Progress(Phase.ACTIVE, 30, 120, "RFIs", Tally(calls=44, created=5), 90, 600.0)
    await site.replica.note_progress(run, told)
    client, _ = await site.house.signed_in(Role.OPERATOR)
    site.house.clock.advance(60)
    said = words(await client.get("/runs"))
    assert "30 of 120" in said
    assert "2 of 4: active work" in said
    assert "44, about 90 to go" in said
    assert "about 9 min" in said
    site.house.clock.advance(SILENT_AFTER.total_seconds())
    said = words(await client.get("/runs"))
    assert "waits for calls, or was cut off" in said
    assert "too early to say" in said
    await site.replica.end_run(run, told.tally)
    await site.replica.note_progress(run, told)
    (over,) = await History(site.app.store, site.app.tenant.id).runs()
    assert over.tally is not None
    assert over.tally["calls"] == 44
    assert over.ended_at is not None


@pytest.mark.req("P21", "P17")
async def test_who_sees_one_project_is_shown_nothing_of_another(site: Site) -> None:
    await site.run("routine project=6 stream=*", calls=7, created=77123)
    await site.run("due", calls=7, created=88123)
    await site.log("5", "error", "about the harbour")
    await site.log("6", "error", "about the tower")
    await site.app.queue.trigger(
        site.app.tenant.id, [refresh_job(site.connection, project=one) for one in PROJECTS]
    )
    await site.hold("6", 3)
    client, came = await site.house.signed_in(Role.OPERATOR, projects=["5"])
    for path in ("/runs", "/runs/log", "/queue", "/webhooks", "/deletions"):
        page = await client.get(path)
        assert page.status_code == 200
        for secret in ("Secret Tower", "the tower", "77,123", "88,123", "of 6"):
            assert secret not in page.text, (path, secret)
    assert "about the harbour" in (await client.get("/runs/log")).text
    assert "Harbour House" in (await client.get("/queue")).text
    assert (await client.get("/runs/log?project=6")).status_code == 400
    (hold,) = await site.app.holds()
    answer = await post(client, came, f"/deletions/{hold.id}", decision="approve", confirm="3")
    assert answer.status_code == 400
    assert len(await site.app.holds()) == 1
    (other,) = [one for one in await site.jobs() if "/6/" in one.key]
    await post(client, came, f"/queue/jobs/{other.job_id}", wish="cancel")
    assert other.job_id in [one.job_id for one in await site.jobs()]
    for fields in ({"what": "all"}, {"what": "due"}, {"what": "project", "project": "6"}):
        assert (await post(client, came, "/runs/sync", **fields)).status_code == 400, fields
    assert (await post(client, came, "/queue/now")).status_code == 400
    assert (await post(client, came, f"/queue/schedules/{SYNC}", wish="pause")).status_code == 400


@pytest.mark.req("P21")
async def test_another_company_sees_and_touches_nothing(site: Site) -> None:
    await site.run("due", calls=7, created=77123)
    await site.log("5", "error", "ours alone")
    await site.app.queue.trigger(site.app.tenant.id, [sync_job(site.connection)])
    hold_id = await site.hold("5", 3)
    await site.app.alert_desk().report(site.app.tenant.id, [_finding("ours alone")], rules=["test"])
    (alert,) = await site.app.alert_desk().open_alerts(site.app.tenant.id)
    other = await site.house.company("birch")
    client, came = await site.house.signed_in(Role.TENANT_ADMIN, tenant=other)
    for path in PAGES:
        page = (await client.get(path)).text
        for secret in ("77,123", "ours alone", "Question", "Harbour"):
            assert secret not in page, (path, secret)
    (job,) = await site.jobs()
    await post(client, came, f"/queue/jobs/{job.job_id}", wish="cancel")
    await post(client, came, "/queue/now")
    await post(client, came, "/alerts/acknowledge", alert=str(alert.id))
    answer = await post(client, came, f"/deletions/{hold_id}", decision="approve", confirm="3")
    assert answer.status_code == 400
    check = await post(client, came, "/webhooks/check", connection=str(site.connection.id))
    assert check.status_code == 400
    assert len(await site.jobs()) == 1
    assert len(await site.app.holds()) == 1
    (still,) = await site.app.alert_desk().open_alerts(site.app.tenant.id)
    assert still.acknowledged_by is None


@pytest.mark.req("R19", "Q3")
@pytest.mark.parametrize(
    ("fields", "kind", "part"),
    [
        ({"what": "due"}, "procore.sync", ""),
        ({"what": "all"}, "procore.refresh", "/*/*/routine"),
        ({"what": "all", "full": "yes"}, "procore.refresh", "/*/*/full"),
        ({"what": "stream", "stream": "procore.rfis"}, "procore.refresh", "/*/procore.rfis/routine"),
        ({"what": "project", "project": "5"}, "procore.refresh", "/5/*/routine"),
    ],
)
async def test_a_sync_is_asked_for_noted_and_queued(
    site: Site, fields: dict[str, str], kind: str, part: str
) -> None:
    client, came = await site.house.signed_in(Role.OPERATOR)
    assert "Asked for" in words(await post(client, came, "/runs/sync", **fields))
    (job,) = await site.jobs()
    assert job.kind == kind
    assert part in job.key
    (noted,) = await site.acts("sync.asked")
    assert noted["what"] == fields["what"]
    assert "still waits" in words(await post(client, came, "/runs/sync", **fields))


@pytest.mark.parametrize(
    "fields", [{}, {"what": "x"}, {"what": "stream"}, {"what": "project", "project": "9"}]
)
async def test_a_sync_of_nothing_is_refused_with_what_to_do(site: Site, fields: dict[str, str]) -> None:
    client, came = await site.house.signed_in(Role.OPERATOR)
    answer = await post(client, came, "/runs/sync", **fields)
    assert answer.status_code == 400
    assert "What to do" in answer.text
    assert await site.jobs() == []


async def test_nothing_is_synced_where_nothing_is_connected(house: Console) -> None:
    client, came = await house.signed_in(Role.OPERATOR)
    answer = await post(client, came, "/runs/sync", what="due")
    assert "Nothing is connected" in answer.text


@pytest.mark.req("Q3")
async def test_the_log_is_filtered_and_paged_to_its_end(site: Site) -> None:
    for number in range(120):
        await site.log("5", "error" if number % 2 else "created", f"entry {number:03}")
    client, _ = await site.house.signed_in(Role.OPERATOR)
    seen: list[str] = []
    path: str | None = "/runs/log?result=error&stream=procore.rfis&project=5"
    while path:
        page = await client.get(path)
        seen += re.findall(r"entry \d{3}", page.text)
        older = re.search(r'href="([^"]+)" rel="next"', page.text)
        path = older[1].replace("&amp;", "&") if older else None
    assert seen == [f"entry {number:03}" for number in range(119, 0, -2)]
    assert "entry" not in (await client.get("/runs/log?result=conflict")).text
    assert "entry" not in (await client.get("/runs/log?since=2026-03-03")).text
    for wrong in ("result=nothing", "since=yesterday", "stream=x", "project=9", "before=x"):
        assert (await client.get(f"/runs/log?{wrong}")).status_code == 400, wrong
    since = LogWanted(site.app.clock.now() - timedelta(days=1))
    assert len(await History(site.app.store, site.app.tenant.id, []).log(since)) == 0


async def _give_up(site: Site, job_id: int, wanted: NewJob) -> None:
    await site.sql(
        "insert into tiebeam.job_history (job_id, tenant_id, kind, key, state, priority, attempts, errors,"
        " enqueued_at, ended_at) values (%(id)s, %(tenant)s, %(kind)s, %(key)s, 'failed', 0, 9, '[]',"
        " %(at)s, %(at)s)",
        {
            "id": job_id,
            "tenant": site.app.tenant.id,
            "kind": wanted.kind,
            "key": wanted.key,
            "at": site.app.clock.now(),
        },
    )


@pytest.mark.req("Q3", "Q5")
async def test_what_was_given_up_is_tried_again(site: Site) -> None:
    now = site.app.clock.now()
    record = Record(1, "project_id=5", "77", State.LIVE, 1, b"", None, now, now, None, {})
    for number, wanted in enumerate(
        (
            sync_job(site.connection),
            fetch_job(site.connection.id),
            keep_hook_job(site.connection),
            refresh_job(site.connection, project="5"),
            refresh_job(site.connection, stream="procore.rfis", full=True),
            record_job(site.connection, record, "procore.rfis"),
            NewJob("alerts.look", "all", {}),
        ),
        start=9001,
    ):
        found = again(wanted.kind, wanted.key)
        assert found is not None
        ours, theirs = (
            {name: value for name, value in one.args.items() if value and name != "correlation_id"}
            for one in (wanted, found)
        )
        assert (found.kind, found.key, found.serial_key, theirs) == (
            wanted.kind,
            wanted.key,
            wanted.serial_key,
            ours,
        )
        await _give_up(site, number, wanted)
    client, came = await site.house.signed_in(Role.OPERATOR)
    assert "Try job 9001 again" in (await client.get("/queue")).text
    assert "it is queued once more" in words(await post(client, came, "/queue/failed/9001"))
    assert "nothing is known of it" in words(await post(client, came, "/queue/failed/77"))
    assert [(one.kind, one.state) for one in await site.jobs()] == [(SYNC, "pending")]
    assert len(await site.acts("job.tried_again")) == 1
    assert again("nobody.knows", "x") is None
    looker, seen = await site.house.signed_in(Role.OPERATOR, projects=["6"])
    assert "Try job 9004 again" not in (await looker.get("/queue")).text
    assert "nothing is known of it" in words(await post(looker, seen, "/queue/failed/9004"))


@pytest.mark.req("Q3", "Q5")
async def test_a_job_is_run_now_and_cancelled(site: Site) -> None:
    later = site.app.clock.now() + timedelta(hours=1)
    await site.app.queue.enqueue(site.app.tenant.id, [NewJob(SYNC, "x", {}, not_before=later)])
    (job,) = await site.jobs()
    client, came = await site.house.signed_in(Role.OPERATOR)
    page = await client.get("/queue")
    assert "in 1 h" in page.text
    await post(client, came, f"/queue/jobs/{job.job_id}", wish="now")
    (job,) = await site.jobs()
    assert job.not_before == site.app.clock.now()
    again = words(await post(client, came, f"/queue/jobs/{job.job_id}", wish="now"))
    assert "runs already, or has ended" in again
    assert (await post(client, came, f"/queue/jobs/{job.job_id}", wish="burn")).status_code == 400
    assert "it is cancelled" in words(await post(client, came, f"/queue/jobs/{job.job_id}", wish="cancel"))
    assert await site.jobs() == []
    assert "has ended meanwhile" in words(await post(client, came, f"/queue/jobs/{job.job_id}", wish="now"))
    assert [len(await site.acts(act)) for act in ("job.hastened", "job.cancelled")] == [1, 1]


@pytest.mark.req("Q5")
async def test_a_schedule_is_changed_paused_and_resumed_and_keeps_its_interval(site: Site) -> None:
    client, came = await site.house.signed_in(Role.OPERATOR)
    path = f"/queue/schedules/{CATCH_UP}"

    async def standing() -> tuple[int | None, bool]:
        (one,) = await site.app.schedules.of_tenant(site.app.tenant.id, [CATCH_UP])
        return one.every_seconds, one.enabled

    assert await standing() == (None, True)
    await post(client, came, path, wish="interval", minutes="2.5")
    assert await standing() == (150, True)
    assert "every 2 min 30 s" in (await client.get("/queue")).text
    await post(client, came, path, wish="pause")
    assert await standing() == (150, False)
    assert "not before it is resumed" in (await client.get("/queue")).text
    await post(client, came, path, wish="resume")
    assert await standing() == (150, True)
    for wrong in ("0", "nan", "inf", "-3", "x", "1e300", ""):
        answer = await post(client, came, path, wish="interval", minutes=wrong)
        assert answer.status_code == 400, wrong
    assert (await post(client, came, "/queue/schedules/nothing", wish="pause")).status_code == 400
    assert await standing() == (150, True)
    assert len(await site.acts("schedule.set")) == 3
    await site.app.schedules.set(CATCH_UP, enabled=False)
    assert "stays off" in words(await post(client, came, path, wish="resume"))


def _finding(summary: str) -> Finding:
    return Finding("test", f"thing:{summary}", Severity.CRITICAL, summary, "Mend it.")


@pytest.mark.req("R16")
async def test_alerts_are_taken_on_and_go_by_themselves(site: Site) -> None:
    desk, tenant_id = site.app.alert_desk(), site.app.tenant.id
    await desk.report(tenant_id, [_finding("First <b>"), _finding("Second")], rules=["test"])
    office, _ = await site.house.signed_in(Role.OFFICE)
    page = (await office.get("/alerts")).text
    assert "First &lt;b&gt;" in page
    assert "Mend it." in page
    assert 'action="/alerts/acknowledge"' not in page
    client, came = await site.house.signed_in(Role.OPERATOR)
    first = (await desk.open_alerts(tenant_id))[0]
    await post(client, came, "/alerts/acknowledge", alert=str(first.id))
    said = words(await post(client, came, "/alerts/acknowledge", alert="all"))
    assert "The alert is yours" in said
    assert all(one.acknowledged_by == came.person.email for one in await desk.open_alerts(tenant_id))
    assert len(await site.acts("alert.acknowledged")) == 2
    assert (await post(client, came, "/alerts/acknowledge", alert="x")).status_code == 400
    await desk.report(tenant_id, [], rules=["test"])
    assert "Nothing is wrong" in words(await client.get("/alerts"))


@pytest.mark.req("P18")
async def test_webhooks_are_checked_now(site: Site) -> None:
    client, came = await site.house.signed_in(Role.OPERATOR)
    page = await client.get("/webhooks")
    assert "Procore cannot reach this server" in page.text
    assert "TIEBEAM_WEBHOOK_URL" in page.text
    await post(client, came, "/webhooks/check", connection=str(site.connection.id))
    (job,) = await site.jobs()
    assert (job.kind, job.key) == (keep_hook_job(site.connection).kind, str(site.connection.id))
    assert "Check the hook and repair it" in (await client.get("/webhooks")).text
    assert len(await site.acts("webhook.check_asked")) == 1
    assert (await post(client, came, "/webhooks/check", connection="x")).status_code == 400


@pytest.mark.req("R15")
async def test_held_deletions_need_their_number_and_are_decided_once(site: Site) -> None:
    hold_id = await site.hold("5", 12)
    client, came = await site.house.signed_in(Role.OPERATOR)
    said = words(await client.get("/deletions"))
    assert "12 of 22 RFIs, Harbour House" in said
    assert "Question 0 of 5" in said
    assert "and 2 more" in said
    for wrong in ("", "11", "twelve"):
        answer = await post(client, came, f"/deletions/{hold_id}", decision="approve", confirm=wrong)
        assert answer.status_code == 400
    assert (await post(client, came, f"/deletions/{hold_id}", decision="x", confirm="12")).status_code == 400
    assert len(await site.app.holds()) == 1
    answer = await post(client, came, f"/deletions/{hold_id}", decision="approve", confirm="12")
    assert "12 records are marked as deleted" in words(answer)
    assert "marked as deleted" in words(await client.get("/deletions"))
    assert (await site.acts("hold.approved"))[0]["deleted"] == 12
    again = await post(client, came, f"/deletions/{hold_id}", decision="refuse", confirm="12")
    assert again.status_code == 400
    assert "somebody decided" in words(again)


async def test_held_deletions_can_be_refused(site: Site) -> None:
    hold_id = await site.hold("5", 3)
    client, came = await site.house.signed_in(Role.OPERATOR)
    answer = await post(client, came, f"/deletions/{hold_id}", decision="refuse", confirm="3")
    assert "All 3 stay" in words(answer)
    (hold,) = await site.app.holds(waiting_only=False)
    assert (hold.status, hold.decided_by) == ("refused", came.person.email)


@pytest.mark.req("W12")
async def test_the_trail_is_filtered_paged_exported_and_verified(house: Console) -> None:
    trail, tenant_id = house.house.trail, house.tenant.id
    client, came = await house.signed_in(Role.TENANT_ADMIN)
    for number in range(60):
        await trail.note(tenant_id, Actor.command("=cmd()"), "thing.done", f"thing:{number}", {"n": number})
    page = await client.get("/audit?act=thing")
    assert page.text.count("<code>thing.done</code>") == 50
    older = re.search(r'href="([^"]+)" rel="next"', page.text)
    assert older
    assert (await client.get(older[1].replace("&amp;", "&"))).text.count("<code>thing.done</code>") == 10
    assert "No entry fits" in (await client.get("/audit?act=nothing")).text
    assert "No entry fits" in (await client.get("/audit?act=thing&since=2027-01-01")).text
    assert "thing.done" in (await client.get("/audit?until=2026-03-02")).text
    assert (await client.get("/audit?since=x")).status_code == 400
    exported = await client.get("/audit/export?format=csv&act=thing")
    rows = list(csv.DictReader(io.StringIO(exported.text)))
    assert len(rows) == 60
    assert rows[0]["actor_name"] == "'=cmd()"
    assert "attachment" in exported.headers["content-disposition"]
    lines = [orjson.loads(line) for line in (await client.get("/audit/export?format=json")).text.splitlines()]
    assert {"thing.done", "audit.exported", "session.made"} <= {line["act"] for line in lines}
    assert (await client.get("/audit/export?format=xml")).status_code == 400
    assert "The chain holds" in words(await post(client, came, "/audit/verify"))


@pytest.mark.req("P16")
async def test_a_dossier_is_made_on_the_page_and_over_the_api_and_found_true(house: Console) -> None:
    client, _ = await house.signed_in(Role.TENANT_ADMIN)
    await house.house.trail.note(house.tenant.id, Actor.command("ann"), "thing.done", "thing:7")
    told = (await client.get("/api/v1/audit/key")).json()["public_key"]
    assert told in (await client.get("/audit")).text
    for address, item in (("/audit/dossier", "subject"), ("/api/v1/audit/dossier", "item")):
        answer = await client.get(address, params={item: "thing:7"})
        assert answer.headers["content-type"] == "application/zip"
        assert "attachment" in answer.headers["content-disposition"]
        found = check_dossier(answer.content, key=told)
        assert (found.faults, found.entries) == ((), 1)
        missing = await client.get(address, params={item: "thing:8"})
        assert (missing.status_code, "Nothing was noted" in missing.text) == (400, True)
    assert (await client.get("/api/v1/audit/dossier", params={"form": "docx"})).status_code == 422
    office, _ = await house.signed_in(Role.OFFICE)
    for address in ("/audit/dossier", "/api/v1/audit/dossier", "/api/v1/audit/key"):
        assert (await office.get(address)).status_code == 403


@pytest.mark.req("W12")
async def test_a_trail_that_was_tampered_with_is_called_broken(house: Console, owner_url: str) -> None:
    client, came = await house.signed_in(Role.TENANT_ADMIN)
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as owner:
        await owner.execute("select set_config('tiebeam.tenant', %s, false)", (str(house.tenant.id),))
        await owner.execute("alter table tiebeam.audit disable trigger keep")
        await owner.execute("update tiebeam.audit set act = 'nothing.happened' where number = 1")
        await owner.execute("alter table tiebeam.audit enable trigger keep")
    said = words(await post(client, came, "/audit/verify"))
    assert "The chain is broken: the entry 1 was changed" in said
    assert "What to do" in said
