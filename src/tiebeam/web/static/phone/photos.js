// Photos of a document: taken with the camera or chosen, kept byte for byte, shown small.
import { h } from "./dom.js";
import { PHOTO_BYTES_MAX } from "./forms.js";
import { dropPhoto, keepPhoto, photoOf } from "./store.js";

const SIDE = 240;

export async function take(file) {
  if (file.size === 0) throw new Error(`${file.name} is empty: nothing was taken. Take it again.`);
  if (file.size > PHOTO_BYTES_MAX) throw new Error(`${file.name} is larger than 100 MB. Take a photo instead of a video, or a smaller one.`);
  const photo = { id: crypto.randomUUID(), bytes: file, type: file.type, name: file.name || "photo.jpg", state: "waiting", told: null };
  await keepPhoto(photo);
  return photo.id;
}

// Drawn on a canvas: the page's policy lets no blob be an image, and a full-size one is slow on an old phone.
async function small(photo) {
  const canvas = h("canvas", { width: SIDE, height: SIDE, role: "img", ariaLabel: photo.name });
  const drawn = await createImageBitmap(photo.bytes).catch(() => null);
  if (!drawn) return h("span", { className: "plain-photo" }, photo.name);
  const scale = Math.max(SIDE / drawn.width, SIDE / drawn.height);
  const [width, height] = [drawn.width * scale, drawn.height * scale];
  canvas.getContext("2d").drawImage(drawn, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
  drawn.close();
  return canvas;
}

// `ids` is changed in place; `most` is how many there may be.
export function gallery(ids, { changed, during }, most = 200) {
  const shown = h("ul", { className: "photos" });
  const fault = h("p", { className: "error", role: "alert", hidden: true });
  const buttons = h("div", { className: "row" });
  const show = async () => {
    const found = await Promise.all(ids.map(photoOf));
    shown.replaceChildren(...await Promise.all(found.map(async (photo, at) => h("li", {},
      photo ? await small(photo) : h("span", { className: "plain-photo" }, "sent"),
      photo?.told && h("p", { className: "error" }, photo.told),
      h("button", { type: "button", className: "quiet", ariaLabel: `Take away photo ${at + 1}`,
        onclick: () => during(drop(at)) }, "Take away")))));
    buttons.hidden = ids.length >= most;
  };
  const drop = async (at) => {
    const [id] = ids.splice(at, 1);
    await changed();
    await dropPhoto(id);
    await show();
  };
  const add = async (input) => {
    fault.hidden = true;
    for (const file of input.files) {
      try {
        ids.push(await take(file));
        await changed();
      } catch (error) {
        fault.textContent = error.message;
        fault.hidden = false;
      }
    }
    input.value = "";
    await show();
  };
  const opener = (words, given) => h("label", { className: "button photo-button" }, words,
    h("input", { type: "file", accept: "image/*", className: "unseen", onchange: (event) => during(add(event.target)), ...given }));
  buttons.append(opener("Take a photo", { capture: "environment" }), opener("Choose", { multiple: most > 1 }));
  show();
  return h("div", { className: "gallery" }, shown, fault, buttons);
}
