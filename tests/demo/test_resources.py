"""The pages' scripts: the real FullCalendar, or a clear error."""

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from scraper.demo import Demo
from scraper.errors import SettingsError


def test_the_real_full_calendar_is_served(visit: Callable[..., Any]) -> None:
    """The planning's script holds FullCalendar 2.9.1 and the Schedule around it; browsers may keep it."""
    visitor = visit()
    reply = visitor.send("/faces/javax.faces.resource/schedule/schedule.js?ln=primefaces&v=5.3")
    assert "FullCalendar v2.9.1" in reply.text
    assert "PrimeFaces.widget.Schedule" in reply.text
    assert reply.headers["cache-control"] == "max-age=604800"
    assert reply.headers["content-type"].startswith("text/javascript")


def test_every_script_and_style_of_the_pages_is_there(visit: Callable[..., Any]) -> None:
    """Whatever the planning page names is served."""
    visitor = visit()
    visitor.open_planning()
    named = re.findall(r'(?:src|href)="(/faces/javax\.faces\.resource/[^"]+)"', visitor.html)
    assert len(named) >= 9
    assert {visitor.send(address.replace("&amp;", "&")).status for address in named} == {200}


def test_a_port_that_is_taken_is_told() -> None:
    """Two demos cannot have one port: the second is SettingsError("demo-port")."""
    with Demo(events=[]) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(SettingsError) as caught, Demo(events=[], port=port):
            pass
    assert (caught.value.reason, caught.value.facts) == ("demo-port", {"port": port})


def test_without_the_extra_the_demo_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the packages of the extra are missing, entering the demo is SettingsError("demo-files")."""
    monkeypatch.setitem(sys.modules, "js", None)
    with pytest.raises(SettingsError) as caught, Demo(events=[]):
        pass
    assert caught.value.reason == "demo-files"
