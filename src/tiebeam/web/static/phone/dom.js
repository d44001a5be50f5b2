// Making elements: text is always text, so nothing that anybody typed can become markup.
export function h(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list" && name !== "form") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

let count = 0;
export const freshId = (name) => `${name}-${++count}`;

export function field(label, input, hint = null) {
  input.id ||= freshId("field");
  return h("div", { className: "field" }, h("label", { htmlFor: input.id }, label), input, hint && h("p", { className: "hint" }, hint));
}

export const text = (value, change, given = {}) =>
  h("input", { type: "text", value: value ?? "", autocomplete: "off", ...given, oninput: (event) => change(event.target.value) });

export const longText = (value, change, given = {}) =>
  h("textarea", { rows: 3, value: value ?? "", ...given, oninput: (event) => change(event.target.value) });

export function choice(options, value, change, given = {}) {
  const made = h("select", { ...given, onchange: (event) => change(event.target.value) },
    options.map(([key, words]) => h("option", { value: key }, words)));
  made.value = value ?? "";
  return made;
}

// A number with a button on either side: nobody types digits in gloves.
export function stepper(caption, value, change, { step = 0.5, least = 0, most = 24, of = "" } = {}) {
  const name = of ? `${caption} of ${of}` : caption;
  const within = (number) => Math.min(most, Math.max(least, Math.round(number * 10000) / 10000));
  const input = h("input", {
    type: "text", inputMode: "decimal", value: value ?? "", ariaLabel: name, className: "number",
    oninput: () => change(plain(input.value)),
    onblur: () => { input.value = plain(input.value); },
  });
  const by = (much) => () => {
    input.value = String(within((Number(plain(input.value)) || 0) + much));
    change(input.value);
  };
  return h("div", { className: "stepper", role: "group", ariaLabel: name }, h("span", { ariaHidden: "true" }, caption),
    h("button", { type: "button", className: "quiet", ariaLabel: `Less: ${name}`, onclick: by(-step) }, "−"), input,
    h("button", { type: "button", className: "quiet", ariaLabel: `More: ${name}`, onclick: by(step) }, "+"));
}

// What keyboards of half of Europe write as 7,5.
export const plain = (written) => written.trim().replace(",", ".");

// Rows that can be added and taken away; `draw(row)` returns the inputs of one.
export function rows(items, { words, add, draw, fresh, changed, className = "" }) {
  const list = h("ul", { className: `rows ${className}` });
  const show = (focus = null) => {
    list.replaceChildren(...items.map((item, at) => h("li", {},
      ...draw(item, at),
      h("button", { type: "button", className: "quiet gone", ariaLabel: `Take away ${words} ${at + 1}`,
        onclick: () => { items.splice(at, 1); changed(); show(); } }, "Take away"))));
    if (focus !== null) list.children[focus]?.querySelector("input, textarea, select")?.focus();
  };
  show();
  const more = h("button", { type: "button", className: "quiet wide", onclick: () => {
    items.push(fresh());
    changed();
    show(items.length - 1);
  } }, add);
  return h("div", {}, list, more);
}
