"""Faults of the demo portal: the requests that they match, their effects, and the log."""

from collections.abc import Callable
from dataclasses import replace
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from threading import Thread
from time import monotonic
from typing import Any

import pytest

from scraper.demo import Control, Demo, Fault

EVENTS = ".*_start"


def with_fault(fault: Fault) -> Control:
    """Return a control with that fault for the schedule's request."""
    return Control(faults=[replace(fault, parameter=EVENTS)])


def test_status_and_body_replace_the_response(visit: Callable[..., Any]) -> None:
    """Other requests are unchanged."""
    visitor = visit(control=with_fault(Fault(status=503, body="surcharge")))
    visitor.open_planning()
    reply = visitor.ask()
    assert (reply.status, reply.text) == (503, "surcharge")


def test_skip_and_times_count_matching_requests(visit: Callable[..., Any]) -> None:
    """`skip` leaves out the first, `times` limits the number; new faults count from zero."""
    visitor = visit(control=with_fault(Fault(status=500, skip=1, times=2)))
    visitor.open_planning()
    assert [visitor.ask().status for _ in range(4)] == [200, 500, 500, 200]
    visitor.demo.control.faults = [Fault(ajax=True, status=502, times=1)]
    assert [visitor.ask().status for _ in range(2)] == [502, 200]


def test_fault_matches_method_path_and_ajax(visit: Callable[..., Any]) -> None:
    """The path is the whole path below the context."""
    fault = Fault(method="GET", path="/faces/Plan[a-z]*", ajax=False, status=418)
    visitor = visit(control=Control(faults=[fault]))
    visitor.log_in()
    assert visitor.send("/").status == 200
    assert visitor.send("/faces/Planning").status == 418
    assert visitor.send("/faces/Planning.xhtml").status == 200
    assert visitor.send("/faces/Planning", {}).status == 404
    visitor.headers = {"Faces-Request": "partial/ajax"}
    assert visitor.send("/faces/Planning").status == 404


def test_replace_changes_the_response(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """`replace` is a regular expression, `with_` its replacement with groups."""
    control = with_fault(Fault(replace=r'"id": "(\d+)"', with_=r'"id": "x\1"'))
    visitor = visit(events=[lesson()], control=control)
    visitor.open_planning()
    assert '{"events" : [{"id": "x70000002",' in visitor.ask().text


def test_cut_ends_the_response_early(visit: Callable[..., Any]) -> None:
    """The headers promise the whole body, and the connection is closed after so many bytes."""
    visitor = visit(control=with_fault(Fault(cut=300)))
    visitor.open_planning()
    with pytest.raises(IncompleteRead) as caught:
        visitor.ask()
    assert len(caught.value.partial) == 300


def test_dropped_request_has_no_response(visit: Callable[..., Any]) -> None:
    """Its status in the log is 0."""
    visitor = visit(control=with_fault(Fault(lose="drop")))
    visitor.open_planning()
    with pytest.raises(RemoteDisconnected):
        visitor.ask()
    assert visitor.demo.log[-1].status == 0


def test_location_redirects(visit: Callable[..., Any]) -> None:
    """The response redirects to another page."""
    visitor = visit(control=Control(faults=[Fault(path="/login", location="/erreur.html")]))
    reply = visitor.log_in()
    assert (reply.status, reply.headers["location"]) == (302, "/erreur.html")


def test_lost_session_does_not_return(visit: Callable[..., Any]) -> None:
    """The script gets the login page, and the next page redirects to it."""
    visitor = visit(control=with_fault(Fault(lose="session", times=1)))
    visitor.open_planning()
    assert "formulaireSpring" in visitor.ask().text
    assert visitor.send("/").status == 302


def test_lost_view_affects_one_request(visit: Callable[..., Any]) -> None:
    """The next request with the same view state succeeds."""
    visitor = visit(control=with_fault(Fault(lose="view", times=1)))
    visitor.open_planning()
    assert "ViewExpiredException" in visitor.ask().text
    assert '{"events"' in visitor.ask().text


def test_latency_applies_to_one_kind(visit: Callable[..., Any]) -> None:
    """It does not apply to a request without a session."""
    visitor = visit(control=Control(latency={"home": 150}))
    visitor.send("/")
    visitor.log_in()
    visitor.send("/")
    waited = [exchange.milliseconds >= 150 for exchange in visitor.demo.log]
    assert waited == [False, False, False, True]


def test_shorter_latency_ends_the_wait(visit: Callable[..., Any]) -> None:
    """It also applies to a request that already waits."""
    visitor = visit()
    visitor.log_in()
    visitor.demo.control.latency = {"home": 3_600_000}
    waiting = Thread(target=visitor.send, args=("/",))
    waiting.start()
    visitor.demo.control.latency = {}
    waiting.join()
    assert visitor.demo.log[-1].milliseconds < 3_600_000


def test_log_has_the_kinds_of_requests(visit: Callable[..., Any]) -> None:
    """They are in order, without scripts and without values."""
    visitor = visit()
    visitor.open_planning()
    visitor.ask()
    visitor.look("/")
    visitor.load(44413)
    visitor.send("/faces/javax.faces.resource/primefaces.js")
    kinds = [exchange.kind for exchange in visitor.demo.log]
    assert kinds == ["loginPage", "login", "home", "open", "planning", "events", "home", "submenu"]
    assert [exchange.ajax for exchange in visitor.demo.log] == [kind in ("events", "submenu") for kind in kinds]
    assert "motdepasse" not in repr(visitor.demo.log)


def test_log_counts_simultaneous_requests(visit: Callable[..., Any]) -> None:
    """The second of two requests in flight has the number two."""
    visitor = visit(control=Control(faults=[Fault(path="/faces/Login.xhtml", delay=300, times=1)]))
    first = Thread(target=visitor.send, args=("/faces/Login.xhtml",))
    first.start()
    while not any(exchange.at_once == 2 for exchange in visitor.demo.log):
        visitor.send("/login")
        assert first.is_alive()
    first.join()
    assert visitor.demo.log[-1].path == "/faces/Login.xhtml"
    assert visitor.demo.log[-1].at_once <= 2


def test_stopped_demo_ends_waiting_requests() -> None:
    """Its threads end and its port is closed."""
    control = Control(faults=[Fault(delay=60_000)])
    failed: list[Exception] = []
    began = monotonic()
    with Demo(control=control, events=[]) as demo:
        address = demo.url.removeprefix("http://")
        waiting = Thread(target=_ask, args=(address, failed))
        waiting.start()
        while demo._gate._in_flight == 0:
            assert monotonic() - began < 10
    waiting.join()
    assert monotonic() - began < 10
    assert len(failed) == 1
    _ask(address, failed)
    assert isinstance(failed[1], ConnectionRefusedError)


def _ask(address: str, failed: list[Exception]) -> None:
    try:
        connection = HTTPConnection(address, timeout=20)
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, RemoteDisconnected) as error:
        failed.append(error)
