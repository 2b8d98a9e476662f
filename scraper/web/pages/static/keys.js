"use strict";
// Keyboard shortcuts: each is the `aria-keyshortcuts` of a link or field on the page. They can be switched off.
{
  const dialog = document.getElementById("keys");
  const opener = document.querySelector("[data-keys]");
  const choice = dialog.querySelector("input");
  const OFF = "aurion-shortcuts-off";
  choice.checked = !localStorage.getItem(OFF);
  choice.addEventListener("change", () => {
    if (choice.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, select, dialog, [role=region]");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !choice.checked) return;
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    const all = [...document.querySelectorAll("[aria-keyshortcuts]")];
    const target = all.find((one) => one.getAttribute("aria-keyshortcuts") === key && one.offsetParent);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input")) target.focus();
    else target.click();
  });
}
