"""Inject delays and faults in front of the portal, and log the requests."""

import re
import threading
import time
from dataclasses import replace

from scraper.demo.controls import Control, Fault, LoggedExchange
from scraper.demo.http import STATE, HttpResponse, Request, redirect
from scraper.demo.portal import Portal


class FaultInjector:
    """A wrapper around the portal that adds delays and faults; `close` ends every delay."""

    def __init__(self, portal: Portal, control: Control) -> None:
        self.portal = portal
        self.control = control
        self.log: list[LoggedExchange] = []
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._in_flight = 0

    def close(self) -> None:
        """End all delays."""
        self._closed.set()

    def answer(self, request: Request) -> HttpResponse:
        """Return the response, modified where a fault matches; it is logged before it is sent."""
        began = time.monotonic()
        with self._lock:
            self._in_flight += 1
            at_once = self._in_flight
        if not self.portal.shut(request):
            self._delay(request.kind, began)
        names = request.parameters
        fault = self.control.find_fault(request.method, request.path, ajax=request.ajax, parameters=names)
        answer = self._answer_with(fault, request) if fault else self.portal.answer(request)
        exchange = LoggedExchange(
            method=request.method,
            path=request.path,
            kind=request.kind,
            status=0 if answer.drop else answer.status,
            ajax=request.ajax,
            at_once=at_once,
            milliseconds=int((time.monotonic() - began) * 1000),
        )
        with self._lock:
            self._in_flight -= 1
            self.log.append(exchange)
        return answer

    def _delay(self, kind: str, began: float) -> None:
        """Wait as long as the latency of this kind of request; a change of it applies to waiting requests as well."""
        while (left := began + self.control.latency.get(kind, 0) / 1000 - time.monotonic()) > 0:
            if self._closed.wait(min(left, 0.05)):
                return

    def _answer_with(self, fault: Fault, request: Request) -> HttpResponse:
        self._closed.wait(fault.delay / 1000)
        if fault.lose == "drop":
            return HttpResponse(drop=True)
        if fault.lose == "session":
            self.portal.sessions.drop(self.portal.sessions.get(request.session))
        if fault.lose == "view" and STATE in request.parameters:
            request = replace(request, parameters={**request.parameters, STATE: "-1:-1"})
        if fault.location:
            return redirect(fault.location)
        if fault.status is not None or fault.body is not None:
            body = (fault.body or "").encode()
            return HttpResponse(status=fault.status or 200, body=body, content_type=fault.content_type)
        return _apply_fault(self.portal.answer(request), fault)


def _apply_fault(answer: HttpResponse, fault: Fault) -> HttpResponse:
    if fault.replace:
        text = re.sub(fault.replace, fault.with_, answer.body.decode())
        answer = replace(answer, body=text.encode())
    if fault.cut is not None and fault.cut < len(answer.body):
        answer = replace(answer, cut=fault.cut)
    return answer
