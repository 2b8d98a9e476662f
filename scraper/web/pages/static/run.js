"use strict";

const live = document.getElementById("live");
const message = document.getElementById("message");
const steps = document.getElementById("steps");
const figure = document.getElementById("picture");
const screenshotForm = document.getElementById("screenshot-form");
let lost = 0;

function line(step) {
  const made = document.createElement("li");
  for (const name of ["mark", "name", "hidden", "time"]) {
    const part = document.createElement("span");
    part.className = name;
    made.append(part, " ");
  }
  made.firstElementChild.setAttribute("aria-hidden", "true");
  steps.append(made);
  return made;
}

function draw(lines) {
  while (steps.children.length > lines.length) steps.lastElementChild.remove();
  steps.hidden = !lines.length;
  lines.forEach((step, at) => {
    const shown = steps.children[at] || line(step);
    if (shown.className !== step.state) shown.className = step.state;
    for (const [part, text] of [["name", step.name], ["hidden", step.label], ["time", step.time]]) {
      const place = shown.querySelector(`.${part}`);
      if (place.textContent !== text) place.textContent = text;
    }
  });
}

function show(picture) {
  const address = picture && `${live.dataset.picture}?at=${encodeURIComponent(picture)}`;
  const image = figure.querySelector("img");
  if (!address || image.getAttribute("src") === address) return;
  image.src = address;
  figure.hidden = false;
}

const source = new EventSource(live.dataset.events);
source.onmessage = (event) => {
  const state = JSON.parse(event.data);
  lost = 0;
  if (message.textContent !== state.message) document.title = message.textContent = state.message;
  draw(state.lines);
  show(state.picture);
  if (state.over) {
    source.close();
    location.replace(location.pathname);
  }
};
source.onerror = () => {
  lost += 1;
  if (lost < 10) return;
  message.textContent = live.dataset.lost;
  message.className = "notice bad";
};

if (screenshotForm) {
  screenshotForm.addEventListener("submit", (event) => {
    event.preventDefault();
    fetch(screenshotForm.action, { method: "POST", body: new URLSearchParams(new FormData(screenshotForm)) });
  });
}
