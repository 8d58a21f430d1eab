"""The proxy before the dashboard: what it must serve works in a browser, and what it must refuse is refused."""

import base64
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import streamlit
from playwright.sync_api import Browser

from energy_monitor.workspace import Workspace
from tests.conftest import REPOSITORY
from tests.nginx import SOURCE, Proxy, proxy_to
from tests.test_dashboard_browser import CHARTS, SIMULATED_CLOCK, SIZES, WIDTHS, served, visitor

CERTIFICATE_IS_OURS = {"ignore_https_errors": True}  # the browser is not told of this test's authority


class Stub(BaseHTTPRequestHandler):
    """In the dashboard's place, for what must never reach it: it takes note of all that does."""

    protocol_version = "HTTP/1.1"
    wbufsize, disable_nagle_algorithm = -1, True  # an answer at once, or nothing could come too fast

    def do_GET(self) -> None:
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        body = b"the dashboard" * 200
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "text/css")
        self.send_header("Server", "Stub/1.0")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = do_GET

    def log_message(self, *_: object) -> None:
        pass


Behind = tuple[Proxy, list[str]]


@contextmanager
def before_a_stub() -> Iterator[Behind]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    server.seen = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with proxy_to(server.server_port) as proxy:
            yield proxy, server.seen  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def behind() -> Iterator[Behind]:
    with before_a_stub() as found:
        yield found


def say(
    proxy: Proxy,
    text: str,
    name: str = "localhost",
    settle: Callable[[ssl.SSLContext], None] = lambda _: None,
) -> str:
    """What the proxy answers to these bytes, over TLS."""
    context = ssl.create_default_context(cafile=str(proxy.authority.file))
    context.check_hostname = False
    settle(context)
    with (
        socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=name) as client,
    ):
        client.sendall(text.encode())
        return _all_of(client)


def _all_of(client: socket.socket) -> str:
    answer = b""
    try:
        while more := client.recv(65536):
            answer += more
    except (ConnectionError, TimeoutError):
        pass
    return answer.decode(errors="replace")


def request(path: str, method: str = "GET", host: str = "localhost", more: str = "", body: str = "") -> str:
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n{body}"


def status(answer: str) -> int:
    found = re.match(r"HTTP/1\.1 (\d+)", answer)
    return int(found[1]) if found else 0


# What it must serve --------------------------------------------------------------------------------------------------


def test_pages_work_in_a_browser(browser: Browser, simulated_workspace: Workspace, tmp_path: Path) -> None:
    """Numbers through the websocket, charts, a download; and nothing on the console, of the content policy least."""
    told = {"ENERGY_MONITOR_CLOCK": SIMULATED_CLOCK, "STREAMLIT_BROWSER_SERVER_ADDRESS": "localhost"}
    with served(simulated_workspace, tmp_path / "log", **told) as url, proxy_to(int(url.rpartition(":")[2])) as proxy:
        for size, paths in (("desk", ("", "mix", "regions", "outages", "origin")), ("phone", ("", "carbon"))):
            with visitor(browser, proxy.url, **SIZES[size], **CERTIFICATE_IS_OURS) as seen:
                for path in paths:
                    seen.go(path)
                    where = f"{path} on a {size}"
                    assert seen.page.locator('[data-testid="stException"]').count() == 0, where
                    if path in CHARTS:
                        assert seen.page.locator('[data-testid="stVegaLiteChart"]').count() == CHARTS[path], where
                    for scroll, client in seen.page.evaluate(WIDTHS):
                        assert scroll <= client, where
                    assert not seen.errors, where
                if size == "desk":
                    seen.go("")
                    assert re.search(r"\d+\s%", seen.text('[data-testid="stMetricValue"] >> nth=0'))
                    seen.go("carbon?window=week")
                    with seen.page.expect_download() as download:
                        seen.page.locator('[data-testid="stDownloadButton"] button').first.click()
                    assert Path(download.value.path()).read_text().count("\n") > 300
        log = (proxy.folder / "energy-monitor.log").read_text()
        assert '"GET /_stcore/stream" 101' in log
        assert "window=" not in log, "what someone looked at is in no log"
        assert " 429 " not in log, "a reader who goes from page to page is not held up"


def test_every_page_of_the_dashboard_is_let_through_and_no_other(behind: Behind) -> None:
    proxy, seen = behind
    pages = re.findall(r'url_path="(\w+)"', (REPOSITORY / "dashboard" / "app.py").read_text())
    assert len(pages) > 10
    (served_,) = re.findall(r"location ~ \^/\(\?:([\w|]+)\)\?\$", (SOURCE / "energy-monitor.conf").read_text())
    assert set(served_.split("|")) == set(pages) - {"now"}, "now is at /"
    for path in (
        "/",
        "/mix",
        "/_stcore/health",
        "/_stcore/host-config",
        "/static/x.css",
        "/media/x.csv",
        "/favicon.png",
    ):
        assert status(say(proxy, request(path))) == 200, path
        assert seen.pop() == path


def test_answers_carry_the_headers_that_browsers_guard_with(behind: Behind) -> None:
    proxy, _ = behind
    for path, expected in (("/", 200), ("/nowhere", 404)):
        head = say(proxy, request(path, more="Accept-Encoding: gzip\r\n")).partition("\r\n\r\n")[0]
        assert status(head) == expected
        lines = [line.partition(": ") for line in head.splitlines()[1:]]
        headers = {name.lower(): value for name, _, value in lines}
        assert len(headers) == len(lines), "each once"
        assert headers["server"] == "nginx"
        assert headers["strict-transport-security"].startswith("max-age=31536000")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "geolocation=()" in headers["permissions-policy"]
        policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
        assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
        assert "unsafe" not in policy["script-src"]
        if path == "/":
            assert headers["content-encoding"] == "gzip"


def test_the_one_script_in_streamlits_page_is_the_one_that_is_allowed() -> None:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text()
    hashes = [
        base64.b64encode(sha256(s.encode()).digest()).decode()
        for s in re.findall(r"<script>(.*?)</script>", page, re.S)
    ]
    assert re.findall(r"'sha256-([^']+)'", (SOURCE / "headers.conf").read_text()) == hashes


# What it must refuse -------------------------------------------------------------------------------------------------

OTHERS = (
    "/graphql",
    "/runs",
    "/server_info",
    "/assets",
    "/locations",
    "/dagit_info",
    "/_stcore/upload_file/x/y",
    "/_stcore/metrics",
    "/_stcore/script-health-check",
    "/_stcore/agent/interact",
    "/_stcore/agent/openapi.json",
    "/mix/_stcore/agent/mcp",
    "/_stcore/",
    "/component/x/index.html",
    "/app/static/x",
    "/.env",
    "/.git/config",
    "/mix/",
    "/MIX",
)
TRAVERSALS = (
    "/static/../_stcore/metrics",
    "/static/%2e%2e/_stcore/metrics",
    "/static/..%2f_stcore%2fmetrics",
    "/media/../../etc/passwd",
    "/static/../../../../etc/passwd",
    "//_stcore/metrics",
    "/_stcore/stream/../metrics",
    "/static/%00",
    "/..",
)


def test_everything_else_is_refused_and_never_reaches_the_dashboard(behind: Behind) -> None:
    proxy, seen = behind
    for path in (*OTHERS, *TRAVERSALS):
        answer = say(proxy, request(path))
        assert status(answer) in (400, 404), path
        assert "the dashboard" not in answer, path
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"):
        for path in ("/", "/_stcore/stream", "/_stcore/upload_file/x/y"):
            assert status(say(proxy, request(path, method))) in (400, 404, 405), method
    assert seen == []
    assert status(say(proxy, request("/", "HEAD"))) == 200


def test_too_much_is_refused(behind: Behind) -> None:
    proxy, seen = behind
    big = "x" * 20_000
    assert status(say(proxy, request("/", more=f"Content-Length: {len(big)}\r\n", body=big))) == 413
    chunked = f"{len(big):x}\r\n{big}\r\n0\r\n\r\n"
    assert status(say(proxy, request("/", more="Transfer-Encoding: chunked\r\n", body=chunked))) == 413
    assert status(say(proxy, request(f"/mix?{big}"))) == 414
    assert status(say(proxy, request("/", more=f"X-Big: {big}\r\n"))) == 400
    assert seen == []


def test_another_name_is_refused(behind: Behind) -> None:
    proxy, seen = behind
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        say(proxy, request("/", host="other.example"), name="other.example")
    assert status(say(proxy, request("/", host="other.example"))) in (0, 421), "the right name, and then another"
    assert status(say(proxy, "GET / HTTP/1.1\r\n\r\n")) == 400
    assert seen == []


def test_old_tls_and_no_tls_are_refused(behind: Behind) -> None:
    proxy, seen = behind

    def only(version: ssl.TLSVersion) -> Callable[[ssl.SSLContext], None]:
        def settle(context: ssl.SSLContext) -> None:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version

        return settle

    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert status(say(proxy, request("/"), settle=only(version))) == 200, version
    seen.clear()
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.warns(DeprecationWarning, match="TLSv1"), pytest.raises(ssl.SSLError):
            say(proxy, request("/"), settle=only(version))

    def weak(context: ssl.SSLContext) -> None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AES128-SHA:AES256-SHA:DES-CBC3-SHA:@SECLEVEL=0")

    with pytest.raises(ssl.SSLError):
        say(proxy, request("/"), settle=weak)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as plain:
        plain.sendall(request("/").encode())
        assert status(_all_of(plain)) == 400
    assert seen == []
    configuration = (SOURCE / "energy-monitor.conf").read_text()
    assert set(re.findall(r"listen (?:\[::\]:)?(\d+)", configuration)) == {"443"}


def test_too_many_requests_are_refused_and_others_are_not_held_up_for_long(behind: Behind) -> None:
    proxy, seen = behind
    together = "GET /static/x HTTP/1.1\r\nHost: localhost\r\n\r\n" * 300
    answer = say(proxy, together + request("/static/x"))
    codes = [int(code) for code in re.findall(r"HTTP/1\.1 (\d+)", answer)]
    assert 150 <= codes.count(200) < 250
    assert codes.count(429) == len(codes) - codes.count(200) > 50
    assert len(seen) == codes.count(200)


def test_too_many_sessions_of_one_address_are_refused(behind: Behind) -> None:
    proxy, seen = behind

    def ask(_: int) -> int:
        return status(say(proxy, request("/_stcore/stream", more="Upgrade: websocket\r\n")))

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(ask, range(40)))
    assert codes.count(429) >= 10
    assert len(seen) == 40 - codes.count(429) <= 25


def test_someone_who_says_nothing_or_little_is_cut_off() -> None:
    limits = dict(re.findall(r"^(\w+_timeout) (\w+);", (SOURCE / "limits.conf").read_text(), re.M))
    assert {name: limits[name] for name in ("client_header_timeout", "client_body_timeout")} == {
        "client_header_timeout": "10s",
        "client_body_timeout": "10s",
    }
