"""Faults strike the requests that they name, as often as they state, and the log records it."""

from collections.abc import Callable
from dataclasses import replace
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from threading import Thread
from time import monotonic
from typing import Any

import pytest

from scraper.demo import Control, Demo, Fault

EVENTS = ".*_start"


def struck(fault: Fault) -> Control:
    """A control with that fault on the schedule's request."""
    return Control(faults=[replace(fault, parameter=EVENTS)])


def test_status_and_body_answer_instead(visit: Callable[..., Any]) -> None:
    """A fault's status and body replace the portal's; other requests are untouched."""
    visitor = visit(control=struck(Fault(status=503, body="surcharge")))
    visitor.open_planning()
    reply = visitor.ask()
    assert (reply.status, reply.text) == (503, "surcharge")


def test_skip_and_times_count_the_fitting_requests(visit: Callable[..., Any]) -> None:
    """`skip` spares the first, `times` hits the next; setting the faults counts again."""
    visitor = visit(control=struck(Fault(status=500, skip=1, times=2)))
    visitor.open_planning()
    assert [visitor.ask().status for _ in range(4)] == [200, 500, 500, 200]
    visitor.demo.control.faults = [Fault(ajax=True, status=502, times=1)]
    assert [visitor.ask().status for _ in range(2)] == [502, 200]


def test_a_fault_fits_by_method_path_and_ajax(visit: Callable[..., Any]) -> None:
    """Method, whole path below the context and ajax all have to fit."""
    fault = Fault(method="GET", path="/faces/Plan[a-z]*", ajax=False, status=418)
    visitor = visit(control=Control(faults=[fault]))
    visitor.log_in()
    assert visitor.send("/").status == 200
    assert visitor.send("/faces/Planning").status == 418
    assert visitor.send("/faces/Planning.xhtml").status == 200
    assert visitor.send("/faces/Planning", {}).status == 404
    visitor.headers = {"Faces-Request": "partial/ajax"}
    assert visitor.send("/faces/Planning").status == 404


def test_replace_changes_the_real_answer(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """`replace` is a regular expression, `with_` its substitute with groups."""
    control = struck(Fault(replace=r'"id": "(\d+)"', with_=r'"id": "x\1"'))
    visitor = visit(events=[lesson()], control=control)
    visitor.open_planning()
    assert '{"events" : [{"id": "x70000002",' in visitor.ask().text


def test_cut_ends_the_answer_early(visit: Callable[..., Any]) -> None:
    """The headers promise the whole body, so many bytes come, then the connection is closed."""
    visitor = visit(control=struck(Fault(cut=300)))
    visitor.open_planning()
    with pytest.raises(IncompleteRead) as caught:
        visitor.ask()
    assert len(caught.value.partial) == 300


def test_drop_gives_no_answer(visit: Callable[..., Any]) -> None:
    """A dropped request has no answer; the log has it with status 0."""
    visitor = visit(control=struck(Fault(lose="drop")))
    visitor.open_planning()
    with pytest.raises(RemoteDisconnected):
        visitor.ask()
    assert (visitor.demo.log[-1].status, visitor.demo.log[-1].fault) == (0, True)


def test_location_redirects(visit: Callable[..., Any]) -> None:
    """A fault may send elsewhere."""
    visitor = visit(control=Control(faults=[Fault(path="/login", location="/erreur.html")]))
    reply = visitor.log_in()
    assert (reply.status, reply.headers["location"]) == (302, "/erreur.html")


def test_a_lost_session_is_lost_for_good(visit: Callable[..., Any]) -> None:
    """`session` ends it before the answer: the script gets the login page, the next page leads to it."""
    visitor = visit(control=struck(Fault(lose="session", times=1)))
    visitor.open_planning()
    assert "formulaireSpring" in visitor.ask().text
    assert visitor.send("/").status == 302


def test_a_spoiled_view_is_only_this_request_s(visit: Callable[..., Any]) -> None:
    """`view` makes one request's view state unknown; the next, with the same state, is answered."""
    visitor = visit(control=struck(Fault(lose="view", times=1)))
    visitor.open_planning()
    assert "ViewExpiredException" in visitor.ask().text
    assert '{"events"' in visitor.ask().text


def test_latency_is_by_kind(visit: Callable[..., Any]) -> None:
    """Only the kind named waits, and not where the session is missing."""
    visitor = visit(control=Control(latency={"home": 150}))
    visitor.send("/")
    visitor.log_in()
    visitor.send("/")
    waited = [exchange.milliseconds >= 150 for exchange in visitor.demo.log]
    assert waited == [False, False, False, True]


def test_a_shorter_latency_ends_the_wait(visit: Callable[..., Any]) -> None:
    """Of a request that waits already."""
    visitor = visit()
    visitor.log_in()
    visitor.demo.control.latency = {"home": 3_600_000}
    waiting = Thread(target=visitor.send, args=("/",))
    waiting.start()
    visitor.demo.control.latency = {}
    waiting.join()
    assert visitor.demo.log[-1].milliseconds < 3_600_000


def test_the_log_knows_the_kinds(visit: Callable[..., Any]) -> None:
    """Each kind by its name and in order; nothing of scripts, nor of values."""
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


def test_the_log_knows_requests_at_once(visit: Callable[..., Any]) -> None:
    """Two requests in flight are counted: the second sees two."""
    visitor = visit(control=Control(faults=[Fault(path="/faces/Login.xhtml", delay=300, times=1)]))
    first = Thread(target=visitor.send, args=("/faces/Login.xhtml",))
    first.start()
    while not any(exchange.at_once == 2 for exchange in visitor.demo.log):
        visitor.send("/login")
        assert first.is_alive()
    first.join()
    assert visitor.demo.log[-1].path == "/faces/Login.xhtml"
    assert visitor.demo.log[-1].at_once <= 2


def test_leaving_ends_what_still_waits() -> None:
    """Stopping the demo ends a request that would wait for long, its thread and its port."""
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
