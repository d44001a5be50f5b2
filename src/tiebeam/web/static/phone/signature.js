// A signature drawn with a finger or a pen; it becomes a PNG, kept like any photo of the document.
import { field, h, text } from "./dom.js";
import { dropPhoto, keepPhoto, photoOf } from "./store.js";

const WIDTH = 640;
const HEIGHT = 240;
const PEN = 4;

function pen(canvas, drawn) {
  const draw = canvas.getContext("2d");
  let last = null;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * WIDTH / box.width, (event.clientY - box.top) * HEIGHT / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const next = at(event);
    Object.assign(draw, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: "#111" });
    draw.beginPath();
    draw.moveTo(...last);
    draw.lineTo(...next);
    draw.stroke();
    last = next;
  });
  const lift = () => {
    if (last) drawn();
    last = null;
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
}

function blank(canvas) {
  const draw = canvas.getContext("2d");
  draw.fillStyle = "#fff";
  draw.fillRect(0, 0, WIDTH, HEIGHT);
}

export function signature(body, { changed, during, fail }) {
  const canvas = h("canvas", { width: WIDTH, height: HEIGHT, className: "pad", role: "img", ariaLabel: "Signature, drawn with a finger" });
  const signed = () => (body.signature ??= { name: "", signed_at: null, photo: null });
  const tidy = () => {
    if (body.signature && !body.signature.name && !body.signature.photo) body.signature = null;
    return changed();
  };
  const keepDrawing = async () => {
    const bytes = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    const id = body.signature?.photo ?? crypto.randomUUID();
    await keepPhoto({ id, bytes, type: "image/png", name: "signature.png", state: "waiting", told: null });
    Object.assign(signed(), { photo: id, signed_at: new Date().toISOString() });
    await tidy();
  };
  blank(canvas);
  pen(canvas, () => during(keepDrawing().catch(fail)));
  if (body.signature?.photo) {
    photoOf(body.signature.photo).then(async (photo) => {
      if (photo) canvas.getContext("2d").drawImage(await createImageBitmap(photo.bytes), 0, 0);
    });
  }
  const clear = async () => {
    const { photo } = signed();
    blank(canvas);
    Object.assign(body.signature, { photo: null, signed_at: null });
    await tidy();
    if (photo) await dropPhoto(photo);
  };
  return h("section", { className: "card" }, h("h2", {}, "Customer's signature"),
    field("Who signs", text(body.signature?.name, (name) => { signed().name = name; tidy(); }, { autocomplete: "off", maxLength: 200 })),
    canvas, h("button", { type: "button", className: "quiet", onclick: () => during(clear()) }, "Clear the signature"));
}
