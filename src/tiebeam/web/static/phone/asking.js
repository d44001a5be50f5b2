// Asking the server: every answer becomes what is to be done about it.
export class OutOfReach extends Error {}
export class NeedsPin extends Error {}
export class Busy extends Error {
  constructor(words, seconds) { super(words || "The server is busy."); this.seconds = seconds; }
}
export class Refused extends Error {}

const SECONDS_MAX = 120;
let off = 0;
// By how many seconds this phone's clock was off when the server last answered; ahead is more than nothing.
export const clockOff = () => off;

async function asked(path, given = {}) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", redirect: "error", cache: "no-store", ...given,
      signal: AbortSignal.timeout((given.seconds ?? 30) * 1000) });
  } catch {
    throw new OutOfReach("Nobody answers.");
  }
  const there = Date.parse(answer.headers.get("date") ?? "");
  if (there) off = Math.round((Date.now() - there) / 1000);
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  const words = told.message ?? [told.cause ?? told.detail, told.action].filter((one) => typeof one === "string").join(" ");
  const seconds = Number(answer.headers.get("retry-after")) || told.wait_seconds || 15;
  if (answer.status === 429 || answer.status >= 500) throw new Busy(words, seconds);
  if (answer.status === 401 || told.code === "api.csrf") throw new NeedsPin(words);
  throw new Refused(words || `The server does not take it (${answer.status}).`);
}

const json = async (path, given) => {
  const answer = await asked(path, given);
  // A login page of a hotel's or site's network answers everything, and with 200.
  if (!(answer.headers.get("content-type") ?? "").includes("json")) throw new OutOfReach("Somebody else answers.");
  return answer.json();
};

export const door = () => json("/phone/door");
export const doorPost = (what, fields) => json(`/phone/door/${what}`, { method: "POST", body: new URLSearchParams(fields) });

const API = "/api/v1/field";
const meant = (csrf) => ({ "X-CSRF-Token": csrf });
export const setting = () => json(`${API}/setting`);
export const standing = (id) => json(`${API}/documents/${id}`);
export const putDocument = (id, told, csrf) => json(`${API}/documents/${id}`, {
  method: "PUT", headers: { ...meant(csrf), "Content-Type": "application/json" }, body: JSON.stringify(told) });
export const submit = (id, version, csrf) => json(`${API}/documents/${id}/submit`, {
  method: "POST", headers: { ...meant(csrf), "Content-Type": "application/json" }, body: JSON.stringify({ version }) });
const sent = (path, body, type, csrf) => json(path, { method: "PUT", body, seconds: SECONDS_MAX + body.size / 20000,
  headers: { ...meant(csrf), "Content-Type": type || "application/octet-stream" } });

// A large photo goes in pieces, so that a network that breaks off costs a piece and not all of it: the server says
// how much it has.
const PIECE_BYTES = 1048576;
export async function putPhoto({ id, bytes, type, name }, csrf) {
  const called = `name=${encodeURIComponent(name)}`;
  if (bytes.size <= PIECE_BYTES) return sent(`${API}/photos/${id}?${called}`, bytes, type, csrf);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await bytes.arrayBuffer()));
  const hex = [...digest].map((one) => one.toString(16).padStart(2, "0")).join("");
  const pieces = `${API}/photos/${id}/pieces?sha256=${hex}&bytes=${bytes.size}`;
  let there = await json(pieces);
  while (!there.photo) {
    const from = there.received_bytes;
    there = await sent(`${pieces}&offset=${from}&${called}`, bytes.slice(from, from + PIECE_BYTES), type, csrf);
    if (!there.photo && there.received_bytes <= from) throw new Busy("The photo has to be sent anew.", 15);
  }
  return there.photo;
}
