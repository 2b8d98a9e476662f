"use strict";
// Reload the running job every second until it is over, and show its progress.
const reload = async () => {
  const waiting = document.getElementById("waiting");
  if (!waiting?.hasAttribute("data-waiting")) return;
  try {
    const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("waiting");
    const progress = now?.querySelector("[data-progress]");
    if (progress) waiting.querySelector("[data-progress]")?.replaceChildren(...progress.childNodes);
    if (now && !now.hasAttribute("data-waiting")) {
      document.querySelectorAll("button[disabled]").forEach((button) => (button.disabled = false));
      waiting.removeAttribute("data-waiting");
      waiting.replaceChildren(...now.childNodes);
    }
  } catch {} // the server may be gone only for a moment: try again
  setTimeout(reload, 1000);
};
setTimeout(reload, 1000);
