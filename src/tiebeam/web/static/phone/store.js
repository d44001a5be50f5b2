// What this phone keeps: `kept` (who, settings, the last crew), documents, and photos with their bytes.
const NAME = "tiebeam-field";
const FORM = 1;
export const FULL = "This phone's storage is full. What was saved before is safe, and this is still on the screen: "
  + "free some space (old videos take most), and try again.";

export class FullError extends Error {}

let opened = null;
function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, FORM);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("kept");
      asked.result.createObjectStore("documents", { keyPath: "id" });
      asked.result.createObjectStore("photos", { keyPath: "id" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

const told = (error) => (error?.name === "QuotaExceededError" ? new FullError(FULL) : error);

async function reading(name, ask) {
  const asked = ask((await open()).transaction(name).objectStore(name));
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

// All of it or nothing; "saved" may be said when this has ended, for then the disk has it.
async function writing(names, act, { durability = "strict", isWhole = true } = {}) {
  const all = (await open()).transaction(names, "readwrite", { durability });
  return new Promise((resolve, reject) => {
    all.oncomplete = () => resolve();
    all.onabort = () => reject(told(all.error));
    try {
      act((name) => all.objectStore(name));
      // Without this a page that is gone a moment later takes the transaction with it.
      if (isWhole) all.commit();
    } catch (error) {
      reject(told(error));
      all.abort();
    }
  });
}

export const kept = (key) => reading("kept", (store) => store.get(key));
export const keep = (key, value) => writing(["kept"], (store) => store("kept").put(value, key));
export const documents = () => reading("documents", (store) => store.getAll());
export const documentOf = (id) => reading("documents", (store) => store.get(id));
export const keepDocument = (document, durability = "strict") => writing(["documents"], (store) => store("documents").put(document), { durability });
export const photoOf = (id) => reading("photos", (store) => store.get(id));
export const keepPhoto = (photo) => writing(["photos"], (store) => store("photos").put(photo));
export const dropPhoto = (id) => writing(["photos"], (store) => store("photos").delete(id));

// Changes a document as it stands at that moment, if it `may` be, and says whether it was: whoever edits and whoever
// sends, perhaps in another tab, cannot both have it.
export async function changeDocument(id, change, may = () => true) {
  let changed = false;
  await writing(["documents"], (store) => {
    const asked = store("documents").get(id);
    asked.onsuccess = () => {
      changed = Boolean(asked.result && may(asked.result));
      if (changed) store("documents").put({ ...asked.result, ...change });
    };
  }, { isWhole: false });
  return changed;
}

export function dropDocument(document) {
  return writing(["documents", "photos"], (store) => {
    store("documents").delete(document.id);
    for (const id of photosOf(document)) store("photos").delete(id);
  });
}

export function photosOf(document) {
  const { photo, photos = [], signature } = document.body;
  return [...new Set([photo, ...photos, signature?.photo].filter(Boolean))];
}
