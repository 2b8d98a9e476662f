"use strict";
// Ask before a page with unsaved changes is left; its own buttons send them along.
const form = document.querySelector("form[data-unsaved]");
let isUnsaved = form.dataset.unsaved === "yes";
form.addEventListener("input", () => (isUnsaved = true));
form.addEventListener("submit", () => (isUnsaved = false));
addEventListener("beforeunload", (event) => {
  if (isUnsaved) event.preventDefault();
});
