"""The specification book: divisions, sections, their revisions and the sets they came in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tiebeam.simulators.company.moments import day_text
from tiebeam.simulators.company.trades import DIVISIONS, TRADES
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.company.site import Fields, Site
    from tiebeam.simulators.company.trades import Trade


def bind_book(site: Site, rng: Random, *, sections: int, sets: int, at: datetime) -> None:
    """So many sections of this site's trades first, then of any, with a revision each and a few more."""
    if not sections:
        return
    set_ids = [_add_set(site, index, at + timedelta(days=21 * index)) for index in range(max(1, sets))]
    here = {firm.trade for firm in site.firms}
    chosen = sorted(
        ((trade, number, title) for trade in TRADES for number, title in trade.sections),
        key=lambda entry: entry[0] not in here,
    )
    for trade, number, title in chosen[:sections]:
        _add_section(site, trade, number, title, at)
    for _, ref in list(site.sections):
        revise_section(site, rng, ref, set_ids[0], at)
        if len(set_ids) > 1 and rng.random() < 0.3:
            revise_section(site, rng, ref, set_ids[-1], at + timedelta(days=21))


def _add_set(site: Site, index: int, at: datetime) -> int:
    name = "Issued for Construction" if index == 0 else f"Addendum {index}"
    fields = {
        "project_id": site.project_id,
        "company_id": site.state.company_id,
        "name": name,
        "deleted_at": None,
        "updated_at": stamp(at),
        "date": day_text(at),
        "position": index + 1,
    }
    set_id: int = site.insert("specification_sets", fields, at)["id"]
    return set_id


def _add_section(site: Site, trade: Trade, number: str, title: str, at: datetime) -> None:
    division = number[:2]
    if division not in site.divisions:
        fields = {"number": division, "description": DIVISIONS[division]}
        site.divisions[division] = dict(site.insert("specification_section_divisions", fields, at))
    label = f"{number} - {title}"
    section: Fields = {"number": number, "description": title, "label": label, "current_revision_id": None}
    ref = {
        "id": site.insert("specification_sections", section, at)["id"],
        "number": number,
        "description": title,
    }
    site.sections.append((trade, {**ref, "label": label}))


def revise_section(site: Site, rng: Random, ref: Fields, set_id: int | None, at: datetime) -> Fields:
    """A further revision of a section, from now on its current one."""
    division = site.divisions[ref["number"][:2]]
    fields = {
        "specification_section_id": ref["id"],
        "specification_section_division_id": division["id"],
        "specification_set_id": set_id,
        "number": ref["number"],
        "description": ref["description"],
        "revision": str(site.number(f"section {ref['id']}") - 1),
        "issued_date": day_text(at, -rng.randint(5, 30)),
        "received_date": day_text(at),
        "updated_at": stamp(at),
        "custom_fields": {},
    }
    revision = site.insert("specification_section_revisions", fields, at, parent_id=division["id"])
    changes = {"current_revision_id": revision["id"]}
    site.state.update("specification_sections", ref["id"], changes, touch=False, at=at)
    return revision
