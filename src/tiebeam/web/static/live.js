// Keeps what is marked `data-live` current: asks the server for the same page again when it tells of a change,
// and puts in what differs, so that focus, scroll position, open details and half-filled forms stay as they are.
const FALL_BACK_MS = 30000;
const SETTLE_MS = 250;
const marked = () => [...document.querySelectorAll("[data-live]")];

// A cell that somebody merely looks at may change below their eyes; one that they have typed into may not.
const isBusy = (place) =>
  (place.tagName === "FORM" && place.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) ||
  [...(place.elements ?? place.querySelectorAll("input, select, textarea"))].some((field) =>
    field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
      : field.tagName === "SELECT" ? [...field.options].some((option) => option.selected !== option.defaultSelected)
        : "defaultValue" in field && field.value !== field.defaultValue);

const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "");

function takeAttributes(have, want) {
  for (const { name } of [...have.attributes]) {
    if (!want.hasAttribute(name) && !(name === "open" && have.tagName === "DETAILS")) have.removeAttribute(name);
  }
  for (const { name, value } of want.attributes) {
    if (have.getAttribute(name) !== value) have.setAttribute(name, value);
  }
}

// Once somebody has typed into a field, or chosen in one, what the server says of it is no longer what it shows.
function showAnew(have) {
  if (have.tagName === "SELECT") [...have.options].forEach((one) => { one.selected = one.defaultSelected; });
  else if (have.matches("textarea, input:not([type=checkbox], [type=radio])") && have.value !== have.defaultValue) have.value = have.defaultValue;
}

function become(have, want) {
  if (have.nodeType !== Node.ELEMENT_NODE) {
    if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
    return;
  }
  if (have.isEqualNode(want) || (have.matches("form, [data-edits]") && isBusy(have))) return;
  takeAttributes(have, want);
  let at = have.firstChild;
  for (const child of [...want.childNodes]) {
    const known = child.id ? [...have.children].find((one) => one.id === child.id) : null;
    if (known && alike(known, child)) {
      // What stands before a row that is still there is gone: to move the row itself would lose its focus.
      while (at && at !== known && !(known.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING)) {
        const next = at.nextSibling;
        at.remove();
        at = next;
      }
      become(known, child);
      at = known.nextSibling;
    } else if (at && !child.id && alike(at, child)) {
      const next = at.nextSibling;
      become(at, child);
      at = next;
    } else {
      have.insertBefore(child, at);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
  showAnew(have);
}

function takeIn(page, concerns) {
  const fresh = [...page.querySelectorAll("[data-live]")];
  for (const region of marked().filter(concerns)) {
    const same = (one) => one.dataset.live === region.dataset.live;
    const found = fresh.filter(same)[marked().filter(same).indexOf(region)];
    if (found) become(region, found);
  }
}

let asking = null;
async function refresh(topics) {
  const concerns = (region) => !topics || !region.dataset.topics || region.dataset.topics.split(" ").some((one) => topics.has(one));
  if (!marked().some(concerns)) return;
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error", signal: asking.signal });
    if (!answer.ok) return;
    takeIn(new DOMParser().parseFromString(await answer.text(), "text/html"), concerns);
  } catch {
    // The page stays as it is; the next change or look tries again.
  }
}

let due = new Set();
let timer = null;
function changed(names) {
  names.forEach((name) => due.add(name));
  timer ??= setTimeout(() => {
    const topics = due;
    due = new Set();
    timer = null;
    refresh(topics);
  }, SETTLE_MS);
}

let source = null;
let looking = null;
function listen() {
  if (source || document.hidden) return;
  source = new EventSource("/live");
  // Whatever changed between the making of the page and this moment was told to nobody.
  source.addEventListener("open", () => {
    clearInterval(looking);
    looking = null;
    refresh(null);
  });
  source.addEventListener("changed", (event) => changed(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    if (source?.readyState === EventSource.CLOSED) {
      looking ??= setInterval(() => document.hidden || refresh(null), FALL_BACK_MS);
    }
  });
}

function rest() {
  source?.close();
  source = null;
  clearInterval(looking);
  looking = null;
}

// What was saved without leaving the page is answered with the page as it is now.
document.addEventListener("tiebeam:page", (event) => {
  asking?.abort();
  takeIn(event.detail, () => true);
});

if (marked().length) {
  // A browser opens few connections to one server: pages that nobody sees leave theirs to the others.
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
  addEventListener("pagehide", rest);
  addEventListener("pageshow", listen);
  listen();
}
