// What ical.js and node-ical read: a JSON object of calendars in base64 on standard input, their readings on standard output.
import { createRequire } from 'node:module';
import { runInNewContext } from 'node:vm';

const require = createRequire(`${process.argv[2]}/`);
const ICAL = require('ical.js').default ?? require('ical.js');
const nodeIcal = require('node-ical');
const MOST = 12;
const FROM = new Date('1990-01-01');
const TO = new Date('2032-01-01');
console.warn = console.error = console.log = () => {};

function byIcalJs(text) {
  const root = new ICAL.Component(ICAL.parse(text));
  const when = [], texts = [];
  ICAL.TimezoneService.reset();
  for (const zone of root.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone);
  const events = root.getAllSubcomponents('vevent').map((component) => new ICAL.Event(component));
  const masters = events.filter((event) => !event.isRecurrenceException());
  const shown = (time) => (time.isDate ? time.toString() : time.toJSDate().toISOString());
  for (const event of events) {
    texts.push(texted(event.component.getFirstPropertyValue.bind(event.component)));
    if (!event.isRecurrenceException()) continue;
    const master = masters.find((one) => one.uid === event.uid);
    if (master) master.relateException(event);
    else when.push([shown(event.startDate), shown(event.endDate)]);
  }
  for (const event of masters) {
    if (!event.isRecurring()) { when.push([shown(event.startDate), shown(event.endDate)]); continue; }
    const iterator = event.iterator();
    for (let next, count = 0; count < MOST && (next = iterator.next()); count += 1) {
      const one = event.getOccurrenceDetails(next);
      when.push([shown(one.startDate), shown(one.endDate)]);
    }
  }
  return { when, texts };
}

function texted(value) {
  return ['uid', 'summary', 'location', 'description', 'status', 'url', 'priority', 'sequence'].map((name) => String(value(name) ?? '').replace(/[\x85\u2028]/g, ''));
}

function byNodeIcal(text) {
  const when = [], texts = [];
  const plain = (value) => (value && typeof value === 'object' && 'val' in value ? value.val : value);
  const shown = (time, day) => (day ? `${time.getFullYear()}-${time.getMonth() + 1}-${time.getDate()}` : time.toISOString());
  for (const event of Object.values(nodeIcal.sync.parseICS(text))) {
    if (event?.type !== 'VEVENT') continue;
    for (const one of [event, ...new Set(Object.values(event.recurrences ?? {}))]) {
      texts.push(texted((name) => plain(one[name])));
    }
    for (const one of nodeIcal.expandRecurringEvent(event, { from: FROM, to: TO }).slice(0, MOST)) {
      when.push([shown(one.start, one.isFullDay), shown(one.end, one.isFullDay)]);
    }
  }
  return { when, texts };
}

function reading(reader, text) {
  try {
    // Some readers never end: a repetition every 0 weeks.
    const { when, texts } = runInNewContext('read(text)', { read: reader, text }, { timeout: 3000 });
    return { when: when.map(String).sort(), texts: texts.map((one) => one.join(' | ')).sort() };
  } catch (error) {
    return { refused: String(error?.message ?? error).slice(0, 100) };
  }
}

let given = '';
process.stdin.on('data', (piece) => { given += piece; });
process.stdin.on('end', () => {
  const readings = {};
  for (const [name, body] of Object.entries(JSON.parse(given))) {
    const text = Buffer.from(body, 'base64').toString('utf8');
    readings[name] = { 'ical.js': reading(byIcalJs, text), 'node-ical': reading(byNodeIcal, text) };
  }
  process.stdout.write(JSON.stringify(readings));
});
