// The documents that a phone captures: how each begins, what it is called, what is missing, and what is sent of it.
export const KINDS = {
  tm_ticket: { title: "T&M ticket", path: "ticket" },
  daily_report: { title: "Daily report", path: "report" },
  check_in: { title: "Crew check-in", path: "check-in" },
  photo: { title: "Photo", path: "photo" },
};
export const PHOTO_BYTES_MAX = 100 * 1024 * 1024;

const two = (number) => String(number).padStart(2, "0");
export const dayOf = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

const BLANK = {
  tm_ticket: (at, last) => ({
    work_date: dayOf(at), description: "", cost_code: null, change_event: null,
    labour: (last.crew ?? []).map((one) => ({ ...one })), materials: [], equipment: [], notes: "", photos: [], signature: null,
  }),
  daily_report: (at) => ({
    date: dayOf(at), weather: { sky: "", temperature: "", wind: "", precipitation: "", ground: "", delay: false },
    crew: [], work: [{ description: "", workers: null, hours: null }], delays: [], notes: [""], photos: [],
  }),
  check_in: (at, last) => ({ crew: last.crewName ?? "", at: at.toISOString(), people: [] }),
  photo: (at) => ({ photo: null, description: "", taken_at: at.toISOString(), place: null }),
};

export function begin(kind, by, last, at = new Date()) {
  return {
    id: crypto.randomUUID(), kind, project_id: last.project ?? "", by, body: BLANK[kind](at, last), captured_at: at.toISOString(),
    changed_at: at.toISOString(), state: "draft", tried: false, base_version: 0, number: null, told: null,
  };
}

// A day is not broken into two lines.
const whole = (day) => day.replaceAll("-", "\u2011");

export function summary({ kind, body }) {
  if (kind === "tm_ticket") return `${body.description || "no description yet"} · ${whole(body.work_date)}`;
  if (kind === "daily_report") return body.date;
  if (kind === "check_in") return `${body.crew || "no crew yet"} · ${body.people.filter((one) => one.present).length} here`;
  return body.description || "no words";
}

const hoursAreWrong = (hours) => !(/^\d{1,2}(\.\d{1,4})?$/.test(hours) && Number(hours) > 0 && Number(hours) <= 24);
const amountIsWrong = (amount) => !/^\d{1,9}(\.\d{1,4})?$/.test(amount);

const MISSING = {
  tm_ticket: (body) => [
    !body.description.trim() && "Say what was done.",
    !body.labour.length && !body.materials.length && !body.equipment.length && "Add a worker, material or equipment.",
    body.labour.some((one) => !one.worker.trim()) && "A worker has no name.",
    ...body.labour.filter((one) => one.worker.trim() && hoursAreWrong(one.hours)).map((one) => `The hours of ${one.worker} must be more than 0 and at most 24.`),
    [...body.materials, ...body.equipment].some((one) => !one.name.trim()) && "Material or equipment has no name.",
    ...[...body.materials, ...body.equipment].filter((one) => one.name.trim() && amountIsWrong(one.quantity)).map((one) => `Say how much of ${one.name}, as a number.`),
    body.signature?.photo && !body.signature.name.trim() && "Say who signed.",
  ],
  daily_report: (body) => [
    body.crew.some((one) => !one.company.trim()) && "A crew has no name.",
    body.crew.some((one) => !/^\d{1,4}$/.test(one.workers)) && "Say how many workers each crew has, as a whole number.",
    ...[...body.crew, ...body.delays].filter((one) => one.hours && amountIsWrong(one.hours)).map(() => "Hours must be a number."),
    !body.crew.length && !body.delays.length && !body.photos.length
      && ![...body.work.map((one) => one.description), ...body.notes].some((words) => words.trim()) && "Say what went on.",
  ],
  check_in: (body) => [!body.crew.trim() && "Say which crew it is.", !body.people.length && "Add who is in the crew."],
  photo: (body) => [!body.photo && "Take the photo first."],
};

export const missing = (document) => [
  !document.project_id && "Choose the project.",
  !document.body.work_date && document.kind === "tm_ticket" && "Say on which day it was.",
  !document.body.date && document.kind === "daily_report" && "Say which day it is about.",
  ...MISSING[document.kind](document.body),
].filter(Boolean);

const filled = (words) => words.trim() || null;
const SENT = {
  tm_ticket: (body) => ({
    ...body,
    labour: body.labour.map((one) => ({ worker: one.worker, trade: filled(one.trade ?? ""), hours: one.hours, time_type: one.time_type, rate: one.rate ?? null })),
    materials: body.materials.map((one) => ({ name: one.name, unit: one.unit, quantity: one.quantity, unit_cost: one.unit_cost ?? null })),
    equipment: body.equipment.map((one) => ({ name: one.name, unit: one.unit, quantity: one.quantity, rate: one.rate ?? null })),
    signature: body.signature?.photo ? body.signature : null,
  }),
  daily_report: (body) => ({
    ...body,
    weather: Object.values(body.weather).some(Boolean) ? body.weather : null,
    crew: body.crew.map((one) => ({ company: one.company, trade: one.trade ?? "", workers: Number(one.workers), hours: one.hours || null, note: one.note ?? "" })),
    work: body.work.filter((one) => one.description.trim()),
    delays: body.delays.filter((one) => one.what.trim()).map((one) => ({ what: one.what, hours: one.hours || null })),
    notes: body.notes.filter((words) => words.trim()),
  }),
  check_in: (body) => body,
  photo: (body) => ({ ...body, place: filled(body.place ?? "") }),
};

// `lost` are photos that were refused: one of them never keeps its ticket from going.
export function toSend(document, lost = []) {
  const body = SENT[document.kind](document.body);
  if (body.photos) body.photos = body.photos.filter((id) => !lost.includes(id));
  if (body.signature && lost.includes(body.signature.photo)) body.signature = null;
  return { kind: document.kind, project_id: document.project_id, body, captured_at: document.captured_at, base_version: document.base_version };
}

export const MARKS = { waiting: "saved on this phone", draft: "saved on this phone", sent: "sent", procore: "in Procore" };
