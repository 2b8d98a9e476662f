// Fill in fields of a form of the last snapshot, with the events of a keyboard, and send the form: by button b, or as
// Enter does where b is null. Return false where the page has replaced the form.
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
