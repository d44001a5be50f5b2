// Boards without a page in between: a cell is saved when it is left, a card when it is dropped. The forms on the
// page do the same without any of this; what the server answers is the page, and live.js puts it in.
const html = document.documentElement;
html.classList.add("scripted");
const said = document.getElementById("said");
const CONTROLS = "input:not([type=hidden]), select, textarea";

const differs = (one) =>
  one.tagName === "SELECT" ? [...one.options].some((option) => option.selected !== option.defaultSelected) : one.value !== one.defaultValue;

function settle(one) {
  if (one.tagName === "SELECT") [...one.options].forEach((option) => { option.defaultSelected = option.selected; });
  else one.defaultValue = one.value;
}

function tell(text, page) {
  if (!said) return;
  const clash = page?.getElementById("clash");
  said.className = clash ? "said" : text && page ? "said error" : "said";
  said.replaceChildren(...(clash ? [clash] : [text]));
  if (clash) clash.querySelector("button")?.focus();
}

async function send(form, fields, what, kept = () => {}) {
  const body = new URLSearchParams(fields);
  tell("");
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.redirected && new URL(answer.url).pathname === "/sign-in") location.assign(answer.url);
    if (!answer.ok) {
      const lines = [...page.querySelectorAll("main section p")].slice(0, 2).map((one) => one.textContent.trim());
      tell(lines.join("\n") || "It could not be saved.", page);
      return false;
    }
    kept();
    tell(what);
    document.dispatchEvent(new CustomEvent("tiebeam:page", { detail: page }));
    return true;
  } catch {
    tell("Nothing was saved: there is no connection. It is tried again when you leave the field once more.", document);
    return false;
  }
}

// One after another: two writes of the same row at once would only make each other wait.
let before = Promise.resolve();
const queued = (work) => (before = before.then(work, work));

function fieldsOf(form, version, more) {
  const { csrf, back } = form.elements;
  return { csrf: csrf.value, back: back?.value ?? "", version, ...more };
}

const sending = new WeakSet();
function save(control) {
  const cell = control.closest("[data-edits]");
  const form = control.form;
  if (!cell || !form || !differs(control) || sending.has(control)) return;
  if (!control.checkValidity()) {
    tell(`${control.getAttribute("aria-label") ?? "This"}: ${control.validationMessage}`, document);
    return;
  }
  const sent = control.value;
  sending.add(control);
  queued(async () => {
    const fields = fieldsOf(form, cell.dataset.edits, { [control.name]: sent });
    const done = await send(form, fields, "Saved.", () => control.value === sent && settle(control));
    sending.delete(control);
    if (!done) cell.classList.add("refused");
    else if (control.value !== sent && document.activeElement !== control) save(control);
  });
}

let byPointer = false;
document.addEventListener("pointerdown", () => { byPointer = true; }, true);
document.addEventListener("keydown", (event) => {
  byPointer = false;
  const control = event.target;
  if (!control.matches?.("[data-edits] :is(input, select)")) return;
  if (event.key === "Escape") {
    if (control.tagName === "SELECT") [...control.options].forEach((option) => { option.selected = option.defaultSelected; });
    else control.value = control.defaultValue;
    control.closest("[data-edits]").classList.remove("refused");
    tell("");
  }
});
// A select that is walked through by keyboard changes with every key: it is saved when it is left.
document.addEventListener("change", (event) => {
  const one = event.target;
  if (one.matches("[data-edits] select") && (byPointer || document.activeElement !== one)) save(one);
});
document.addEventListener("focusout", (event) => {
  if (event.target.matches?.(CONTROLS)) save(event.target);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const side = event.submitter?.name;
  if (side === "before" || side === "behind") {
    event.preventDefault();
    const one = event.submitter.closest("article, tr");
    const other = document.getElementById(`${one.id[0]}${event.submitter.value}`);
    if (other) putBeside(one, other, side, true);
  } else if (form.matches("[data-row]")) {
    event.preventDefault();
    [...form.elements].filter((one) => one.matches(CONTROLS)).forEach(save);
  } else if (form.matches("[data-moves]") && event.submitter) {
    event.preventDefault();
    move(form.closest("article"), event.submitter.value, true);
  }
});

function laneOf(label) {
  return [...document.querySelectorAll("[data-lane]")].find((one) => one.dataset.lane === label);
}

function move(card, label, byKey) {
  const form = card.querySelector("[data-moves]");
  const lane = laneOf(label);
  if (!form || !lane) return;
  const from = card.parentElement;
  const next = card.nextElementSibling;
  const name = card.querySelector("a").textContent;
  const fields = fieldsOf(form, form.elements.version.value, { [lane.parentElement.dataset.field]: label });
  lane.querySelector("h2").after(card);
  queued(async () => {
    const done = await send(form, fields, `${name}: ${lane.getAttribute("aria-label")}.`);
    if (!done) from.insertBefore(card, next);
    if (byKey) document.getElementById(card.id)?.querySelector("summary")?.focus();
  });
}

// A row or a card before or behind another one; what the server answers is where it stands.
function putBeside(one, other, side, byKey) {
  const form = one.querySelector("form");
  const from = one.parentElement;
  const next = one.nextElementSibling;
  const named = one.querySelector("th input, a");
  const fields = fieldsOf(form, form.elements.version.value, { [side]: other.id.slice(1) });
  if (side === "before") other.before(one);
  else other.after(one);
  queued(async () => {
    const done = await send({ action: `${form.action}/move` }, fields, `${named.value ?? named.textContent}: moved.`);
    if (!done) from.insertBefore(one, next);
    if (byKey) document.getElementById(one.id)?.querySelector("summary")?.focus();
  });
}

let held = null;
document.addEventListener("dragstart", (event) => {
  const handle = event.target.closest?.(".handle");
  held = handle ? handle.closest("tr") : event.target.closest?.("article[draggable]") ?? null;
  if (!held) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", "");
  if (handle) event.dataTransfer.setDragImage(held, 0, 0);
});

// Where what is held would come to: beside another row or card of its lane, or into another lane.
function spotOf(event) {
  if (!held) return null;
  const isRow = held.tagName === "TR";
  const lane = event.target.closest?.("[data-lane]");
  if (!isRow && !(lane && lane.contains(held))) return lane ? { at: lane, mark: "over" } : null;
  const other = event.target.closest?.(isRow ? "[data-live=board] tbody tr" : "article[draggable]");
  if (!other || other === held) return null;
  const { top, height } = other.getBoundingClientRect();
  return { at: other, mark: event.clientY < top + height / 2 ? "before" : "behind" };
}

const MARKS = ["over", "before", "behind"];
function unmark(but) {
  document.querySelectorAll("[data-lane], article, tr").forEach((one) => {
    MARKS.forEach((mark) => (one === but?.at && mark === but.mark) || one.classList.remove(mark));
  });
}
document.addEventListener("dragover", (event) => {
  const spot = spotOf(event);
  unmark(spot);
  if (!spot) return;
  event.preventDefault();
  spot.at.classList.add(spot.mark);
});
document.addEventListener("dragend", () => {
  held = null;
  unmark(null);
});
document.addEventListener("drop", (event) => {
  const spot = spotOf(event);
  if (!spot) return;
  event.preventDefault();
  unmark(null);
  if (spot.mark === "over") move(held, spot.at.dataset.lane, false);
  else putBeside(held, spot.at, spot.mark, false);
});
