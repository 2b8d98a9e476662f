// Return the page as plain data (see Snapshot in recording.py). Nothing is found by an id, a position or one wording:
// forms are forms, entries are clickable elements, schedules are the widgets that own a FullCalendar. The described
// elements stay in the page under a symbol, so that `press` and `submit` reach exactly these.
() => {
  const clean = (text) => (text || '').replace(/\s+/g, ' ').trim().slice(0, 300);
  const seen = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== 'hidden';
  const isWithin = (element) => {  // elements left of the page or above it are traps for robots
    const box = element.getBoundingClientRect();
    return box.right + scrollX > 0 && box.bottom + scrollY > 0;
  };
  const bare = (address) => {
    try {
      const url = new URL(address, document.baseURI);
      const route = url.hash.startsWith('#/') ? url.hash.split('?')[0] : '';
      return url.origin === 'null' ? url.protocol : url.origin + url.pathname.split(';')[0] + route;
    } catch { return ''; }
  };
  const kept = { forms: [], entries: [] };

  // ---- forms: their fields and buttons; a password outside any form makes one of its own
  const BUTTONS = 'button, input[type=submit], input[type=image], input[type=button], [role=button]';
  const labelOf = (field) => clean([...(field.labels || [])].map((l) => l.textContent).join(' ')
    || field.getAttribute('aria-label') || field.getAttribute('placeholder') || field.getAttribute('title'));
  const target = (form, button) => bare((button && button.getAttribute('formaction')) || (form && form.getAttribute('action')) || location.href);
  const describe = (form, fields, buttons) => {
    kept.forms.push({ form, fields, buttons });
    return {
      action: target(form), method: ((form && form.getAttribute('method')) || 'get').toLowerCase(),
      fields: fields.map((f) => ({
        name: f.name || '', id: f.id || '', kind: (f.localName === 'input' ? f.type : f.localName).toLowerCase(), label: labelOf(f),
        visible: seen(f) && isWithin(f), autocomplete: f.getAttribute('autocomplete') || '', required: f.required || f.getAttribute('aria-required') === 'true',
        filled: /^(checkbox|radio)$/.test(f.type) ? f.checked : f.type !== 'hidden' && !!f.value,
      })),
      buttons: buttons.map((b) => ({
        label: clean(b.textContent || b.value || b.getAttribute('aria-label') || b.title), visible: seen(b), action: target(form, b),
        kind: (b.getAttribute('type') || (b.localName === 'button' ? 'submit' : 'button')).toLowerCase(),
      })),
    };
  };
  const inputs = [...document.querySelectorAll('input, select, textarea')].filter((f) => !/^(submit|image|button|reset)$/.test(f.type));
  const forms = [...document.forms].map((form) => {
    const own = inputs.filter((f) => f.form === form);  // form.elements may be a field of that name
    const within = [...document.querySelectorAll(BUTTONS)].filter((b) => (b.form || b.closest('form')) === form);
    return describe(form, own, within);
  });
  const loose = inputs.filter((f) => !f.form && f.localName === 'input');
  if (loose.some((f) => f.type === 'password')) {
    forms.push(describe(null, loose, [...document.querySelectorAll(BUTTONS)].filter((b) => !b.form && !b.closest('form'))));
  }

  // ---- entries: clickable elements with a text, with their parent entries
  const CLICKS = 'a, button, [role=menuitem], [role=treeitem], [onclick], summary, input[type=submit], input[type=button]';
  const LISTS = 'ul, ol, [role=menu], [role=group]';
  const SUBMENU = /(^|\s)(ui-menu-parent|ui-submenu-link|has-(sub)?(menu|children)|dropdown-toggle|submenu_\w+)(\s|$)/;
  const UNREAD = LISTS + ', script, style', ICON = ', [aria-hidden=true]', NAMES = ['aria-label', 'title', 'alt'];
  const wordsOf = (element, unread) => {
    let text = '';
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) text += node.data;
      else if (node.nodeType === Node.ELEMENT_NODE && !node.matches(unread)) text += ' ' + wordsOf(node, unread);
    }
    return text.replace(/\p{Co}/gu, '');  // icon fonts use the private use area
  };
  const nameOf = (element) => clean(NAMES.map((name) => element.getAttribute(name)).find(clean));
  const isIn = (element, e) => !e.closest(LISTS) || !element.contains(e.closest(LISTS));
  const label = (element) => {
    const words = clean(wordsOf(element, UNREAD + ICON) || element.value);
    if (/\p{L}/u.test(words)) return words;
    const named = [element, ...element.querySelectorAll('[aria-label], [title], [alt]')].find((e) => nameOf(e) && isIn(element, e));
    return clean(`${named ? nameOf(named) : ''} ${words}`) || clean(wordsOf(element, UNREAD));
  };
  const heads = (holder) => [...holder.querySelectorAll(CLICKS)].find((e) => {
    const list = e.closest(LISTS);
    return (!list || !holder.contains(list) || list === holder) && label(e);
  });
  const headOf = (node) => {
    if (node.matches('details')) return node.querySelector('summary');
    if (node.matches('li, [role=treeitem]')) return heads(node) || node;
    const before = node.previousElementSibling;
    if (!before || node.matches('li, a, button, span')) return null;
    const heading = before.matches('h1, h2, h3, h4, h5, h6, [aria-expanded], [aria-controls]');
    return heading && node.querySelector('a, [onclick], [role=menuitem]') ? heads(before) || before : null;
  };
  const pathOf = (element) => {
    const path = [];
    for (let node = element.parentElement; node && node !== document.body; node = node.parentElement) {
      const head = headOf(node);
      if (head && head !== element && !element.contains(head) && !head.contains(element)) path.unshift(label(head));
    }
    return path.filter(Boolean);
  };
  const MENU = '[role=menu], [role=menubar], [role=navigation], [role=tree], nav, aside, [class*=menu], [class*=sidebar]';
  const entry = (element) => {
    const item = element.closest('li, [role=treeitem]');
    const mine = item && heads(item) === element ? item : null;
    const header = element.closest('h1, h2, h3, h4, h5, h6');
    const panel = header && header.nextElementSibling && header.matches('[aria-expanded], [role=tab]') ? header.nextElementSibling : null;
    const fold = element.matches('summary') ? element.parentElement : null;
    const below = (mine && mine.querySelector(LISTS)) || panel || fold;
    const marks = [element, mine, header].filter(Boolean);
    const opens = !!below || marks.some((m) => /^(true|menu)$/.test(m.getAttribute('aria-haspopup') || '')
      || m.hasAttribute('aria-expanded') || SUBMENU.test(m.className));
    return {
      label: label(element), path: pathOf(element), opens_others: opens, loaded: !!below && [...below.querySelectorAll(CLICKS)].some((e) => e !== element),
      place: element.closest(MENU) ? 'menu' : 'content', number: kept.entries.push(element) - 1,
    };
  };
  const entries = [...document.querySelectorAll(CLICKS)]
    .filter((e) => !e.closest('.fc, .fc-toolbar, [role=dialog], .ui-dialog, .ui-selectonemenu-panel'))
    .filter((e) => !(e.form && !seen(e) && e.form.querySelector('input[type=password]')))  // of a login form that is not shown yet
    .filter((e) => label(e) && !e.querySelector('a, button') && !(e.parentElement && e.parentElement.closest('a, button')))
    .map(entry);
  const twins = {};
  for (const e of entries) {
    const place = JSON.stringify([...e.path, e.label]);
    e.twin = twins[place] = (twins[place] ?? -1) + 1;
  }

  // ---- schedules: the widgets that own a FullCalendar, in this document or in a frame of the same portal
  const windows = [window];
  for (const { document: holder } of windows) {
    windows.push(...[...holder.querySelectorAll('iframe, frame')].filter((f) => f.contentDocument).map((f) => f.contentWindow));
  }
  const schedulesOf = ({ PrimeFaces = {}, document: holder }) => {
    const Own = PrimeFaces.widget && PrimeFaces.widget.Schedule;
    return Object.entries(PrimeFaces.widgets || {}).filter(([, w]) => w && w.id && holder.getElementById(w.id)
      && ((w.jqc && w.jqc.fullCalendar) || (w.calendar && w.calendar.refetchEvents) || (Own && w instanceof Own))).map(([name, w]) => {
      const hidden = holder.getElementById(w.id + '_view');
      const cfg = w.cfg || {};
      return { id: w.id, widget: name, view: (hidden && hidden.value) || cfg.defaultView || cfg.initialView
        || (w.calendar && w.calendar.view && w.calendar.view.type) || '' };
    });
  };
  const schedules = windows.flatMap(schedulesOf);

  // ---- the login or the menu, where only a frame of the same portal has it
  const holds = (what) => windows.slice(1).find(({ document: d, frameElement: f }) => seen(f) && d.querySelector(what));
  const LOGIN = 'form input[type=password]', inMenu = MENU.split(', ').map((menu) => `${menu} a`).join(', ');
  const asks = !document.querySelector(LOGIN) && holds(LOGIN);
  const leads = !entries.some((e) => e.place === 'menu') && holds(inMenu);
  kept.frame = ((asks || leads || {}).location || {}).href;

  // ---- the page's messages, and traces of its libraries
  const MESSAGES = '[role=alert], [aria-live], [class*=message], [class*=error], [class*=alert], [class*=feedback], [class*=growl], [class*=invalid]';
  const messages = [...document.querySelectorAll(MESSAGES)].filter((e) => seen(e) && !e.matches('input, select, form, body')
    && !e.querySelector('input, form, a, button, li.ui-menuitem') && ![...e.querySelectorAll(MESSAGES)].some((n) => clean(n.textContent)));
  const body = document.body || document.createElement('body');
  const lines = (root) => {
    const found = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (found.length < 200 && walker.nextNode()) {
      const { data, parentElement } = walker.currentNode;
      if (data.trim() && !parentElement.matches('script, style, noscript, template') && seen(parentElement)) found.push(clean(data));
    }
    return found.join('\n');
  };
  const traces = Object.entries({
    jsf: document.querySelector('input[name$="faces.ViewState"], [src*="faces.resource"], [href*="faces.resource"]'),
    primefaces: window.PrimeFaces,
    aurion: document.querySelector('[value^="webscolaapp."], [src*="webscolaapp"], [href*="webscolaapp"], .menuMonCompte'),
    angular: document.querySelector('[ng-version], app-root'),
  }).filter(([, found]) => found).map(([name]) => name);
  const parsed = (performance.getEntriesByType('navigation')[0] || {}).domContentLoadedEventEnd > 0;
  const refresh = document.querySelector('meta[http-equiv=refresh i][content*="url" i]');
  const leaves = !!refresh && parseInt(refresh.content, 10) <= 20;
  const waits = ({ jQuery, PrimeFaces, document: holder }) => {
    const queue = PrimeFaces && PrimeFaces.ajax && PrimeFaces.ajax.Queue;
    return (jQuery && jQuery.active > 0) || (queue && queue.isEmpty && !queue.isEmpty());
  };
  Object.defineProperty(window, Symbol.for('aurion.kept'), { value: kept, configurable: true });
  return {
    document_id: performance.timeOrigin,
    address: bare(location.href), title: clean(document.title), ready: parsed ? document.readyState : 'loading',
    forms, entries, schedules, traces, framed: asks ? 'login' : leads ? 'menu' : '', body_class: body.className || '',
    messages: [...new Set(messages.map((e) => clean(e.textContent)).filter(Boolean))].slice(0, 8),
    text: entries.some((e) => e.place === 'menu') ? '' : lines(body).slice(0, 1500),  // a logged-in page contains the student's data
    busy: leaves || windows.some(waits),
  };
}
