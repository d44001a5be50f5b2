// A photo by itself, with a few words.
import { field, h, longText, text } from "./dom.js";
import { gallery } from "./photos.js";

export function photo({ body }, keeps) {
  const { changed } = keeps;
  const ids = body.photo ? [body.photo] : [];
  const taken = () => {
    body.photo = ids[0] ?? null;
    return changed();
  };
  return [
    h("section", { className: "card" }, h("h2", {}, "Photo"), gallery(ids, { ...keeps, changed: taken }, 1)),
    h("section", { className: "card" },
      field("What it shows", longText(body.description, (words) => { body.description = words; changed(); }, { maxLength: 10000 })),
      field("Where", text(body.place, (place) => { body.place = place; changed(); }, { maxLength: 200 }))),
  ];
}
