// The page: who is there, which view is shown, and what the line under the header says.
import * as asking from "./asking.js";
import { checkIn } from "./checkin.js";
import { h } from "./dom.js";
import { doorView } from "./door.js";
import { editor } from "./editor.js";
import { KINDS, begin } from "./forms.js";
import { home } from "./home.js";
import { photo } from "./photo.js";
import { report } from "./report.js";
import { hear, line, sendSoon, start } from "./sending.js";
import * as store from "./store.js";
import { ticket } from "./ticket.js";

const DRAW = { tm_ticket: ticket, daily_report: report, check_in: checkIn, photo };
const CLOCK_MINUTES_MAX = 5;
const NOTHING = { projects: [], crews: [], cost_codes: [] };
const main = document.getElementById("main");
const who = document.getElementById("who");
const told = document.getElementById("line");

let viewer = null;
let setting = NOTHING;
let leave = async () => {};

let turn = 0;

async function view() {
  const mine = ++turn;
  await leave();
  leave = async () => {};
  const [, path, id] = location.hash.split("/");
  const kind = Object.keys(KINDS).find((name) => KINDS[name].path === path);
  if (!viewer || path === "pin") return showDoor(mine);
  if (!kind) return put(await home(viewer, setting), mine);
  return showEditor(kind, id, mine);
}

async function showEditor(kind, id, mine) {
  const last = (await store.kept(`last:${viewer.id}`)) ?? {};
  if (id && !(await store.changeDocument(id, { state: "draft" }, isOpen))) return go("#/");
  const document = id ? await store.documentOf(id) : begin(kind, viewer.id, last);
  if (mine !== turn) return undefined;
  const shown = editor(document, setting, last, DRAW[kind]);
  leave = shown.leave;
  return put(shown.made, mine);
}

const isOpen = ({ by, state, tried }) => by === viewer.id && !tried && (state === "draft" || state === "waiting");

async function showDoor(mine) {
  try {
    const now = await asking.door();
    if (now.viewer) return came(now);
    put(doorView(now, came), mine);
  } catch (error) {
    if (!(error instanceof asking.OutOfReach || error instanceof asking.Busy)) throw error;
    put(h("section", { className: "card" }, h("h1", {}, "No network"),
      h("p", {}, viewer ? "A PIN can only be looked at with one. What you capture meanwhile is kept on this phone."
        : "This phone has to be enrolled once with a network; afterwards it works without."),
      h("button", { type: "button", onclick: () => view() }, "Try again"),
      viewer && h("p", {}, h("a", { href: "#/" }, "Back"))), mine);
  }
}

async function came(now) {
  await store.keep("viewer", { id: now.viewer.id, name: now.viewer.name, company: now.viewer.company });
  // The browser may throw away what it keeps for pages that nobody said they need.
  navigator.storage?.persist?.();
  await know();
  await refresh();
  if (location.hash.startsWith("#/pin")) go("#/");
  else await view();
  sendSoon();
}

async function know() {
  viewer = (await store.kept("viewer")) ?? null;
  setting = (await store.kept("setting")) ?? NOTHING;
  who.replaceChildren(...(viewer ? [viewer.name, " ", h("a", { href: "#/pin", onclick: out }, "Somebody else")] : []));
}

// Out of reach, somebody else only waits for a network: nobody can come in unseen by the server.
async function out(event) {
  event.preventDefault();
  await asking.doorPost("sign-out", {}).catch(() => {});
  go("#/pin");
}

async function refresh() {
  try {
    const { projects, crews, cost_codes } = await asking.setting();
    await store.keep("setting", { projects, crews, cost_codes });
    setting = { projects, crews, cost_codes };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // What was known before serves until the next time.
  }
}

function go(hash) {
  if (location.hash === hash) view();
  else location.hash = hash;
}

// Whoever was quicker with the next view is not to be thrown back to this one.
function put(shown, mine = turn) {
  if (mine !== turn) return;
  main.replaceChildren(shown);
  scrollTo(0, 0);
}

let wasShown = "";
async function showLine() {
  await know();
  const notes = [line.words, await scarce(), clock()];
  const isDoor = !viewer || location.hash.startsWith("#/pin");
  const words = isDoor ? [] : notes.filter(Boolean);
  told.replaceChildren(...words.map((one) => h("span", {}, one)), ...(words.length && line.state === "pin" ? [h("a", { className: "button quiet", href: "#/pin" }, "Type it in")] : []));
  told.className = words.length ? `line ${line.state}` : "";
  // Marks change only where nobody is typing.
  const isHome = viewer && !location.hash.split("/")[1];
  if (!isHome) return;
  const shown = await home(viewer, setting);
  if (shown.innerHTML !== wasShown && !location.hash.split("/")[1]) renew(main.firstElementChild, shown);
  wasShown = shown.innerHTML;
}

// What is as it was stays: a button that is replaced under a finger is not pressed.
function renew(before, after) {
  const [old, fresh] = [[...(before?.children ?? [])], [...after.children]];
  if (old.length !== fresh.length) {
    const [first, start] = [old[0], old[1]];
    if (first?.outerHTML !== fresh[0].outerHTML || start?.outerHTML !== fresh[1].outerHTML) return main.replaceChildren(after);
    old.slice(2).forEach((one) => one.remove());
    return before.append(...fresh.slice(2));
  }
  return old.forEach((one, place) => one.outerHTML === fresh[place].outerHTML || one.replaceWith(fresh[place]));
}

function clock() {
  const minutes = Math.round(Math.abs(asking.clockOff()) / 60);
  return minutes < CLOCK_MINUTES_MAX ? "" : `This phone's clock is ${minutes} minutes off: set it, for it dates what you capture.`;
}

async function scarce() {
  const { quota = 0, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  return quota && usage / quota > 0.9 ? "This phone's storage is nearly full: free some space soon." : "";
}

async function open() {
  if (!isSecureContext) return put(h("p", { className: "error" }, "These pages need an address that begins with https: ask the office for it."));
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/phone/worker.js", { scope: "/phone" });
  await know();
  addEventListener("hashchange", view);
  addEventListener("pagehide", () => leave());
  document.addEventListener("visibilitychange", () => document.hidden && leave());
  hear(showLine);
  await view();
  start();
  if (viewer) await refresh();
}

open();
