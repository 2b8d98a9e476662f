"use strict";
// Keeps today and the week for times when the program does not run. Everything else is asked of the server, always.
// A visitor who is not logged in any more has nothing kept: the first refusal deletes it all.
const SCOPE = self.registration.scope;
const NAME = `aurion ${SCOPE}`;
const PAGES = ["planning", "planning?view=today", "planning?view=week"].map((path) => SCOPE + path);
const PARTS = [
  "planning/grid.css", "static/page.css", "static/planning.css", "static/today.css", "static/icon.svg",
  "static/planning.js", "static/keys.js", "static/app.js",
].map((path) => SCOPE + path);
const REFUSED = 403;
const MINUTE = 60_000;
let saved = 0;

async function forget() {
  await caches.delete(NAME);
  await self.registration.unregister();
}

async function save() {
  if (Date.now() - saved < MINUTE) return;
  saved = Date.now();
  const cache = await caches.open(NAME);
  // Each answer is read as it comes: unread ones would hold the few connections that a browser opens.
  const keep = async (address) => {
    const answer = await fetch(address, { redirect: "manual" });
    if (answer.ok) await cache.put(address, answer);
    return answer.status;
  };
  const states = await Promise.all([...PAGES, ...PARTS].map(keep));
  if (states.includes(REFUSED)) await forget();
}

async function kept(request) {
  const cache = await caches.open(NAME);
  if (request.mode !== "navigate") return (await cache.match(request)) ?? Response.error();
  const answer = (await cache.match(request)) ?? (await cache.match(PAGES[0]));
  if (!answer) return Response.error();
  const page = await answer.text();
  return new Response(page.replace("<html ", "<html data-offline "), { headers: answer.headers });
}

async function respond(event) {
  let answer;
  try {
    answer = await fetch(event.request);
  } catch {
    return kept(event.request);
  }
  if (answer.status === REFUSED) await forget();
  else if (answer.ok && event.request.url.startsWith(PAGES[0])) event.waitUntil(save().catch(() => {}));
  return answer;
}

self.addEventListener("install", (event) => event.waitUntil(save().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  if (method === "GET" && (mode === "navigate" || PARTS.includes(url))) event.respondWith(respond(event));
});
