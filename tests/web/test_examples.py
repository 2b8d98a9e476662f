"""The examples of a service and of proxies say what the command says, and their own checkers take them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scraper.cli.serve import PORT

EXAMPLES = Path(__file__).parents[2] / "docs" / "serve"
CERTIFICATE = re.compile(r"(ssl_certificate(?:_key)?) [^;]+;")


@pytest.mark.parametrize("name", ["aurion-serve.service", "Caddyfile", "nginx.conf"])
def test_an_example_means_the_feeds_port(name: str) -> None:
    """Each leads to the port that the feed takes by itself, and the README leads to each."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert re.findall(r"(?:--port |127\.0\.0\.1:)(\d+)", text) == [str(PORT)]
    assert f"(docs/serve/{name})" in (EXAMPLES.parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx checks its own example, where it is")
def test_nginx_takes_its_example(tmp_path: Path) -> None:
    """`nginx -t` finds nothing wrong in it, the certificate left out."""
    text = CERTIFICATE.sub("", (EXAMPLES / "nginx.conf").read_text(encoding="utf-8")).replace("443 ssl", "8443")
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid;\nerror_log {tmp_path}/log;\nevents {{}}\nhttp {{\n{text}\n}}\n")
    nginx = shutil.which("nginx") or ""
    done = subprocess.run([nginx, "-t", "-c", str(whole)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
