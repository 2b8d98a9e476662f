"use strict";

const live = document.getElementById("live");
const said = document.getElementById("said");
const steps = document.getElementById("steps");
const figure = document.getElementById("picture");
const wish = document.getElementById("wish");
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
    if (shown.className !== step.look) shown.className = step.look;
    for (const [part, text] of [["name", step.name], ["hidden", step.told], ["time", step.time]]) {
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
  if (said.textContent !== state.said) document.title = said.textContent = state.said;
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
  said.textContent = live.dataset.lost;
  said.className = "notice bad";
};

if (wish) {
  wish.addEventListener("submit", (event) => {
    event.preventDefault();
    fetch(wish.action, { method: "POST", body: new URLSearchParams(new FormData(wish)) });
  });
}
