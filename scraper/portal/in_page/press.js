// Click an entry that `snapshot.js` has described; `byMouse`: after the events of a mouse, which some menus wait for.
// Return false where the page has replaced the entry.
([n, byMouse]) => {
  const e = (window[Symbol.for('aurion.kept')] || {entries: []}).entries[n];
  if (!e || !e.isConnected) return false;
  window[Symbol.for('aurion.pressed')] = performance.now();
  const dispatch = (at, kind, bubbles) => at.dispatchEvent(new MouseEvent(kind, {bubbles, cancelable: true}));
  if (byMouse) {
    for (let at = e; at; at = at.parentElement) dispatch(at, 'mouseenter', false);
    for (const kind of ['mouseover', 'mousedown', 'mouseup']) dispatch(e, kind, true);
  }
  e.click();
  return true;
}
