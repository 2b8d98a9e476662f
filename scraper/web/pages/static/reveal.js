"use strict";
// A button beside each password field shows what is typed.
for (const field of document.querySelectorAll("input[type=password]")) {
  const { show, hide } = document.body.dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "reveal";
  button.textContent = show;
  button.setAttribute("aria-controls", field.id);
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const isShown = field.type === "text";
    field.type = isShown ? "password" : "text";
    button.textContent = isShown ? show : hide;
    button.setAttribute("aria-pressed", String(!isShown));
  });
  field.form?.addEventListener("submit", () => (field.type = "password")); // browsers remember what a text field held
  field.after(button); // the field itself stays where it is, with its focus
}
