// Injected before the page's own scripts: whatever would open in another window opens in this one. Without a click nothing
// opens, as in any browser that blocks pop-ups; a user at the window gets the page's own behaviour.
() => {
  const PRESSED = Symbol.for('aurion.pressed'), JUST = 3000;
  const inFrame = (name) => [...document.querySelectorAll('iframe, frame')].some((frame) => frame.name === name);
  const stay = (element, attribute) => {
    const name = element && element.getAttribute(attribute);
    if (name && !/^_(self|parent|top)$/i.test(name) && !inFrame(name)) element.removeAttribute(attribute);
  };
  let clicked;  // by the user: a script's clicks are not trusted events
  const isJust = (moment) => performance.now() - moment < JUST, byHand = () => isJust(clicked);
  const { open } = window;
  window.open = function (address, ...others) {
    if (byHand()) return open.call(window, address, ...others);
    if (!isJust(window[PRESSED])) return null;
    if (address) location.assign(address);
    return window;
  };
  const { submit } = HTMLFormElement.prototype;
  HTMLFormElement.prototype.submit = function () {
    if (!byHand()) stay(this, 'target');
    return submit.call(this);
  };
  addEventListener('submit', (event) => { if (!byHand()) stay(event.target, 'target'); }, true);
  addEventListener('click', (event) => {
    if (event.isTrusted) clicked = performance.now();
    if (byHand() || !event.target.closest) return;
    stay(event.target.closest('a[target], area[target]'), 'target');
    stay(event.target.closest('[formtarget]'), 'formtarget');
  }, true);
}
