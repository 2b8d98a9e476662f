"use strict";

const form = document.querySelector("form[data-list]");
const schools = document.getElementById("schools");
const typed = document.getElementById("typed");
let asked = 0;
let timer;

async function list() {
  const mine = ++asked;
  try {
    const answer = await fetch(form.dataset.list, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const html = await answer.text();
    if (answer.ok && mine === asked) schools.innerHTML = html;
  } catch {
    // the button still searches
  }
}

typed.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(list, 150);
});
