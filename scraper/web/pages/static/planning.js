"use strict";
// Minutes that move. Without this script the page shows those of the moment when it was loaded.
const root = document.querySelector("[data-now]");
const MINUTE = 60_000;

if (root) {
  // The server's clock counts; a page that was stored for offline use only has this device's.
  const ahead = "offline" in document.documentElement.dataset ? 0 : Number(root.dataset.now) - Date.now();
  const now = () => Date.now() + ahead;
  const opened = now();
  const fill = (key, minutes) => {
    const text = root.dataset[minutes < 60 ? `${key}Minutes` : `${key}Hours`];
    const rest = minutes < 60 ? minutes : String(minutes % 60).padStart(2, "0");
    return text.replace("{h}", Math.floor(minutes / 60)).replace("{m}", rest);
  };
  const lines = [...document.querySelectorAll("[data-start]")].map((line) => {
    return { line, start: Number(line.dataset.start), end: Number(line.dataset.end) };
  });
  const turns = [Number(root.dataset.until), ...lines.flatMap((one) => [one.start, one.end])];

  // What was stored on another day shows the week, not that day as today.
  if ("offline" in document.documentElement.dataset && turns[0] <= opened && !location.search.includes("view=week")) {
    location.replace(root.dataset.week);
  }

  const draw = () => {
    const at = now();
    if (!document.hidden && turns.some((turn) => opened < turn && turn <= at)) {
      location.reload();
      return;
    }
    for (const { line, start, end } of lines) {
      if (end <= at) line.textContent = root.dataset.over;
      else if (start <= at) line.textContent = fill("left", Math.ceil((end - at) / MINUTE));
      else if (start - at <= 12 * 60 * MINUTE) line.textContent = fill("in", Math.ceil((start - at) / MINUTE));
    }
  };
  draw();
  setInterval(draw, 5_000);
  document.addEventListener("visibilitychange", draw);
}

// The line of the current time in the week: a row of the grid is five minutes.
const clock = document.querySelector(".clock");
if (clock) {
  const loaded = Date.now();
  const { row, last, minute } = clock.dataset;
  setInterval(() => {
    const rows = Math.floor((Number(minute) + (Date.now() - loaded) / MINUTE) / 5);
    clock.className = `clock t${Math.min(Number(row) + rows, Number(last))}`;
  }, 20_000);
}
