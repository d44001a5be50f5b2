// A T&M ticket: yesterday's crew is there already, and most of it is pressing plus and minus.
import { choice, field, freshId, h, longText, rows, stepper, text } from "./dom.js";
import { gallery } from "./photos.js";
import { signature } from "./signature.js";

const TIME_TYPES = [["regular", "Regular"], ["overtime", "Overtime"], ["double", "Double time"]];

function labour(body, { changed, setting }) {
  const members = setting.crews.flatMap((crew) => crew.members);
  const names = h("datalist", { id: freshId("people") }, [...new Set(members.map((one) => one.name))].map((value) => h("option", { value })));
  const draw = (one) => [
    field("Worker", text(one.worker, (name) => {
      one.worker = name;
      one.trade = members.find((member) => member.name === name)?.trade ?? one.trade;
      changed();
    }, { list: names.id, maxLength: 200, autocapitalize: "words" })),
    field("Time", choice(TIME_TYPES, one.time_type, (type) => { one.time_type = type; changed(); })),
    stepper("Hours", one.hours, (hours) => { one.hours = hours; changed(); }, { of: one.worker }),
  ];
  const fresh = () => ({ worker: "", trade: null, hours: "8", time_type: "regular" });
  const list = () => rows(body.labour, { words: "worker", add: "Add a worker", draw, fresh, changed });
  const shown = h("div", {}, list());
  const bring = (crew) => {
    const there = new Set(body.labour.map((one) => one.worker));
    body.labour.push(...crew.members.filter((one) => !there.has(one.name)).map((one) => ({ ...fresh(), worker: one.name, trade: one.trade })));
    changed();
    shown.replaceChildren(list());
  };
  return h("section", { className: "card" }, h("h2", {}, "Who worked"), names,
    h("div", { className: "row" }, setting.crews.map((crew) =>
      h("button", { type: "button", className: "quiet", onclick: () => bring(crew) }, `All of ${crew.name}`))),
    shown);
}

function amounts(title, items, { words, add, fresh, step }, changed) {
  const draw = (one) => [
    field("What", text(one.name, (name) => { one.name = name; changed(); }, { maxLength: 200 })),
    field("Unit", text(one.unit, (unit) => { one.unit = unit; changed(); }, { maxLength: 200, autocapitalize: "none" })),
    stepper("How much", one.quantity, (much) => { one.quantity = much; changed(); }, { step, most: 999999999, of: one.name }),
  ];
  return h("section", { className: "card" }, h("h2", {}, title), rows(items, { words, add, draw, fresh, changed }));
}

export function ticket({ body, project_id }, keeps) {
  const { changed, setting, onProject } = keeps;
  const codes = h("select", { onchange: (event) => { body.cost_code = event.target.value || null; changed(); } });
  const showCodes = (project) => {
    const found = setting.cost_codes.filter((one) => one.project_id === project);
    if (body.cost_code && !found.some((one) => one.code === body.cost_code)) body.cost_code = null;
    codes.replaceChildren(...[["", "none"], ...found.map((one) => [one.code, `${one.code} ${one.name}`])].map(([value, words]) => h("option", { value }, words)));
    codes.value = body.cost_code ?? "";
  };
  showCodes(project_id);
  onProject((event) => showCodes(event.target.querySelector("select").value));
  return [
    h("section", { className: "card" }, field("What was done", longText(body.description, (words) => { body.description = words; changed(); }, { maxLength: 10000 }))),
    labour(body, { changed, setting }),
    amounts("Material", body.materials, { words: "material", add: "Add material", step: 1, fresh: () => ({ name: "", unit: "", quantity: "1" }) }, changed),
    amounts("Equipment", body.equipment, { words: "equipment", add: "Add equipment", step: 0.5, fresh: () => ({ name: "", unit: "hours", quantity: "1" }) }, changed),
    h("section", { className: "card" }, h("h2", {}, "Photos"), gallery(body.photos, keeps)),
    signature(body, keeps),
    h("section", { className: "card" },
      field("Day", text(body.work_date, (day) => { body.work_date = day; changed(); }, { type: "date" })),
      field("Cost code", codes),
      field("Notes", longText(body.notes, (words) => { body.notes = words; changed(); }, { maxLength: 10000 }))),
  ];
}
