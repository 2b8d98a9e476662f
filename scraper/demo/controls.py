"""What may change while the demo runs: waiting times and faults; and the log of what it was asked."""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, for the requests that fit `method`, `path`, `ajax` and `parameter`.

    `path` (below the context) and `parameter` (a name) are regular expressions for the whole word. The
    first `skip` requests that fit are spared, the next `times` are hit (None: all). `delay` is in
    milliseconds. `status`, `content_type`, `body` or `location` answer instead of the portal. `replace` (a
    regular expression) becomes `with_` in the real answer. `cut` ends it after so many bytes and closes the
    connection. `lose`: `session` forgets the session first, `view` spoils the view state first, `drop`
    closes the connection without an answer (a browser asks again by itself where the connection was an old
    one).
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
        """Whether such a request is one that this fault may hit."""
        return (
            self.method in ("", method)
            and (not self.path or re.fullmatch(self.path, path) is not None)
            and self.ajax in (None, ajax)
            and (not self.parameter or any(re.fullmatch(self.parameter, name) for name in parameters))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer; no value of a parameter is kept.

    `kind`: login, loginPage, home, submenu, open, planning, events, detail, ajax or other. `status` 0: no
    answer was given. `at_once` requests were in flight when it came, itself among them.
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
    """Faults and waiting times, which may be replaced while the demo runs.

    `latency` is milliseconds by kind of request.
    """

    def __init__(self, *, faults: Iterable[Fault] = (), latency: Mapping[str, int] | None = None) -> None:
        self._lock = threading.Lock()
        self.latency = dict(latency or {})
        self.faults = tuple(faults)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults in force, first come first served; setting them counts anew."""
        return self._faults

    @faults.setter
    def faults(self, faults: Iterable[Fault]) -> None:
        with self._lock:
            self._faults = tuple(faults)
            self._hits: Counter[int] = Counter()

    def meet(self, method: str, path: str, *, ajax: bool, parameters: Iterable[str]) -> Fault | None:
        """The fault that hits this request, if any; every fault that it fits up to that one counts it."""
        names = tuple(parameters)
        with self._lock:
            for number, fault in enumerate(self._faults):
                if not fault.fits(method, path, ajax=ajax, parameters=names):
                    continue
                self._hits[number] += 1
                behind = self._hits[number] - fault.skip
                if behind > 0 and (fault.times is None or behind <= fault.times):
                    return fault
        return None
