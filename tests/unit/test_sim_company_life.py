from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.sim_company import START, company, fingerprint

from tiebeam.simulators.company.acts import ACTS
from tiebeam.simulators.company.life import LIFE_MIX, Life
from tiebeam.simulators.company.moments import is_working
from tiebeam.simulators.company.size import REFERENCE, SMALL, TINY, Size

if TYPE_CHECKING:
    from tiebeam.simulators.company.acts import Change
    from tiebeam.simulators.company.company import Company

WEEK = timedelta(days=7)


def changed_since(built: Company, moment: datetime) -> list[tuple[str, dict[str, Any], int | None]]:
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        (name, row.fields, row.project_id)
        for name, table in built.state.tables.items()
        for row in table.everything
        if (row.fields.get("updated_at") or "") > text
    ]


def only(act: str) -> Life:
    return Life(mix={act: 1.0}, rate_multiplier=3)


def test_the_same_seed_lives_the_same_life() -> None:
    first, second = company(3, SMALL), company(3, SMALL)
    assert first.live_until(START + WEEK) == second.live_until(START + WEEK)
    assert fingerprint(first) == fingerprint(second)


def test_nothing_happens_before_the_start_or_twice() -> None:
    built = company(size=SMALL)
    assert built.live_until(START) == []
    assert built.live_until(START + WEEK) != []
    assert built.live_until(START + WEEK) == []
    assert built.live_until(START) == []


def test_a_week_changes_what_it_tells() -> None:
    built = company(size=SMALL)
    changes = built.live_until(START + WEEK)
    made = [change for change in changes if change.kind == "create"]
    assert made
    for change in made:
        row = built.state.tables[change.resource].find(change.record_id)
        assert row is None or row.project_id == change.project_id


def test_work_is_done_in_working_hours() -> None:
    built = company(size=REFERENCE)
    built.live_until(START + 2 * WEEK)
    offsets = {site.project_id: site.job.offset_hours for site in built.sites}
    local = [
        datetime.fromisoformat(fields["updated_at"]).astimezone(UTC) + timedelta(hours=offsets[project_id])
        for name, fields, project_id in changed_since(built, START)
        if project_id is not None and name != "daily_log_headers"
    ]
    assert len(local) > 500
    assert 0.9 < sum(is_working(moment) for moment in local) / len(local) < 1
    by_hour = Counter(moment.hour for moment in local)
    assert by_hour[10] > 5 * by_hour[3]


def test_some_sites_and_kinds_are_far_busier_than_others() -> None:
    built = company(size=REFERENCE)
    changes = built.live_until(START + 2 * WEEK)
    sites = Counter(change.project_id for change in changes if change.project_id)
    kinds = Counter(change.resource for change in changes)
    assert sites.most_common(1)[0][1] > 5 * min(sites.values())
    assert kinds["rfis"] > 10 * max(1, kinds["accident_logs"])


def test_a_busy_day_can_pass_in_seconds() -> None:
    calm = company(size=SMALL).live_until(START + timedelta(minutes=30))
    busy = company(size=SMALL, life=Life(rate_multiplier=200)).live_until(START + timedelta(minutes=30))
    assert len(busy) > 20 * max(1, len(calm))


def test_a_company_may_be_open_at_night() -> None:
    midnight = datetime(2026, 3, 8, 4, 0, tzinfo=UTC)
    built = company(size=SMALL, life=Life(always_open=True, changes_per_day=2000))
    built.live_until(midnight)
    assert len(built.live_until(midnight + timedelta(hours=1))) > 50


def test_a_company_may_stand_still() -> None:
    built = company(life=Life(rate_multiplier=0))
    assert built.live_until(START + 50 * WEEK) == []
    assert len(built.burst(5)) >= 5


def test_a_company_cannot_live_backwards() -> None:
    with pytest.raises(ValueError, match="rate of 0"):
        company(life=Life(rate_multiplier=-1))


def binned(built: Company, changes: list[Change]) -> None:
    for change in changes:
        row = built.state.row(change.resource, change.record_id)
        assert row.deleted_at is not None


def gone(built: Company, changes: list[Change]) -> None:
    for change in changes:
        assert built.state.tables[change.resource].find(change.record_id) is None


def live(built: Company, changes: list[Change]) -> None:
    for change in changes:
        assert built.state.row(change.resource, change.record_id).live


def touched(built: Company, changes: list[Change]) -> None:
    for change in changes:
        row = built.state.row(change.resource, change.record_id)
        assert row.live
        assert row.fields["updated_at"] >= "2026-03-02T15"


def hidden(built: Company, changes: list[Change]) -> None:
    for change in changes:
        assert built.state.row(change.resource, change.record_id).hidden


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        ("create", live),
        ("edit", touched),
        ("status", touched),
        ("reply", live),
        ("upload", live),
        ("round", live),
        ("delete", binned),
        ("erase", gone),
        ("hide", hidden),
        ("retire", binned),
    ],
)
def test_each_act_does_what_it_says(act: str, outcome: Any) -> None:
    built = company(9, REFERENCE)
    changes = built.burst(12, mix={act: 1.0})
    assert changes
    assert {change.kind for change in changes} == {act}
    outcome(built, changes)


def test_what_was_deleted_comes_back_or_goes_for_good() -> None:
    built = company(9, REFERENCE)
    deleted = built.burst(60, mix={"delete": 1.0})
    restored = built.burst(10, mix={"restore": 1.0})
    purged = built.burst(3, mix={"purge": 1.0})
    assert len(restored) == 10
    assert purged
    assert {change[1:] for change in [*restored, *purged]} <= {change[1:] for change in deleted}
    live(built, restored)
    gone(built, purged)


def test_what_was_hidden_is_shown_again() -> None:
    built = company(9, REFERENCE)
    hid = built.burst(5, mix={"hide": 1.0})
    shown = built.burst(5, mix={"show": 1.0})
    assert {change[1:] for change in shown} == {change[1:] for change in hid}
    live(built, shown)


def test_a_retired_vendor_leaves_every_open_project() -> None:
    built = company(9, REFERENCE)
    (change,) = built.burst(1, mix={"retire": 1.0})
    assert change.project_id is None
    assert not built.state.get("vendors", change.record_id)["is_active"]
    places = [
        row.project_id
        for row in built.state.tables["project_vendors"].everything
        if row.id == change.record_id
    ]
    assert all(not site.job.active for site in built.sites if site.project_id in places)
    assert all(len(site.firms) >= 2 for site in built.sites)


def test_a_completed_project_is_inactive_and_silent() -> None:
    built = company(9, SMALL, life=Life(mix={**LIFE_MIX, "finish": 4.0}))
    finished = [change for change in built.live_until(START + 4 * WEEK) if change.kind == "finish"]
    assert finished
    assert sum(site.job.active for site in built.sites) == 2
    for change in finished:
        assert not built.state.get("projects", change.record_id)["active"]
    done = {change.record_id for change in finished}
    later = built.live_until(START + 6 * WEEK)
    assert later
    assert not [change for change in later if change.project_id in done]


def test_a_tool_goes_off_and_on_again() -> None:
    built = company(9, SMALL, life=only("toggle"))
    changes = built.live_until(START + timedelta(days=30))
    assert {change.kind for change in changes} == {"toggle"}
    per_tool = Counter((change.resource, change.record_id) for change in changes)
    assert max(per_tool.values()) > 1


def test_tools_stay_as_they_are_unless_asked() -> None:
    built = company(9, SMALL)
    before = [built.state.tool_enabled(site.project_id, "rfis") for site in built.sites]
    built.live_until(START + 8 * WEEK)
    assert before == [built.state.tool_enabled(site.project_id, "rfis") for site in built.sites]


def test_a_round_of_rfis_comes_within_the_hour() -> None:
    built = company(9, SMALL, life=Life(mix={"round": 1.0}, changes_per_day=1.5))
    changes = built.live_until(START + WEEK)
    moments = sorted(built.state.get("rfis", change.record_id)["created_at"] for change in changes)
    assert len(moments) >= 4
    assert len(set(moments)) > 3


def test_an_upload_publishes_many_sheets_in_one_second() -> None:
    built = company(9, SMALL)
    changes = built.burst(20, mix={"upload": 1.0})
    revisions = [change.record_id for change in changes if change.resource == "drawing_revisions"]
    assert len(revisions) > 3
    assert len({built.state.get("drawing_revisions", each)["updated_at"] for each in revisions}) == 1
    for each in revisions:
        assert built.state.get("drawing_revisions", each)["drawing_set"]["id"]


def reply_and_parent(built: Company) -> list[tuple[str, str]]:
    told = []
    for change in built.live_until(START + WEEK):
        if change.resource == "rfi_replies":
            row = built.state.row("rfi_replies", change.record_id)
            parent = built.state.get("rfis", row.parent_id or 0)
            told.append((row.fields["created_at"], parent["updated_at"]))
    return told


def test_a_reply_bumps_its_rfi() -> None:
    pairs = reply_and_parent(company(9, SMALL, life=only("reply")))
    assert pairs
    assert all(parent >= reply for reply, parent in pairs)


def test_a_reply_may_come_silently() -> None:
    silent = Life(mix={"reply": 1.0}, rate_multiplier=3, silent_reply_share=1.0)
    built = company(9, SMALL, life=silent)
    pairs = reply_and_parent(built)
    assert pairs
    assert all(parent < reply for reply, parent in pairs)
    assert built.state.children_touch_parents


@pytest.mark.parametrize("wanted", [0, 1, 7, 100])
def test_a_burst_makes_so_many_changes(wanted: int) -> None:
    changes = company(size=SMALL).burst(wanted)
    assert wanted <= len(changes) <= wanted + 3


def test_a_burst_happens_at_its_moment() -> None:
    built = company(size=SMALL)
    moment = START + timedelta(hours=5)
    for change in built.burst(40, mix={"create": 1.0}, at=moment):
        fields = built.state.get(change.resource, change.record_id)
        assert fields.get("created_at", "2026-03-02T20:00:00Z") == "2026-03-02T20:00:00Z"
        assert fields.get("updated_at", "2026-03-02T20:00:00Z") == "2026-03-02T20:00:00Z"


def test_bursts_of_a_seed_are_the_same_and_differ_among_themselves() -> None:
    first, second = company(4, SMALL), company(4, SMALL)
    bursts = [first.burst(30), first.burst(30)]
    assert bursts == [second.burst(30), second.burst(30)]
    assert bursts[0] != bursts[1]
    assert fingerprint(first) == fingerprint(second)


def test_an_unknown_act_is_refused() -> None:
    with pytest.raises(ValueError, match="no such acts: dance"):
        company().burst(1, mix={"dance": 1.0})


def test_a_burst_gives_up_when_there_is_nothing_to_do() -> None:
    assert company().burst(5, mix={"restore": 1.0}) == []


def test_every_act_has_a_weight_in_the_mix_of_life() -> None:
    assert set(LIFE_MIX) == set(ACTS)


def test_every_kind_of_event_occurs_in_a_long_life() -> None:
    mix = {**LIFE_MIX, "toggle": 1.0, "hide": 1.0, "show": 1.0, "retire": 0.5, "finish": 0.3}
    built = company(6, Size.of(projects=8, items=2000), life=Life(mix=mix))
    seen = {change.kind for change in built.live_until(START + 6 * WEEK)}
    assert seen == set(ACTS)


def test_whatever_happens_shows_in_its_updated_at() -> None:
    built = company(8, REFERENCE)
    for change in built.live_until(START + WEEK):
        row = built.state.tables[change.resource].find(change.record_id)
        if row is not None and "updated_at" in row.fields and row.live:
            assert row.fields["updated_at"] >= "2026-03-02T15", change
            assert row.fields.get("created_at", "") <= row.fields["updated_at"], change


def test_life_goes_on_when_others_took_records_away() -> None:
    built = company(9, TINY, life=Life(rate_multiplier=5))
    for name in ("rfis", "drawings", "observations", "change_events", "documents", "images"):
        for row in list(built.state.tables[name].everything):
            built.state.purge(name, row.id)
    assert len(built.live_until(START + 2 * WEEK)) > 100
