"""Requests to Google by httpx. Its log output, with addresses and headers, is suppressed."""

import logging
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from scraper.sinks.google.google_calls import READ_TIMEOUT, HttpAnswer, HttpRequest


@contextmanager
def open_http(trust: ssl.SSLContext, proxy_port: int | None) -> Iterator[HttpRequest]:
    """Yield a function that sends requests, through the proxy on that port of this machine if there is one."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    proxy = f"http://127.0.0.1:{proxy_port}" if proxy_port else None
    # Proxies and authorities come from the settings; a redirect is not followed, so no other host gets a token.
    with httpx.Client(proxy=proxy, verify=trust, trust_env=False, timeout=READ_TIMEOUT) as client:

        def request(method: str, url: str, headers: Mapping[str, str], content: bytes) -> HttpAnswer:
            try:
                answer = client.request(method, url, headers=dict(headers), content=content or None)
            except httpx.TimeoutException:
                raise TimeoutError from None
            except httpx.HTTPError:
                raise ConnectionError from None
            return HttpAnswer(answer.status_code, answer.headers, answer.content)

        yield request
