"""The examples of a service and of proxies: they use the port of the feed, and their own checkers accept them."""

import re
import shutil
import subprocess
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep

import pytest

from scraper.cli.commands.serve import PORT
from scraper.web.server import listen
from tests.cases import for_each
from tests.paths import ROOT

EXAMPLES = ROOT / "deploy"
SECRET = "a-secret-that-no-log-tells"
CERTIFICATE = re.compile(r"(ssl_certificate(?:_key)?) [^;]+;")


@for_each("name", ["aurion-serve.service", "Caddyfile", "nginx.conf"])
def test_example_uses_the_port_of_the_feed(name: str) -> None:
    """The document on subscriptions links to each example."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert re.findall(r"(?:--port |127\.0\.0\.1:)(\d+)", text) == [str(PORT)]
    assert f"(../deploy/{name})" in (ROOT / "docs" / "subscriptions.md").read_text(encoding="utf-8")


def example(name: str, port: int) -> str:
    """The example, without a certificate, and before a feed that is down."""
    with listen("127.0.0.1", 0) as no_one:
        down = no_one.getsockname()[1]
    text = (EXAMPLES / name).read_text(encoding="utf-8").replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{down}")
    text = (
        CERTIFICATE.sub("", text).replace("443 ssl", f"127.0.0.1:{port}").replace("server_name agenda.example.org;", "")
    )
    return text.replace("agenda.example.org", f"http://127.0.0.1:{port}")


def nginx(folder: Path, port: int) -> tuple[list[str], list[str]]:
    """How nginx checks its example, and how it runs it."""
    whole = folder / "nginx.conf"
    head = f"daemon off;\npid {folder}/pid;\nerror_log {folder}/log;\nevents {{}}\n"
    whole.write_text(f"{head}http {{\naccess_log {folder}/access;\n{example('nginx.conf', port)}\n}}\n")
    command = [shutil.which("nginx") or "", "-c", str(whole)]
    return [*command, "-t"], command


def caddy(folder: Path, port: int) -> tuple[list[str], list[str]]:
    """How Caddy checks its example, and how it runs it."""
    whole = folder / "Caddyfile"
    whole.write_text(example("Caddyfile", port).replace("{\n", "{\n\tadmin off\n", 1))
    given = ["--adapter", "caddyfile", "--config", str(whole)]
    program = shutil.which("caddy") or ""
    return [program, "validate", *given], [program, "run", *given]


@pytest.mark.parametrize(
    "proxy",
    [
        pytest.param(
            one, marks=pytest.mark.skipif(shutil.which(one.__name__) is None, reason="it checks its own example")
        )
        for one in (nginx, caddy)
    ],
)
def test_proxy_accepts_its_example(proxy: Callable[[Path, int], tuple[list[str], list[str]]], tmp_path: Path) -> None:
    """While the feed is down it answers 404, and no log contains the address."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    check, run = proxy(tmp_path, port)
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "detail").open("wb") as stated, subprocess.Popen(run, stdout=stated, stderr=stated) as process:
        try:
            assert status(port) == 404
        finally:
            process.terminate()
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not [text for text in written if SECRET.encode() in text]


def status(port: int) -> int:
    """Return the status of a fetched calendar, once the proxy listens."""
    until = monotonic() + 20
    while True:
        with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            try:
                connection.request("GET", f"/c/{SECRET}/planning.ics")
                return connection.getresponse().status
            except ConnectionError:
                assert monotonic() < until
                sleep(0.02)
