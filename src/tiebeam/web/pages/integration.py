"""Company settings, integrations, Procore: connecting it, choosing what is copied, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from starlette.datastructures import FormData

from tiebeam.capture import Capture
from tiebeam.connectors.procore.pages import SITES
from tiebeam.duties import look_job, sync_job
from tiebeam.field.projects.model import Standing
from tiebeam.identity.permissions import Permission
from tiebeam.integration import PROJECTS, Integration
from tiebeam.kernel.errors import BadInputError, TiebeamError
from tiebeam.link.matching import suggestions
from tiebeam.operations.tokens.model import Status
from tiebeam.replicate.choices.model import Choice, by_tool
from tiebeam.replicate.streams import STREAMS
from tiebeam.web.routes import Row
from tiebeam.web.statuses import status_of
from tiebeam.wishes import refresh_job

if TYPE_CHECKING:
    from starlette.responses import Response

    from tiebeam.app import App
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.web.call import Call

HERE: Final = "/settings/integrations/procore"
CALLBACK: Final = f"{HERE}/callback"


async def status_page(call: Call) -> Response:
    """Show how the connection stands, why, and what can be done about it."""
    app = await call.app()
    found = Integration(app)
    connection = await found.connection()
    if connection is None:
        return call.render(
            "integration_none.html",
            title="Procore",
            pending=await found.pending(),
            included=app.includes_procore,
        )
    choice = await app.choices.of(connection.id)
    theirs = await found.projects().vendors(connection.id, PROJECTS)
    feeds = await app.replica(connection).ensure_feeds(())
    return call.render(
        "integration.html",
        title="Procore",
        connection=connection,
        included=app.includes_procore,
        pending=await found.pending(),
        choice=choice,
        seen=[one for one in theirs if not one.gone],
        mapped=await found.projects().mapped(connection.id),
        kinds=_kinds(choice),
        last_sync=max((feed.read_at for feed in feeds if feed.read_at), default=None),
        erase_at=(await app.choices.marked()).get(connection.id),
        vendor_page=SITES.get(connection.environment, connection.api_url),
    )


def _kinds(choice: Choice) -> list[str]:
    return [
        title
        for title, streams in by_tool(STREAMS)
        if choice.streams is None or any(one.name in choice.streams for one in streams)
    ]


async def connect_page(call: Call) -> Response:
    """Say, before anybody consents, what will be read and written."""
    app = await call.app()
    settings = app.settings
    return call.render(
        "integration_connect.html",
        title="Connect Procore",
        tools=by_tool(STREAMS),
        connection=await Integration(app).connection(),
        app_is_set=bool(settings.procore_client_id and settings.procore_client_secret),
        environment=settings.procore_environment,
        callback=_callback(call),
    )


def _callback(call: Call) -> str:
    """Return where Procore sends the browser back to: where it is registered, not what a request says."""
    if call.house.settings.public_url:
        return f"{call.house.settings.address}{CALLBACK}"
    return f"{call.request.url.scheme}://{call.request.url.netloc}{CALLBACK}"


async def connect(call: Call) -> Response:
    """Go on to Procore's consent page, or connect as the app itself."""
    found = Integration(await call.app())
    if call.posted("way") == "service":
        return await _arrived(call, found, await found.by_service_account())
    address = await found.leave(call.viewer.session, _callback(call))
    await call.note("connection.consent_begun", "tenant", {})
    # A form may not lead elsewhere by our policy, so the answer is a page of ours that goes on by itself.
    answer = call.render("integration_leave.html", title="Going on to Procore", address=address)
    answer.headers["Refresh"] = f"0; url={address}"
    return answer


async def callback(call: Call) -> Response:
    """Take in who comes back from Procore's consent page."""
    found = Integration(await call.app())
    try:
        pending = await found.come_back(
            call.viewer.session,
            state=call.asked("state"),
            code=call.asked("code"),
            error=call.asked("error"),
            redirect_uri=_callback(call),
        )
        return await _arrived(call, found, pending)
    except TiebeamError as error:
        onward = (f"{HERE}/connect", "Begin again")
        title, status = "Procore is not connected", status_of(error)
        return call.render("error.html", title=title, error=error, status=status, onward=onward)


async def _arrived(call: Call, found: Integration, connection: Connection) -> Response:
    if connection.company_id is None:
        return call.to(f"{HERE}/company")
    return await _settled(call, found, connection)


async def _settled(call: Call, found: Integration, connection: Connection) -> Response:
    detail = {"company": connection.company_id, "grant": connection.grant_kind.value}
    await call.note("connection.connected", f"connection:{connection.id}", detail)
    await found.app.queue.trigger(call.viewer.tenant.id, [look_job()])
    choice = await found.app.choices.of(connection.id)
    if choice.project_ids != frozenset():
        await found.app.queue.trigger(call.viewer.tenant.id, [sync_job(connection)])
        return call.to(HERE, notice="Procore is connected again. The copy goes on where it was.")
    try:
        await found.list_projects(connection)
    except TiebeamError as error:
        return call.to(f"{HERE}/choose", notice=f"Connected, but the projects could not be listed: {error}")
    return call.to(f"{HERE}/choose", notice="Procore is connected. Now choose what is copied.")


async def company_page(call: Call) -> Response:
    """Show the companies that the login sees, to choose one."""
    found = Integration(await call.app())
    pending = await found.pending()
    if pending is None:
        return call.to(HERE)
    seen = await found.companies(pending)
    return call.render("integration_company.html", title="Choose the company", seen=seen)


async def company(call: Call) -> Response:
    """Take the company that was chosen."""
    found = Integration(await call.app())
    pending = await found.pending()
    if pending is None:
        return call.to(HERE, notice="There was nothing to choose any more.")
    if call.posted("give_up"):
        await found.abandon()
        return call.to(HERE, notice="Nothing was connected, and the login was forgotten.")
    return await _settled(call, found, await found.settle(pending, call.posted("company", most=40)))


async def choose_page(call: Call) -> Response:
    """Show the projects and kinds of record, to choose among them."""
    app = await call.app()
    connection = await _present(app)
    return call.render(
        "integration_choose.html",
        title="What is copied",
        connection=connection,
        choice=await app.choices.of(connection.id),
        theirs=await Integration(app).projects().vendors(connection.id, PROJECTS),
        tools=by_tool(STREAMS),
    )


async def choose(call: Call) -> Response:
    """Keep what was chosen, and begin with it."""
    app = await call.app()
    connection = await _present(app)
    choice = Choice(
        None if call.posted("projects") == "all" else _several(call, "project"),
        None if call.posted("kinds") == "all" else _several(call, "kind"),
    )
    names = {stream.name for _, streams in by_tool(STREAMS) for stream in streams}
    if choice.streams is not None and not choice.streams <= names:
        raise BadInputError("There is no such kind of record.", action="Choose among those shown.")
    await Integration(app).choose(connection, choice)
    detail = {
        "projects": "all" if choice.project_ids is None else sorted(choice.project_ids),
        "kinds": "all" if choice.streams is None else sorted(choice.streams),
    }
    await call.note("connection.chosen", f"connection:{connection.id}", detail)
    if connection.status is Status.CONNECTED:
        await app.queue.trigger(call.viewer.tenant.id, [sync_job(connection)])
    return call.to(HERE, notice="Kept. What is newly chosen is being read; nothing that was copied is lost.")


def _several(call: Call, name: str) -> frozenset[str]:
    form = call.form or FormData()
    return frozenset(each for each in form.getlist(name) if isinstance(each, str) and 0 < len(each) <= 80)


async def list_projects(call: Call) -> Response:
    """Have the list of projects read again."""
    app = await call.app()
    connection = await _present(app)
    theirs = await Integration(app).list_projects(connection)
    await call.note("connection.projects_listed", f"connection:{connection.id}", {})
    back = f"{HERE}/choose" if call.posted("back") == "choose" else f"{HERE}/projects"
    return call.to(back, notice=f"Procore shows {sum(not one.gone for one in theirs)} projects.")


async def projects_page(call: Call) -> Response:
    """Show Procore's projects beside ours, with suggestions."""
    app = await call.app()
    connection, projects = await _present(app), Integration(app).projects()
    viewer = call.viewer
    theirs = [one for one in await projects.vendors(connection.id, PROJECTS) if viewer.sees(one.id)]
    ours, mapped = await Capture(app).projects().all(), await projects.mapped(connection.id)
    known = {one.id: one for one in ours}
    taken = set(mapped.values())
    free = [one for one in ours if one.id not in taken and one.status is Standing.ACTIVE]
    return call.render(
        "integration_projects.html",
        title="Projects",
        theirs=theirs,
        ours=ours,
        free=free,
        mapped={key: known[one] for key, one in mapped.items() if one in known},
        suggested=suggestions([one for one in theirs if one.id not in mapped and not one.gone], free),
    )


async def add_project(call: Call) -> Response:
    """Add a project of ours; when it is made from one of Procore's, map the two."""
    app = await call.app()
    made = await Capture(app).projects().add(call.posted("number", most=80), call.posted("name", most=400))
    await call.note("project.added", f"project:{made.id}", {"number": made.number})
    theirs = call.posted("vendor_project", most=80)
    if theirs:
        await _map(call, app, theirs, made.id)
    return call.to(f"{HERE}/projects", notice=f"Project {made.number} was added.")


async def map_project(call: Call) -> Response:
    """Say which of our projects one of Procore's is."""
    app = await call.app()
    number = call.posted("number", most=80)
    ours = {one.number: one for one in await Capture(app).projects().all()}
    if number not in ours:
        raise BadInputError(
            f"There is no project of ours with the number {number!r}.", action="Add it first, below the list."
        )
    await _map(call, app, call.posted("vendor_project", most=80), ours[number].id)
    return call.to(f"{HERE}/projects", notice=f"Mapped to {number}.")


async def _map(call: Call, app: App, theirs: str, ours: UUID) -> None:
    connection, projects = await _present(app), Integration(app).projects()
    if theirs not in {one.id for one in await projects.vendors(connection.id, PROJECTS)}:
        raise BadInputError("Procore shows no such project.", action="Choose among those shown.")
    await projects.map(connection.id, theirs, ours)
    await call.note("project.mapped", f"project:{ours}", {"procore_project": theirs})


async def unmap_project(call: Call) -> Response:
    """Undo a mapping."""
    app = await call.app()
    connection = await _present(app)
    theirs = call.posted("vendor_project", most=80)
    if await Integration(app).projects().unmap(connection.id, theirs):
        await call.note("project.unmapped", f"connection:{connection.id}", {"procore_project": theirs})
    return call.to(f"{HERE}/projects", notice="The mapping was undone. Both projects stay.")


async def close_project(call: Call) -> Response:
    """Say that one of our projects is built, or that it is not."""
    app = await call.app()
    status = Standing.ACTIVE if call.posted("status") == "active" else Standing.CLOSED
    project_id = uuid_of(call.posted("project"))
    await Capture(app).projects().set_standing(project_id, status)
    await call.note("project.standing_set", f"project:{project_id}", {"to": status.value})
    return call.to(f"{HERE}/projects", notice=f"The project is {status.value} now.")


async def pause(call: Call) -> Response:
    """Read nothing for a while."""
    app = await call.app()
    connection = await Integration(app).pause(await _present(app), call.viewer.person.name)
    await call.note("connection.paused", f"connection:{connection.id}", {})
    return call.to(HERE, notice="Paused. Nothing is read until it is resumed; the copy stays as it is.")


async def resume(call: Call) -> Response:
    """Read again."""
    app = await call.app()
    connection = await Integration(app).resume(await _present(app))
    await app.queue.trigger(call.viewer.tenant.id, [refresh_job(connection)])
    await call.note("connection.resumed", f"connection:{connection.id}", {})
    return call.to(HERE, notice="Resumed. What changed meanwhile is being read.")


async def disconnect_page(call: Call) -> Response:
    """Say what ending the connection does, and ask what becomes of the copy."""
    connection = await _present(await call.app())
    return call.render("integration_disconnect.html", title="Disconnect Procore", connection=connection)


async def disconnect(call: Call) -> Response:
    """End the connection the way that was chosen."""
    app = await call.app()
    connection = await _present(app)
    days = _days(call.posted("days", most=4)) if call.posted("copy") == "delete" else None
    ended = await Integration(app).disconnect(connection, days)
    detail: dict[str, Any] = {"copy": "kept" if days is None else f"deleted after {days} days"}
    detail |= {"hooks_removed": ended.hooks_removed, "troubles": list(ended.troubles)}
    await call.note("connection.disconnected", f"connection:{connection.id}", detail)
    return call.to(HERE, notice=" ".join(("Disconnected; the tokens are destroyed.", *ended.troubles)))


async def keep_copy(call: Call) -> Response:
    """Keep a copy that was marked for deletion."""
    app = await call.app()
    connection = await _present(app)
    await app.choices.mark(connection.id, None)
    await call.note("connection.copy_kept", f"connection:{connection.id}", {})
    return call.to(HERE, notice="The copy is kept.")


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise BadInputError("A number of days is missing.", action="Give one, such as 30.")
    return int(text)


def uuid_of(text: str) -> UUID:
    """Return the id that a form or an address names. Raises BadInputError."""
    try:
        return UUID(text)
    except ValueError:
        raise BadInputError("That is no id of ours.", action="Go back, and choose again.") from None


async def _present(app: App) -> Connection:
    connection = await Integration(app).connection()
    if connection is None:
        raise BadInputError("Procore is not connected yet.", action="Connect it first.")
    return connection


_SEE, _DO = Permission.CONNECTION_READ, Permission.CONNECTION_MANAGE
ROWS = (
    Row("GET", HERE, _SEE, status_page),
    Row("GET", f"{HERE}/connect", _DO, connect_page),
    Row("POST", f"{HERE}/connect", _DO, connect),
    Row("GET", CALLBACK, _DO, callback),
    Row("GET", f"{HERE}/company", _DO, company_page),
    Row("POST", f"{HERE}/company", _DO, company),
    Row("GET", f"{HERE}/choose", _DO, choose_page),
    Row("POST", f"{HERE}/choose", _DO, choose),
    Row("GET", f"{HERE}/projects", _SEE, projects_page),
    Row("POST", f"{HERE}/projects/list", _DO, list_projects),
    Row("POST", f"{HERE}/projects/add", _DO, add_project),
    Row("POST", f"{HERE}/projects/map", _DO, map_project),
    Row("POST", f"{HERE}/projects/unmap", _DO, unmap_project),
    Row("POST", f"{HERE}/projects/standing", _DO, close_project),
    Row("POST", f"{HERE}/pause", _DO, pause),
    Row("POST", f"{HERE}/resume", _DO, resume),
    Row("GET", f"{HERE}/disconnect", _DO, disconnect_page),
    Row("POST", f"{HERE}/disconnect", _DO, disconnect),
    Row("POST", f"{HERE}/keep-copy", _DO, keep_copy),
)
