// Sends what is finished: photos before their document, each until its own answer is here. Everything has an id that
// this phone made, and is PUT under it: what is sent twice because an answer was lost is there once.
import * as asking from "./asking.js";
import { toSend } from "./forms.js";
import * as store from "./store.js";

const LOOK_SECONDS = 30;
const LOOK_AGAIN_SECONDS = 60;
const WAIT_SECONDS_MAX = 300;
const KEPT_DAYS = 30;
const OFFLINE = "No network. Everything is kept on this phone, and sent by itself later.";
const OPEN = new Set(["draft", "returned"]);

export const line = { state: "ok", words: "" };
const hearers = new Set();
export const hear = (hearer) => hearers.add(hearer);
const tell = (state, words) => {
  Object.assign(line, { state, words });
  hearers.forEach((hearer) => hearer());
};

let failed = 0;
let looked = 0;
let timer = null;

export function sendSoon(seconds = 0) {
  clearTimeout(timer);
  timer = setTimeout(send, seconds * 1000);
}

async function send() {
  // Two windows of the page are one phone.
  await navigator.locks.request("tiebeam-sending", attempt);
  const waiting = (await store.documents()).some((one) => one.state === "waiting" || one.state === "sent");
  const wait = failed ? Math.min(WAIT_SECONDS_MAX, 2 ** failed) : LOOK_SECONDS;
  if (waiting) sendSoon(wait);
}

async function attempt() {
  const isIdle = !(await store.documents()).some((one) => one.state === "waiting" || one.state === "sent");
  if (isIdle) return navigator.onLine && line.state === "offline" ? tell("ok", "") : undefined;
  try {
    const { viewer } = await asking.door();
    if (!viewer) throw new asking.NeedsPin("");
    await store.keep("viewer", { id: viewer.id, name: viewer.name, company: viewer.company });
    await sendAll(viewer);
    await lookAgain(viewer);
    failed = 0;
    tell("ok", "");
  } catch (error) {
    await stopped(error);
  }
}

async function stopped(error) {
  if (error instanceof asking.NeedsPin) {
    tell("pin", "Type in your PIN to send. Everything is kept on this phone.");
  } else if (error instanceof asking.OutOfReach) {
    failed = Math.min(failed + 1, 8);
    tell("offline", OFFLINE);
  } else if (error instanceof asking.Busy) {
    failed = Math.max(3, Math.ceil(Math.log2(error.seconds)));
    tell("busy", "The server is busy. Everything is kept on this phone, and sent by itself later.");
  } else {
    failed = 8;
    tell("failed", error.message);
    console.warn(error);
  }
}

async function sendAll(viewer) {
  const waiting = (await store.documents()).filter((one) => one.state === "waiting" && one.by === viewer.id);
  waiting.sort((one, other) => one.captured_at.localeCompare(other.captured_at));
  for (const document of waiting) {
    tell("sending", "Sending …");
    await sendOne(document, viewer.csrf);
  }
}

async function sendOne(document, csrf) {
  // From here on it may be there: what is there is changed no more on this phone.
  if (!(await store.changeDocument(document.id, { tried: true }, (one) => one.state === "waiting"))) return;
  const lost = [];
  for (const id of store.photosOf(document)) {
    const refused = await sendPhoto(id, csrf);
    if (refused) lost.push(refused);
  }
  const gone = lost.map((one) => one.id);
  try {
    const { document: there } = await asking.putDocument(document.id, toSend(document, gone), csrf);
    // Without a document, somebody else's has this id: what was sent is kept beside it, and the office decides.
    if (OPEN.has(there?.standing)) await asking.submit(document.id, there.version, csrf);
    await store.changeDocument(document.id, { state: "sent", number: there?.number ?? null, told: words(lost), sent_at: new Date().toISOString() });
  } catch (error) {
    if (!(error instanceof asking.Refused)) throw error;
    await store.changeDocument(document.id, { state: "draft", tried: false, told: error.message });
    return;
  }
  // The bytes are with the server now; what it refused stays, for this phone has the only copy.
  for (const id of store.photosOf(document)) if (!gone.includes(id)) await store.dropPhoto(id);
}

const words = (lost) => lost.length ? `${lost.length} of its photos could not be kept: ${lost[0].told}` : null;

// Returns null once the server has a photo; one that it will never take is returned, with the sentence why.
async function sendPhoto(id, csrf) {
  const photo = await store.photoOf(id);
  if (!photo || photo.state === "sent") return null;
  if (photo.state === "refused") return photo;
  try {
    await asking.putPhoto(photo, csrf);
  } catch (error) {
    if (!(error instanceof asking.Refused)) throw error;
    const refused = { ...photo, state: "refused", told: error.message };
    await store.keepPhoto(refused);
    return refused;
  }
  await store.keepPhoto({ ...photo, state: "sent" });
  return null;
}

async function lookAgain(viewer) {
  if (Date.now() - looked < LOOK_AGAIN_SECONDS * 1000) return;
  looked = Date.now();
  const over = new Date(Date.now() - KEPT_DAYS * 86400000).toISOString();
  for (const one of await store.documents()) {
    const isThere = one.state === "sent" || one.state === "procore";
    if (isThere && one.sent_at < over) await store.dropDocument(one);
    else if (one.state === "sent" && one.by === viewer.id) await lookAt(one);
  }
}

async function lookAt(document) {
  const there = await asking.standing(document.id).catch((error) => {
    if (error instanceof asking.Refused) return {};
    throw error;
  });
  if (there.locked_reason) await store.changeDocument(document.id, { state: "procore" });
  else if (there.standing === "returned") {
    const told = `The office asks: ${there.returned_reason}`;
    // What the office corrected before it gave it back is not to be undone by what this phone remembers.
    const { body, version } = there;
    await store.changeDocument(document.id, { state: "draft", tried: false, body, base_version: version, told });
  }
}

export function start() {
  addEventListener("online", () => sendSoon());
  addEventListener("offline", () => tell("offline", OFFLINE));
  document.addEventListener("visibilitychange", () => document.hidden || sendSoon());
  if (!navigator.onLine) tell("offline", OFFLINE);
  sendSoon();
}
