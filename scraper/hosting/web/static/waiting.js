"use strict";
// Ask every two seconds how far the worker is; leave the page when the answer is another one.
const ask = async () => {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    const now = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("waiting");
    if (answer.redirected || !now) return location.replace(answer.url);
    const waiting = document.getElementById("waiting");
    if (waiting.textContent !== now.textContent) waiting.replaceChildren(...now.childNodes);
  } catch {} // the server may be gone only for a moment: try again
  setTimeout(ask, 2000);
};
setTimeout(ask, 2000);
