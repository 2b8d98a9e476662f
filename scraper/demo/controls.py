"""Delays and faults that may change while the demo runs, and the entries of its request log."""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault for the requests that match `method`, `path`, `ajax` and `parameter`.

    `path` (below the context) and `parameter` (a name) are regular expressions for the full text. The first `skip`
    matching requests are unaffected, the next `times` are affected (None: all). `delay` is in milliseconds. `status`,
    `content_type`, `body` or `location` replace the portal's response. Matches of `replace` (a regular expression)
    become `with_` in the real response. `cut` ends the body after that many bytes and closes the connection. `lose`:
    `session` deletes the session first, `view` invalidates the view state first, `drop` closes the connection without
    a response (a browser repeats the request automatically if it reused an older connection).
    """

    method: str = ""
    path: str = ""
    ajax: bool | None = None
    parameter: str = ""
    skip: int = 0
    times: int | None = None
    delay: int = 0
    status: int | None = None
    content_type: str = "text/html;charset=UTF-8"
    body: str | None = None
    location: str = ""
    replace: str = ""
    with_: str = ""
    cut: int | None = None
    lose: str = ""

    def fits(self, method: str, path: str, *, ajax: bool, parameters: Iterable[str]) -> bool:
        """Return whether the fault matches such a request."""
        return (
            self.method in ("", method)
            and (not self.path or re.fullmatch(self.path, path) is not None)
            and self.ajax in (None, ajax)
            and (not self.parameter or any(re.fullmatch(self.parameter, name) for name in parameters))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedExchange:
    """A logged request and its response, without values of parameters.

    `kind`: login, loginPage, home, submenu, open, planning, events, detail, ajax or other. `status` 0: no response
    was sent. `at_once` is the number of requests in flight when it arrived, including itself.
    """

    method: str
    path: str
    kind: str
    status: int
    ajax: bool
    at_once: int
    fault: bool = False
    milliseconds: int = 0


class Control:
    """Faults and delays, which may be replaced while the demo runs; `latency` is in milliseconds by kind of request."""

    def __init__(self, *, faults: Iterable[Fault] = (), latency: Mapping[str, int] | None = None) -> None:
        self._lock = threading.Lock()
        self.latency = dict(latency or {})
        self.faults = tuple(faults)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The active faults, in order of precedence; setting them resets the counters."""
        return self._faults

    @faults.setter
    def faults(self, faults: Iterable[Fault]) -> None:
        with self._lock:
            self._faults = tuple(faults)
            self._matches: Counter[int] = Counter()

    def find_fault(self, method: str, path: str, *, ajax: bool, parameters: Iterable[str]) -> Fault | None:
        """Return the fault that applies to this request, if any; matching faults before it count the request too."""
        names = tuple(parameters)
        with self._lock:
            for number, fault in enumerate(self._faults):
                if not fault.fits(method, path, ajax=ajax, parameters=names):
                    continue
                self._matches[number] += 1
                count = self._matches[number] - fault.skip
                if count > 0 and (fault.times is None or count <= fault.times):
                    return fault
        return None
