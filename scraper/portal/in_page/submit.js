// Fill in fields of a form that `snapshot.js` has described, and send it: by a button, else as Enter does. Return false
// where the page has replaced the form.
([f, b, values]) => {
  const kept = (window[Symbol.for('aurion.kept')] || {forms: []}).forms[f];
  if (!kept || !kept.fields.some((field) => field.isConnected)) return false;
  const write = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  for (const [n, value] of values) {
    kept.fields[n].focus();
    write.call(kept.fields[n], value);
    for (const kind of ['keydown', 'input', 'keyup', 'change']) {
      kept.fields[n].dispatchEvent(new (kind.startsWith('key') ? KeyboardEvent : Event)(kind, {bubbles: true}));
    }
  }
  if (b !== null) kept.buttons[b].click();
  else if (kept.form) HTMLFormElement.prototype.requestSubmit.call(kept.form);
  return true;
}
