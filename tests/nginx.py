"""The real nginx with the configuration of deploy/nginx, on a port of its own, with a certificate of its own."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from energy_monitor.postgres import free_port
from tests.certificates import Authority, authority
from tests.conftest import REPOSITORY
from tests.waiting import wait_for

SOURCE = REPOSITORY / "deploy" / "nginx"
NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/energy-monitor.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A running nginx; its name is `localhost`."""

    port: int
    authority: Authority
    folder: Path

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"


@contextlib.contextmanager
def proxy_to(dashboard_port: int) -> Iterator[Proxy]:
    """Runs one. A named skip where there is no nginx, a failure where CI says that there must be one."""
    if not NGINX:
        absent = "no nginx: install it (apt-get install nginx-light)"
        if os.environ.get("ENERGY_MONITOR_REQUIRE_NGINX"):
            pytest.fail(absent)
        pytest.skip(absent)
    port = free_port(0) or 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = authority(folder, "authority")
        own.sign(folder, "localhost")
        for file in SOURCE.glob("*.conf"):
            text = file.read_text()
            # this test's name, port, certificate and folder in the place of those of a real machine
            text = text.replace("listen 443", f"listen 127.0.0.1:{port}").replace(
                "127.0.0.1:8501", f"127.0.0.1:{dashboard_port}"
            )
            text = re.sub(r"\n *listen \[::\]:443[^;]*;", "", text)
            text = text.replace("/etc/letsencrypt/live/dashboard.example/fullchain.pem", f"{folder}/server.crt")
            text = text.replace("/etc/letsencrypt/live/dashboard.example/privkey.pem", f"{folder}/server.key")
            text = text.replace("dashboard.example", "localhost").replace("/etc/nginx/energy-monitor/", f"{folder}/")
            (folder / file.name).write_text(text.replace("/var/log/nginx/", f"{folder}/"))
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
        command = [NGINX, "-e", f"{folder}/error.log", "-p", str(folder), "-c", f"{folder}/nginx.conf"]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        assert "warn" not in checked.stderr, checked.stderr
        server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            wait_for(server, lambda: _listens(port), folder / "error.log", 10)
            yield Proxy(port, own, folder)
        finally:
            server.terminate()
            server.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
