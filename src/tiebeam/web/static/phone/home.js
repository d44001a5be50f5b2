// The first view: what can be captured, what is not finished, and what became of the rest.
import { h } from "./dom.js";
import { KINDS, MARKS, summary } from "./forms.js";
import { documents } from "./store.js";

const NEWEST = (one, other) => other.captured_at.localeCompare(one.captured_at);

function item(document, setting) {
  const { title, path } = KINDS[document.kind];
  const project = setting.projects.find((one) => one.id === document.project_id);
  const words = [h("strong", {}, document.number ? `${title} ${document.number}` : title),
    h("span", {}, summary(document)), h("span", { className: "hint" }, project ? `${project.number} ${project.name}` : "no project yet")];
  const open = document.state === "draft" || (document.state === "waiting" && !document.tried);
  return h("li", {},
    open ? h("a", { className: "item", href: `#/${path}/${document.id}` }, words) : h("div", { className: "item" }, words),
    document.told && h("p", { className: "error" }, document.told),
    h("span", { className: `badge mark-${document.state}` }, MARKS[document.state]));
}

export async function home(viewer, setting) {
  const all = (await documents()).sort(NEWEST);
  const mine = all.filter((one) => one.by === viewer.id);
  const drafts = mine.filter((one) => one.state === "draft");
  const rest = mine.filter((one) => one.state !== "draft");
  const others = all.filter((one) => one.by !== viewer.id && one.state === "waiting").length;
  const list = (title, some) => some.length && h("section", { className: "card" }, h("h2", {}, title), h("ul", { className: "items" }, some.map((one) => item(one, setting))));
  return h("div", {},
    h("h1", {}, "Capture"),
    h("div", { className: "starts" }, Object.values(KINDS).map(({ title, path }) => h("a", { className: "button", href: `#/${path}` }, title))),
    others > 0 && h("p", { className: "hint" }, `${others} of somebody else wait on this phone until they type in their PIN.`),
    !setting.projects.length && h("p", { className: "error" }, "No project is set up yet. The office adds them; until then this can be kept here, and not sent."),
    list("Not finished", drafts) || null, list("Finished", rest) || null);
}
