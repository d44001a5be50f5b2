"""What came in from site, for the office: looked at, corrected, given back, approved, put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from tiebeam.capture import Capture
from tiebeam.field.builder import request_from, unpriced
from tiebeam.field.forms import photos_of
from tiebeam.field.model import Document, Kind, Standing, Wanted
from tiebeam.field.repository import Hand, UnknownDocumentError
from tiebeam.field.rules import totals
from tiebeam.identity.permissions import Permission
from tiebeam.integration import Integration
from tiebeam.kernel.diff import differences
from tiebeam.kernel.errors import BadInputError
from tiebeam.pushing import Pushing
from tiebeam.tying import Tying
from tiebeam.web.pages.field_form import INPUTS_MAX, body_from, count, inputs_of
from tiebeam.web.pages.integration import uuid_of
from tiebeam.web.pages.push import mending
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from tiebeam.field.photos.model import Photo
    from tiebeam.field.projects.model import Project
    from tiebeam.field.repository import Documents
    from tiebeam.web.call import Call

PAGE: Final = 50
_TICKETS_MAX: Final = 100
_OFFERED: Final = ("contract", "change_event", "cost_code")
"""What of a document is chosen from what a target knows."""
_LEAD: Final = "f."
"""What the names of a document's own values begin with in a form."""


@dataclass(frozen=True, slots=True)
class Site:
    """The field work of a company, as far as the viewer sees it."""

    capture: Capture
    projects: dict[UUID, Project]

    def called(self, project_id: UUID) -> str:
        """Return what a project is called."""
        found = self.projects.get(project_id)
        return f"{found.number} {found.name}" if found else "another project"

    def documents(self) -> Documents:
        """Return the documents, such that what is done to them is heard of by whatever sends them."""
        return Pushing(self.capture.app).documents()

    async def named(self, call: Call) -> Document:
        """Return the document that the address names. Raises UnknownDocumentError."""
        return await self.document(uuid_of(call.request.path_params["document_id"]))

    async def document(self, id_: UUID) -> Document:
        """Return a document. Raises UnknownDocumentError."""
        found = await self.documents().get(id_)
        if found.project_id not in self.projects:
            raise UnknownDocumentError("There is no such document.", action="Choose one of the list.")
        return found


async def site_of(call: Call) -> Site:
    """Return the field work that the viewer sees."""
    app = await call.app()
    capture = Capture(app)
    seen = await Integration(app).own_projects(call.viewer.person.project_ids)
    known = {one.id: one for one in await capture.projects().all() if seen is None or one.id in seen}
    return Site(capture, known)


async def field_page(call: Call) -> Response:
    """Show what came in, those first that changed last."""
    site = await site_of(call)
    asked = {name: call.asked(name) for name in ("project", "kind", "standing", "aside")}
    found = await site.documents().search(
        _wanted(site, asked), limit=PAGE + 1, before=_place(call.asked("before"))
    )
    shown = found[:PAGE]
    pushing = Pushing(await call.app())
    standings = await pushing.board().of_documents([one.id for one in shown])
    return call.render(
        "field.html",
        title="Field",
        sent={one.document_id: one for one in standings},
        targets=sorted(pushing.targets()) if call.viewer.may(Permission.PUSH_RUN) else [],
        site=site,
        shown=[(one, totals(one.kind, one.body)) for one in shown],
        older=_named(shown[-1]) if len(found) > PAGE else None,
        first=not call.asked("before"),
        asked=asked,
        given={name: text for name, text in asked.items() if text},
        kinds=list(Kind),
        standings=list(Standing),
    )


def _wanted(site: Site, asked: dict[str, str]) -> Wanted:
    try:
        project = UUID(asked["project"]) if asked["project"] else None
        kind = Kind(asked["kind"]) if asked["kind"] else None
        standing = Standing(asked["standing"]) if asked["standing"] else None
    except ValueError:
        raise BadInputError("There is no such choice.", action="Choose from the lists.") from None
    ids = tuple(site.projects) if project is None else tuple({project} & set(site.projects))
    return Wanted(ids, kind, standing, aside_only=asked["aside"] == "yes")


def _named(last: Document) -> str:
    return f"{last.changed_at.isoformat()}~{last.id}"


def _place(text: str) -> tuple[datetime, UUID] | None:
    if not text:
        return None
    at, _, id_ = text.partition("~")
    try:
        found = datetime.fromisoformat(at), UUID(id_)
    except ValueError:
        found = None
    if found is None or found[0].tzinfo is None:
        raise BadInputError("This is no page of this list.", action="Begin with the newest.")
    return found


async def document_page(call: Call) -> Response:
    """Show a document: as it stands beside what was captured, its photos, and what can be done with it."""
    site = await site_of(call)
    document = await site.named(call)
    documents = site.documents()
    versions = await documents.versions(document.id)
    parts = inputs_of(document)
    wanted = photos_of(document.kind, document.body)
    photos = await _photos(call, site, wanted)
    tying = Tying(await call.app())
    tied = await tying.of(document)
    aside = next((one for one in versions if one.number == document.aside_version), None)
    return call.render(
        "field_one.html",
        title=document.number,
        site=site,
        document=document,
        totals=totals(document.kind, document.body),
        parts=parts if count(parts) <= INPUTS_MAX else None,
        versions=versions,
        corrected=differences(versions[0].body, document.body),
        aside=aside,
        aside_differs=differences(document.body, aside.body) if aside else [],
        photos=photos,
        missing=len(wanted) - len(photos),
        lead=_LEAD,
        **await _sending(call, document),
        tied=tied,
        choices=await tying.choices(document) if tied and tied.can_choose else None,
    )


async def _photos(call: Call, site: Site, wanted: Sequence[UUID]) -> list[Photo]:
    """Return those of the photos that are here and that lie in a project that the viewer sees."""
    found = await site.capture.photos().some(wanted)
    if call.viewer.person.project_ids is None:
        return found
    seen = await site.capture.photos().in_projects(wanted, site.projects)
    return [one for one in found if one.id in seen]


async def _sending(call: Call, document: Document) -> dict[str, Any]:
    """Return how a document stands with every target it can be in, as its page shows it."""
    pushing = Pushing(await call.app())
    standings = await pushing.board().of_documents([document.id])
    return {
        "standings": [(one, await pushing.page(one)) for one in standings],
        "offers": await pushing.offers(document, _OFFERED),
        "targets": sorted(set(pushing.targets()) - {one.target for one in standings}),
        **await mending(call, pushing, standings),
    }


async def correct(call: Call) -> Response:
    """Keep a corrected version; what was captured stays beside it."""
    site = await site_of(call)
    document = await site.named(call)
    assert call.form is not None
    given = {name: text for name, text in call.form.items() if isinstance(text, str)}
    without = frozenset(str(one) for one in call.form.getlist("without"))
    posted = {name.removeprefix(_LEAD): text for name, text in given.items() if name.startswith(_LEAD)}
    base = _version(call)
    seen = await _at(site, document, base)
    put = await site.documents().put(
        document.id,
        document.kind,
        document.project_id,
        body_from(seen, posted, without),
        _hand(call),
        captured_at=call.house.clock.now(),
        base_version=base,
    )
    told = put.aside.in_words if put.aside else "It was corrected; what was captured stays beside it."
    return call.to(_here(document), notice=told if put.is_new else "Nothing was changed.")


async def _at(site: Site, document: Document, version: int) -> Document:
    """Return a document as it was when somebody looked: what is not typed is taken from there."""
    found = {one.number: one for one in await site.documents().versions(document.id)}
    if version not in found:
        raise BadInputError("There is no such version.", action="Open the document again.")
    return replace(document, body=found[version].body)


async def act(call: Call) -> Response:
    """Submit, give back, approve, or choose the version that counts."""
    site = await site_of(call)
    document, hand, version = await site.named(call), _hand(call), _version(call)
    documents, what = site.documents(), call.posted("act", most=20)
    if what == "submit":
        after = await documents.submit(document.id, hand, version=version)
    elif what == "return":
        why = call.posted("why")
        if not why:
            raise BadInputError("Why it is given back was not said.", action="Say what is to be changed.")
        after = await documents.give_back(document.id, hand, version=version, why=why)
    elif what == "approve":
        after = await documents.approve(document.id, hand, version=version)
    elif what == "settle":
        after = await documents.settle(document.id, hand, version=version)
    else:
        raise BadInputError("What to do was not said.", action="Press one of the buttons.")
    return call.to(_here(document), notice=f"{after.number} is {after.standing}, at version {after.version}.")


async def build_request(call: Call) -> Response:
    """Make a change order request from the tickets that were ticked."""
    site = await site_of(call)
    assert call.form is not None
    chosen = [str(one) for one in call.form.getlist("ticket")][:_TICKETS_MAX]
    title = call.posted("title", most=200)
    if not title:
        raise BadInputError("The request has no title.", action="Say in a few words what it is for.")
    tickets = [await site.document(uuid_of(one)) for one in chosen]
    body = request_from(tickets, title)
    put = await site.documents().put(
        uuid4(),
        Kind.CHANGE_ORDER_REQUEST,
        tickets[0].project_id,
        body,
        _hand(call),
        captured_at=call.house.clock.now(),
    )
    free = unpriced(put.document.body)
    told = f" {free} of its lines had no rate and stand at 0: price them." if free else ""
    notice = f"{put.document.number} was made of {', '.join(one.number for one in tickets)}.{told}"
    return call.to(_here(put.document), notice=notice)


async def add_project(call: Call) -> Response:
    """Add a project of our own; no vendor need know of it."""
    app = await call.app()
    made = await Capture(app).projects().add(call.posted("number", most=80), call.posted("name", most=400))
    detail: dict[str, Any] = {"number": made.number}
    await call.house.trail.note(
        app.tenant.id, call.viewer.person.actor, "project.added", f"project:{made.id}", detail
    )
    return call.to("/field", notice=f"Project {made.number} was added.")


def _here(document: Document) -> str:
    return f"/field/{document.id}"


def _hand(call: Call) -> Hand:
    return Hand(call.viewer.person.actor, reviews=True, device_id=call.viewer.session.device_id)


def _version(call: Call) -> int:
    text = call.posted("version", most=9)
    if not (text.isascii() and text.isdigit()):
        raise BadInputError("Which version was looked at was not said.", action="Open the document again.")
    return int(text)


ROWS = (
    Row("GET", "/field", Permission.FIELD_REVIEW, field_page),
    Row("POST", "/field/projects", Permission.FIELD_REVIEW, add_project),
    Row("POST", "/field/requests", Permission.FIELD_REVIEW, build_request),
    Row("GET", "/field/{document_id}", Permission.FIELD_REVIEW, document_page),
    Row("POST", "/field/{document_id}/correct", Permission.FIELD_REVIEW, correct),
    Row("POST", "/field/{document_id}/act", Permission.FIELD_REVIEW, act),
)
