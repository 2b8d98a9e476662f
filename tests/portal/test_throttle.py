"""The throttle of the exchanges with a portal."""

from collections.abc import Callable

from scraper.demo import Demo
from scraper.portal.session import Session


def test_each_exchange_waits_for_the_throttle(start: Callable[..., Demo], record: Callable[..., Session]) -> None:
    """Each document, redirect and XHR asks the throttle for its wait, and is sent afterwards."""
    demo, sent = start(), list[int]()

    def throttle() -> float:
        sent.append(len(demo.log))
        return 0.05

    session = record(demo, throttle=throttle)
    assert session.proved
    assert len(sent) == session.tab.network.asked == len(demo.log)
    assert all(before <= index for index, before in enumerate(sent))
