"""The scripts of the pages: FullCalendar itself and its libraries."""

import re
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from typing import Any

import pytest

from scraper.demo import Demo
from scraper.errors import SettingsError

PUBLISHED = {
    "fullcalendar.LICENSE.txt": "fade99398092f16b979536aa19446720caef093b6c256922c6f4d562409f6152",
    "fullcalendar.css": "3facb5596840661d996bd16d5bb4bf7e1443c746298babc95e59c0292472d3ed",
    "fullcalendar.min.js": "064732d045bca9cec41e2e37096f5343d0d42998fc469a5f7cd6ca5737534c27",
    "jquery.LICENSE.txt": "956cece9133e2cf3a3536ae1c67331aaa90a5e9eb2d96757f660221c424ff424",
    "jquery.min.js": "c12f6098e641aaca96c60215800f18f5671039aecf812217fab3c0d152f6adb4",
    "moment.LICENSE.txt": "ac2586c4a82f043b4ba4c4f0614f863235cb0092a7b4b9dc5be5e412aaf60fb6",
    "moment.min.js": "4e411c99fe4a486db34e801a53392ae86f8659eccc438944b5a062c9aaba25be",
}


def test_full_calendar_is_served(visit: Callable[..., Any]) -> None:
    """The script contains FullCalendar 2.9.1 and PrimeFaces' Schedule; browsers may cache it."""
    visitor = visit()
    reply = visitor.send("/faces/javax.faces.resource/schedule/schedule.js?ln=primefaces&v=5.3")
    assert "FullCalendar v2.9.1" in reply.text
    assert "PrimeFaces.widget.Schedule" in reply.text
    assert reply.headers["cache-control"] == "max-age=604800"
    assert reply.headers["content-type"].startswith("text/javascript")


def test_every_script_and_style_of_the_pages_is_served(visit: Callable[..., Any]) -> None:
    """The timetable's page names at least nine."""
    visitor = visit()
    visitor.open_planning()
    named = re.findall(r'(?:src|href)="(/faces/javax\.faces\.resource/[^"]+)"', visitor.html)
    assert len(named) >= 9
    assert {visitor.send(address.replace("&amp;", "&")).status for address in named} == {200}


def test_port_in_use_is_an_error() -> None:
    """Two demos cannot have the same port."""
    with Demo(events=[]) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(SettingsError) as caught, Demo(events=[], port=port):
            pass
    assert (caught.value.reason, caught.value.facts) == ("demo-port", {"port": port})


def test_libraries_are_the_published_files() -> None:
    """FullCalendar 2.9.1, jQuery 1.9.1 and moment.js 2.13.0 are equal byte for byte, with licences."""
    vendor = files("scraper.demo").joinpath("static", "vendor")
    assert {file.name: sha256(file.read_bytes()).hexdigest() for file in vendor.iterdir()} == PUBLISHED
