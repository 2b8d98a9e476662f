// Execute a PAC file in a worker: ({script, host, url, known, own, seconds}) => {way} or {missing} or {error}.
// The functions are those that a PAC file may call. Addresses of names come from `known`; a name that is
// not in it stops the run with `missing`, and the caller looks it up and starts again.
(given) => new Promise((resolve) => {
  const work = (given) => {
    const seen = (host) => {
      if (/^\d+(\.\d+){3}$/.test(host)) return host;
      if (!(host in given.known)) throw { missing: host };
      return given.known[host];
    };
    const bits = (address) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
    const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    const within = (first, value, last) => first <= last ? first <= value && value <= last : first <= value || value <= last;
    const clock = (parts) => {
      const utc = parts[parts.length - 1] === "GMT";
      if (utc) parts.pop();
      const now = new Date();
      return utc ? new Date(now.getTime() + now.getTimezoneOffset() * 60000) : now;
    };
    self.alert = () => {};
    self.isPlainHostName = (host) => !host.includes(".");
    self.dnsDomainIs = (host, domain) => host.length >= domain.length && host.endsWith(domain);
    self.localHostOrDomainIs = (host, full) => host === full || (!host.includes(".") && full.startsWith(host + "."));
    self.dnsDomainLevels = (host) => host.split(".").length - 1;
    self.dnsResolve = (host) => seen(host);
    self.dnsResolveEx = (host) => seen(host) || "";
    self.isResolvable = (host) => seen(host) !== null;
    self.isResolvableEx = self.isResolvable;
    self.myIpAddress = () => given.own;
    self.myIpAddressEx = () => given.own;
    self.isInNet = (host, net, mask) => {
      const address = seen(host);
      return address !== null && ((bits(address) & bits(mask)) === (bits(net) & bits(mask)));
    };
    self.isInNetEx = (host, prefix) => {
      const [net, length] = prefix.split("/");
      const address = seen(host);
      if (address === null || net.includes(":")) return false;
      return Math.floor(bits(address) / 2 ** (32 - length)) === Math.floor(bits(net) / 2 ** (32 - length));
    };
    self.shExpMatch = (text, pattern) => new RegExp(
      "^" + pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".") + "$").test(text);
    self.weekdayRange = (...parts) => {
      const today = clock(parts).getDay();
      return within(days.indexOf(parts[0]), today, days.indexOf(parts[parts.length > 1 ? 1 : 0]));
    };
    self.timeRange = (...parts) => {
      const now = clock(parts);
      const n = parts.map(Number);
      const at = now.getHours() * 3600 + now.getMinutes() * 60 + now.getSeconds();
      if (n.length === 1) return now.getHours() === n[0];
      if (n.length === 2) return within(n[0] * 3600, at, n[1] * 3600 - 1);
      if (n.length === 4) return within(n[0] * 3600 + n[1] * 60, at, n[2] * 3600 + n[3] * 60);
      return within(n[0] * 3600 + n[1] * 60 + n[2], at, n[3] * 3600 + n[4] * 60 + n[5]);
    };
    self.dateRange = (...parts) => {
      const now = clock(parts);
      const value = (half) => half.reduce((sum, part) => {
        if (months.includes(part)) return sum + months.indexOf(part) * 100;
        return sum + (Number(part) > 31 ? Number(part) * 10000 : Number(part));
      }, 0);
      const today = (half) => half.reduce((sum, part) => {
        if (months.includes(part)) return sum + now.getMonth() * 100;
        return sum + (Number(part) > 31 ? now.getFullYear() * 10000 : now.getDate());
      }, 0);
      const first = parts.length === 1 ? parts : parts.slice(0, parts.length / 2);
      const last = parts.length === 1 ? parts : parts.slice(parts.length / 2);
      return within(value(first), today(first), value(last));
    };
    try {
      (0, eval)(given.script);
      self.postMessage({ way: String((self.FindProxyForURLEx || self.FindProxyForURL)(given.url, given.host)) });
    } catch (error) {
      self.postMessage(error && error.missing ? { missing: error.missing } : { error: String(error && error.message) });
    }
  };
  const code = `(${work})(${JSON.stringify(given)})`;
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const end = (answer) => { worker.terminate(); resolve(answer); };
  worker.onmessage = (event) => end(event.data);
  worker.onerror = (event) => end({ error: event.message || "error" });
  setTimeout(() => end({ error: "timeout" }), given.seconds * 1000);
})
