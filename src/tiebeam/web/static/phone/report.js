// A daily report: weather, who was there, what was done, what held it up.
import { choice, field, h, longText, rows, stepper, text } from "./dom.js";
import { gallery } from "./photos.js";

const SKIES = ["", "Clear", "Partly cloudy", "Overcast", "Rain", "Snow", "Fog"].map((sky) => [sky, sky || "not said"]);
const GROUNDS = ["", "Dry", "Wet", "Muddy", "Frozen", "Snow"].map((ground) => [ground, ground || "not said"]);

function weather(of, changed) {
  const put = (name) => (value) => { of[name] = value; changed(); };
  const delay = h("input", { type: "checkbox", checked: of.delay, onchange: (event) => put("delay")(event.target.checked) });
  return h("section", { className: "card" }, h("h2", {}, "Weather"),
    field("Sky", choice(SKIES, of.sky, put("sky"))),
    field("Temperature", text(of.temperature, put("temperature"), { maxLength: 200 })),
    field("Wind", text(of.wind, put("wind"), { maxLength: 200 })),
    field("Ground", choice(GROUNDS, of.ground, put("ground"))),
    h("label", { className: "check big" }, delay, "The weather held the work up"));
}

export function report({ body }, keeps) {
  const { changed } = keeps;
  const crew = (one) => [
    field("Company or trade", text(one.company, (name) => { one.company = name; changed(); }, { maxLength: 200 })),
    stepper("Workers", one.workers, (workers) => { one.workers = workers; changed(); }, { step: 1, most: 9999, of: one.company }),
    stepper("Hours each", one.hours, (hours) => { one.hours = hours; changed(); }, { of: one.company }),
  ];
  const delay = (one) => [
    field("What held it up", text(one.what, (what) => { one.what = what; changed(); })),
    stepper("Hours lost", one.hours, (hours) => { one.hours = hours; changed(); }),
  ];
  const done = body.work[0] ??= { description: "", workers: null, hours: null };
  return [
    h("section", { className: "card" },
      field("Day", text(body.date, (day) => { body.date = day; changed(); }, { type: "date" })),
      field("What was done", longText(done.description, (words) => { done.description = words; changed(); }, { maxLength: 10000 }))),
    h("section", { className: "card" }, h("h2", {}, "Who was there"),
      rows(body.crew, { words: "crew", add: "Add a crew", draw: crew, changed, className: "wide", fresh: () => ({ company: "", workers: "1", hours: "8" }) })),
    weather(body.weather ??= { sky: "", temperature: "", wind: "", precipitation: "", ground: "", delay: false }, changed),
    h("section", { className: "card" }, h("h2", {}, "Delays"),
      rows(body.delays, { words: "delay", add: "Add a delay", draw: delay, changed, className: "wide", fresh: () => ({ what: "", hours: "1" }) })),
    h("section", { className: "card" }, h("h2", {}, "Photos"), gallery(body.photos, keeps)),
    h("section", { className: "card" }, field("Notes", longText(body.notes[0], (words) => { body.notes[0] = words; changed(); }, { maxLength: 10000 }))),
  ];
}
