"""A real nginx with the configuration of the service, on a port of this machine."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from time import monotonic, sleep

from scraper.web.server import listen
from tests.paths import ROOT

EXAMPLE = ROOT / "deploy" / "hosting" / "nginx.conf"
WEB = "127.0.0.1:8766"
CERTIFICATE = re.compile(r"ssl_certificate(?:_key)? [^;]+;")
HEAD = "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/error.log info;\nevents {{}}\n"
PATIENCE = 60


def free_port() -> int:
    """Return a port that nothing listens on."""
    with listen("127.0.0.1", 0) as free:
        return int(free.getsockname()[1])


def write_configuration(folder: Path, feeds: Path, port: int, web: str = WEB) -> Path:
    """Write the service's configuration without a certificate, for this port and folder of feeds; return its file."""
    text = CERTIFICATE.sub("", EXAMPLE.read_text(encoding="utf-8")).replace(WEB, web)
    text = text.replace("443 ssl http2", f"127.0.0.1:{port}").replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    text = text.replace("/var/lib/aurion-hosting/feeds", str(feeds)).replace("/var/log/aurion-hosting", str(folder))
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    log = f"access_log {folder}/access.log;\n"
    path.write_text(f"{HEAD.format(folder=folder)}http {{\n{log}{places}{text}}}\n", encoding="utf-8")
    return path


@contextmanager
def running_nginx(configuration: Path, port: int) -> Iterator[None]:
    """Run nginx until the end of the block."""
    command = [shutil.which("nginx") or "nginx", "-c", str(configuration), "-p", str(configuration.parent)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(port)
            yield
        finally:
            process.terminate()


def _wait(port: int) -> None:
    until = monotonic() + PATIENCE
    while True:
        try:
            fetch(port, "/c/none")
        except ConnectionError:
            assert monotonic() < until
            sleep(0.02)
        else:
            return


def fetch(port: int, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    """Fetch a path; names of headers have underscores instead of hyphens."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response, response.read()
