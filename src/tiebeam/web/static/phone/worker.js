// Keeps one version of the page with all that it needs; the server writes VERSION and KEPT above these lines.
// What people capture is none of its business: the page keeps that, and sends it.
const NAME = `tiebeam-field-${VERSION}`;
const OURS = /^tiebeam-field-/;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(KEPT.map((path) => new Request(path, { cache: "reload" })))));
  self.skipWaiting();
});

async function takeOver() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => OURS.test(name) && name !== NAME).map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

async function keptFirst(request) {
  const cache = await caches.open(NAME);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method === "GET" && origin === self.location.origin && KEPT.includes(pathname)) {
    event.respondWith(keptFirst(event.request));
  }
});
