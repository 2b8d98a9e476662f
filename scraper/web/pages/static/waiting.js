"use strict";
// Load the running job every second until it is over; then show its result, or the whole page again.
const reload = async () => {
  const waiting = document.getElementById("waiting");
  if (!waiting?.hasAttribute("data-waiting")) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("waiting");
    const isOver = answer.ok && !now?.hasAttribute("data-waiting");
    if (answer.redirected || (isOver && waiting.dataset.waiting === "reload")) return location.reload();
    if (isOver && now) {
      document.querySelectorAll("button[disabled]").forEach((button) => (button.disabled = false));
      waiting.removeAttribute("data-waiting");
      waiting.replaceChildren(...now.childNodes);
    }
    const progress = now?.querySelector("[data-progress]");
    if (progress) waiting.querySelector("[data-progress]").textContent = progress.textContent;
  } catch {} // the server may be gone only for a moment: try again
  setTimeout(reload, 1000);
};
setTimeout(reload, 1000);
