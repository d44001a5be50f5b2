"""The firms and the people of the company: who may be named on any paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from tiebeam.simulators.company import names
from tiebeam.simulators.company.trades import TRADES, Trade
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.procore.state import ProcoreState

FirmKind = Literal["own", "subcontractor", "architect", "owner"]


@dataclass(slots=True, eq=False)
class Firm:
    """A vendor of the company's directory; `ref` is how other records name it."""

    id: int
    name: str
    kind: FirmKind
    trade: Trade | None
    domain: str
    created_at: datetime
    active: bool = True
    people: list[Person] = field(default_factory=list, repr=False)

    @property
    def ref(self) -> dict[str, Any]:
        """The firm inside another record."""
        return {"id": self.id, "name": self.name}


@dataclass(slots=True, eq=False)
class Person:
    """Somebody with two ids: `party_id` always, `user_id` when they can log in."""

    party_id: int
    user_id: int | None
    first_name: str
    last_name: str
    role: str
    email: str
    firm: Firm
    ref: dict[str, Any]

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


@dataclass(slots=True)
class Cast:
    """Everybody, in the order of their making."""

    own: Firm
    subcontractors: list[Firm]
    architects: list[Firm]
    owners: list[Firm]

    def with_role(self, role: str) -> list[Person]:
        """Our own people of a role."""
        return [person for person in self.own.people if person.role == role]

    @property
    def firms(self) -> list[Firm]:
        """Every firm, our own first."""
        return [self.own, *self.subcontractors, *self.architects, *self.owners]

    @property
    def people(self) -> list[Person]:
        """Everybody of every firm."""
        return [person for firm in self.firms for person in firm.people]


class Hiring:
    """Makes firms and people and puts them into the directory."""

    def __init__(self, state: ProcoreState, rng: Random, start: datetime) -> None:
        """People joined up to six years before `start`."""
        self._state = state
        self._rng = rng
        self._start = start
        self._names: set[str] = set()
        self._logins = 0

    def cast(self, projects: int) -> Cast:
        """As many firms and people as a company with so many projects has."""
        own = self._firm("Tallow & Reed Builders", "own", None)
        for role, count in _staff(projects):
            for _ in range(count):
                self._person(own, role, may_log_in=role != "Carpenter Foreman")
        subcontractors = [self._subcontractor(index) for index in range(min(120, max(8, 6 + 2 * projects)))]
        architects = [self._office("Architects", "architect") for _ in range(1 + min(30, projects // 5))]
        owners = [self._office("", "owner") for _ in range(1 + min(60, projects // 4))]
        return Cast(own, subcontractors, architects, owners)

    def _subcontractor(self, index: int) -> Firm:
        trade = TRADES[index % len(TRADES)]
        firm = self._firm(self._new_name(trade.ending), "subcontractor", trade)
        self._person(firm, "Subcontractor PM", may_log_in=True)
        for role in ("Foreman", "Journeyman")[: self._rng.randint(1, 2)]:
            self._person(firm, role, may_log_in=False)
        return firm

    def _office(self, ending: str, kind: FirmKind) -> Firm:
        firm = self._firm(self._new_name(ending), kind, None)
        for _ in range(2):
            self._person(
                firm, "Architect" if kind == "architect" else "Owner's Representative", may_log_in=True
            )
        return firm

    def _new_name(self, ending: str) -> str:
        attempt = 0
        while True:
            name = names.firm_name(self._rng, ending) if ending else names.owner_name(self._rng)
            attempt += 1
            name = name if attempt < 50 else f"{name} {attempt}"
            if name not in self._names:
                self._names.add(name)
                return name

    def _long_ago(self) -> datetime:
        return self._start - timedelta(
            days=self._rng.randint(200, 2200), seconds=self._rng.randint(0, 30_000)
        )

    def _firm(self, name: str, kind: FirmKind, trade: Trade | None) -> Firm:
        made = self._long_ago()
        domain = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())[:18]
        fields = _vendor_fields(self._rng, name, kind, trade, domain)
        row = self._state.insert("vendors", fields, at=made)
        return Firm(row["id"], name, kind, trade, domain, made)

    def _person(self, firm: Firm, role: str, *, may_log_in: bool) -> None:
        first, last = names.person_name(self._rng)
        self._logins += 1
        email = names.login(first, last, firm.domain, self._logins)
        made = max(firm.created_at, self._long_ago())
        title = (first, last, role)
        user_id = None
        if may_log_in:
            user = self._state.insert("users", _user_fields(self._rng, firm, title, email, made), at=made)
            user_id = user["id"]
        party = self._state.insert(
            "people", _people_fields(firm, (first, last), user_id, email, self._logins), at=made
        )
        ref = {"id": user_id or party["id"], "login": email, "name": f"{first} {last}"}
        person = Person(party["id"], user_id, first, last, role, email, firm, ref)
        firm.people.append(person)
        if len(firm.people) == 1:
            contact = _contact(person, made)
            self._state.update("vendors", firm.id, {"primary_contact": contact}, touch=False, at=made)


def _staff(projects: int) -> tuple[tuple[str, int], ...]:
    return (
        ("Project Manager", min(80, 2 + projects // 2)),
        ("Superintendent", min(120, 1 + projects)),
        ("Project Engineer", min(80, 2 + projects // 2)),
        ("Estimator", 2 + min(20, projects // 8)),
        ("Safety Manager", 1 + min(20, projects // 12)),
        ("Carpenter Foreman", min(60, 2 + projects // 2)),
    )


def _contact(person: Person, made: datetime) -> dict[str, Any]:
    return {
        "id": person.party_id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "business_phone": None,
        "business_phone_extension": None,
        "fax_number": None,
        "mobile_phone": None,
        "email_address": person.email,
        "created_at": stamp(made),
        "updated_at": stamp(made),
    }


def _place_fields(rng: Random) -> dict[str, Any]:
    city, region, postcode, *_ = rng.choice(names.PLACES)
    return {
        "address": names.street_address(rng),
        "city": city,
        "state_code": region,
        "country_code": "US",
        "zip": postcode,
        "business_phone": names.phone(rng),
        "mobile_phone": None,
        "fax_number": None,
    }


def _vendor_fields(
    rng: Random, name: str, kind: FirmKind, trade: Trade | None, domain: str
) -> dict[str, Any]:
    trades = [] if trade is None else [trade_ref(trade)]
    return {
        "name": name,
        "abbreviated_name": name.split(maxsplit=1)[0],
        **_place_fields(rng),
        "attachments": [],
        "authorized_bidder": kind == "subcontractor",
        "business_id": None,
        "business_register": None,
        "company": name,
        "company_vendor": True,
        "children_count": 0,
        "bidding": {},
        "bidding_distribution": [],
        "business": None,
        "email_address": f"office@{domain}.example.com",
        "is_active": True,
        "is_connected": rng.random() < 0.4,
        "labor_union": "",
        "legal_name": f"{name}, LLC",
        "license_number": f"{rng.choice('ABCE')}{rng.randint(100_000, 999_999)}" if trades else None,
        "logo": None,
        "non_union_prevailing_wage": False,
        "notes": "",
        "origin_code": None,
        "origin_data": None,
        "origin_id": f"V{rng.randint(10_000, 99_999)}",
        "parent": None,
        "prequalified": rng.random() < 0.7,
        "primary_contact": None,
        "project_ids": [],
        "synced_to_erp": kind == "subcontractor",
        "trade_name": trade.name if trade else "",
        "trades": trades,
        "union_member": rng.random() < 0.2,
        "vendor_group": None,
        "website": f"https://{domain}.example.com",
        "custom_fields": {},
    }


def trade_ref(trade: Trade) -> dict[str, Any]:
    """A trade inside another record."""
    return {
        "id": 70_000 + TRADES.index(trade),
        "name": trade.name,
        "active": True,
        "updated_at": "2020-01-06T15:00:00Z",
    }


def _user_fields(
    rng: Random, firm: Firm, title: tuple[str, str, str], email: str, made: datetime
) -> dict[str, Any]:
    first, last, role = title
    template = {"id": 610_001, "name": "Standard User", "project_specific": False, "type": "global"}
    return {
        **_place_fields(rng),
        "avatar": None,
        "business_id": None,
        "business_phone_extension": rng.randint(100, 399) if rng.random() < 0.3 else None,
        "contact_id": None,
        "email_address": email,
        "email_signature": None,
        "employee_id": f"E{rng.randint(1000, 9999)}" if firm.kind == "own" else None,
        "erp_integrated_accountant": False,
        "first_name": first,
        "initials": first[0] + last[0],
        "is_active": True,
        "is_employee": firm.kind == "own",
        "job_title": role,
        "last_login_at": stamp(made + timedelta(days=rng.randint(1, 150))),
        "last_name": last,
        "name": f"{first} {last}",
        "notes": None,
        "origin_id": None,
        "origin_data": None,
        "welcome_email_sent_at": stamp(made),
        "work_classification_id": None,
        "permission_template": template,
        "company_permission_template": None,
        "vendor": firm.ref,
        "role": role,
        "verified_employee": False,
    }


def _people_fields(
    firm: Firm, name: tuple[str, str], user_id: int | None, email: str, number: int
) -> dict[str, Any]:
    return {
        "contact": {"is_active": True, "email": email},
        "employee_id": f"E{number:05d}" if firm.kind == "own" else None,
        "first_name": name[0],
        "is_employee": firm.kind == "own",
        "last_name": name[1],
        "user_id": user_id,
        "user_uuid": None,
        "work_classification_id": None,
        "origin_id": None,
        "work_classification": None,
        "vendor": firm.ref,
    }
