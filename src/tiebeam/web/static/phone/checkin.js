// A check-in: who of the crew is here this morning.
import { field, freshId, h, rows, text } from "./dom.js";

export function checkIn({ body }, { changed, setting }) {
  const names = h("datalist", { id: freshId("crews") }, setting.crews.map((crew) => h("option", { value: crew.name })));
  const draw = (one) => [
    field("Name", text(one.name, (name) => { one.name = name; changed(); }, { maxLength: 200, autocapitalize: "words" })),
    h("label", { className: "check big" },
      h("input", { type: "checkbox", checked: one.present, onchange: (event) => { one.present = event.target.checked; changed(); } }), "is here"),
  ];
  const fresh = () => ({ name: "", trade: null, present: true });
  const list = () => rows(body.people, { words: "person", add: "Add somebody", draw, fresh, changed, className: "wide" });
  const shown = h("div", {});
  const bring = () => {
    const members = setting.crews.find((crew) => crew.name === body.crew)?.members ?? [];
    const there = new Set(body.people.map((one) => one.name));
    body.people.push(...members.filter((one) => !there.has(one.name)).map((one) => ({ ...fresh(), ...one })));
    shown.replaceChildren(list());
  };
  bring();
  return [
    h("section", { className: "card" }, names,
      field("Crew", text(body.crew, (crew) => { body.crew = crew; changed(); }, { list: names.id, maxLength: 200, onchange: () => { bring(); changed(); } }))),
    h("section", { className: "card" }, h("h2", {}, "Who is here"), shown),
  ];
}
