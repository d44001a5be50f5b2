// What all four forms share: the project, keeping every stroke, what is missing, and "Done".
import { choice, field, h } from "./dom.js";
import { KINDS, missing } from "./forms.js";
import { sendSoon } from "./sending.js";
import * as store from "./store.js";

const SETTLE_MS = 200;

// The address names what is on the disk: a page that is loaded anew goes on with it.
function named({ kind, id }) {
  const bare = `#/${KINDS[kind].path}`;
  if (location.hash === bare) history.replaceState(null, "", `${bare}/${id}`);
}

// A change is on the disk a moment later (`changed`), at once (`now`), and at the latest when the page is left
// (`flush`); `during` names what will end in a change, such as a drawing that becomes a PNG.
function keeper(document, fail) {
  let timer = null;
  let isOver = false;
  let writing = Promise.resolve();
  const pending = new Set();
  const now = () => {
    clearTimeout(timer);
    timer = null;
    if (isOver) return writing;
    document.changed_at = new Date().toISOString();
    const copy = structuredClone(document);
    writing = writing.then(() => store.keepDocument(copy)).then(() => named(document)).catch(fail);
    return writing;
  };
  const flush = () => (timer === null ? writing : now());
  const during = (work) => {
    pending.add(work);
    work.finally(() => pending.delete(work));
  };
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(now, SETTLE_MS);
  };
  const end = async () => {
    await Promise.all(pending);
    await flush();
    isOver = true;
  };
  return { changed, now, flush, during, end, goOn: () => { isOver = false; } };
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
  return { made, leave: keeps.flush };
}

// The next ticket begins with the crew of this one.
async function remember(document, last) {
  const next = { ...last, project: document.project_id };
  if (document.kind === "tm_ticket" && document.body.labour.length) next.crew = document.body.labour;
  if (document.kind === "check_in") next.crewName = document.body.crew;
  await store.keep(`last:${document.by}`, next);
}
