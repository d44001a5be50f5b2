// What all four forms share: the project, keeping every stroke, what is missing, and "Done".
import { choice, field, h } from "./dom.js";
import { KINDS, missing } from "./forms.js";
import { sendSoon } from "./sending.js";
import * as store from "./store.js";

// The address names what is on the disk: a page that is loaded anew goes on with it.
function named({ kind, id }) {
  const bare = `#/${KINDS[kind].path}`;
  if (location.hash === bare) history.replaceState(null, "", `${bare}/${id}`);
}

// Every stroke is written as it is made (`changed`): a page can be gone before any later moment. `during` names what
// will end in a change, such as a drawing that becomes a PNG.
function keeper(document, fail) {
  let isOver = false;
  const pending = new Set();
  const during = (work) => {
    pending.add(work);
    return work.finally(() => pending.delete(work));
  };
  const changed = () => {
    if (isOver) return Promise.resolve();
    document.changed_at = new Date().toISOString();
    return during(store.keepDocument(document, "relaxed").then(() => named(document)).catch(fail));
  };
  const settled = () => Promise.all(pending);
  const end = async () => {
    await settled();
    isOver = true;
  };
  return { changed, during, settled, end, goOn: () => { isOver = false; } };
}

export function editor(document, setting, last, draw) {
  const { title } = KINDS[document.kind];
  const fault = h("p", { className: "error", role: "alert", hidden: true, tabIndex: -1 });
  const fail = (error) => {
    fault.textContent = error.message;
    fault.hidden = false;
  };
  const keeps = keeper(document, fail);
  const projects = [["", "Choose the project"], ...setting.projects.map((one) => [one.id, `${one.number} ${one.name}`.trim()])];
  if (!document.project_id && setting.projects.length === 1) document.project_id = setting.projects[0].id;
  const done = async () => {
    fault.hidden = true;
    const lacks = missing(document);
    if (lacks.length) {
      fail(new Error(lacks.join(" ")));
      fault.focus();
      return;
    }
    try {
      await keeps.end();
      await store.keepDocument({ ...document, state: "waiting", told: null });
      await remember(document, last);
    } catch (error) {
      keeps.goOn();
      fail(error);
      return;
    }
    location.hash = "#/";
    sendSoon();
  };
  const drop = async () => {
    if (!confirm("Throw this away? It is nowhere else yet.")) return;
    await keeps.end();
    await store.dropDocument(document);
    location.hash = "#/";
  };
  const made = h("form", { className: "stack", autocomplete: "off", onsubmit: (event) => { event.preventDefault(); done(); } },
    h("h1", {}, title),
    document.told && h("p", { className: "error" }, document.told),
    h("section", { className: "card" }, field("Project", choice(projects, document.project_id, (id) => {
      document.project_id = id;
      keeps.changed();
      made.dispatchEvent(new CustomEvent("project"));
    }))),
    ...draw(document, { ...keeps, fail, setting, last, onProject: (act) => queueMicrotask(() => made.addEventListener("project", act)) }),
    fault,
    h("div", { className: "last" },
      h("button", { type: "submit" }, "Done"),
      document.base_version === 0 && h("button", { type: "button", className: "quiet", onclick: drop }, "Throw away")));
  return { made, leave: keeps.settled };
}

// The next ticket begins with the crew of this one.
async function remember(document, last) {
  const next = { ...last, project: document.project_id };
  if (document.kind === "tm_ticket" && document.body.labour.length) next.crew = document.body.labour.map(({ worker, trade, hours, time_type }) => ({ worker, trade, hours, time_type }));
  if (document.kind === "check_in") next.crewName = document.body.crew;
  await store.keep(`last:${document.by}`, next);
}
