"use strict";
// What goes on is looked at again each second, until it is over.
const look = async () => {
  const waiting = document.getElementById("waiting");
  if (!waiting?.hasAttribute("data-waiting")) return;
  try {
    const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("waiting");
    if (now && !now.hasAttribute("data-waiting")) {
      document.querySelectorAll("button[disabled]").forEach((button) => (button.disabled = false));
      waiting.removeAttribute("data-waiting");
      waiting.replaceChildren(...now.childNodes);
    }
  } catch {} // the server is away for a moment, or for good: looked at again
  setTimeout(look, 1000);
};
setTimeout(look, 1000);
