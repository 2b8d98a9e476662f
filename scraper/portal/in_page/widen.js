// Injected before the page's own scripts: widen the schedule's own request to the wanted window, in the page's notation
// (epoch milliseconds up to PrimeFaces 7, ISO times from 8 on). Nothing else of the request is changed.
// `want` is {start, end, source} with ISO times; without a source it applies to every schedule, except requests for one day.
(want) => {
  const WANT = Symbol.for('aurion.want'), OWN = Symbol.for('aurion.own');
  if (window[OWN]) { window[WANT] = want; return; }
  window[WANT] = want;
  window[OWN] = {};
  const Fields = URLSearchParams;  // the browser's own, even if the page replaces it
  const instant = (text) => (/^-?\d+$/.test(text) ? Number(text) : Date.parse(text));
  const like = (text, iso) => (/^-?\d+$/.test(text) ? String(Date.parse(iso)) : new Date(iso).toISOString());
  const widened = (body) => {
    const fields = new Fields(body);
    const source = fields.get('javax.faces.source') || fields.get('jakarta.faces.source');
    const start = fields.get(source + '_start'), end = fields.get(source + '_end');
    const now = window[WANT];
    if (!source || !start || !end || !now) return body;
    const small = instant(end) - instant(start) < 36 * 3600 * 1000;
    if (now.source ? now.source !== source : small) return body;
    if (!window[OWN][source]) window[OWN][source] = [instant(start), instant(end)];
    fields.set(source + '_start', like(start, now.start));
    fields.set(source + '_end', like(end, now.end));
    return fields;
  };
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (body) {
    if (typeof body === 'string') return send.call(this, String(widened(body)));
    if (body instanceof Fields) return send.call(this, widened(body));
    if (body instanceof FormData) {
      const fields = widened(new Fields([...body].filter(([, value]) => typeof value === 'string')));
      if (fields instanceof Fields) fields.forEach((value, name) => { if (/_(start|end)$/.test(name)) body.set(name, value); });
    }
    return send.call(this, body);
  };
}
