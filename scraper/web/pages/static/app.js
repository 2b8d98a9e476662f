"use strict";
// The installed page keeps the last week for offline use; in a browser, a switch on the page Help does it.
{
  const { worker, scope } = document.currentScript.dataset;
  const workers = navigator.serviceWorker; // only over https, and on this computer
  const choice = document.querySelector("[data-offline-choice]");
  const own = async () => (await workers.getRegistrations()).find((one) => new URL(one.scope).pathname === scope);

  const draw = async () => {
    const isOn = Boolean(await own());
    for (const button of choice.querySelectorAll("button")) button.hidden = (button.value === "on") === isOn;
    choice.hidden = false;
  };
  const choose = async (event) => {
    if (event.target.value === "on") {
      await workers.register(worker, { scope });
      await workers.ready;
    } else {
      await (await own())?.unregister();
      for (const name of await caches.keys()) if (name.endsWith(scope)) await caches.delete(name);
    }
    await draw();
  };

  if (workers && matchMedia("(display-mode: standalone)").matches) workers.register(worker, { scope });
  if (workers && choice) {
    choice.addEventListener("click", choose);
    draw();
  }
}
