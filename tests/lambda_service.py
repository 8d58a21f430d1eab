"""AWS Lambda's Invoke on loopback: the real handler behind it, in a process with an environment of its own."""

import base64
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

from tests.conftest import REPOSITORY

TAIL_BYTES = 4096
# What AWS says where there is no such function, and where too many of its invocations are under way.
MISSING = (404, "ResourceNotFoundException", "Function not found")
THROTTLED = (429, "TooManyRequestsException", "Rate Exceeded.")


@dataclass
class Service:
    """Which functions there are, and what was invoked. refusals: of a function's next invocations, before it runs.

    canned: what a function answers without being run, as payload and X-Amz-Function-Error. silence_s: before that.
    """

    environ: Mapping[str, str]
    prefix: str
    url: str = ""
    missing: set[str] = field(default_factory=set)
    refusals: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    canned: dict[str, tuple[bytes, str | None]] = field(default_factory=dict)
    silence_s: float = 0
    invoked: list[tuple[str, dict]] = field(default_factory=list)

    @cached_property
    def runtime(self) -> subprocess.Popen[str]:
        """The container, kept warm."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.lambda_runtime"],
            cwd=REPOSITORY,
            env=dict(self.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, request_id: str, event: object) -> tuple[dict, str]:
        """The answer and the log of one invocation."""
        assert self.runtime.stdin is not None
        assert self.runtime.stdout is not None
        self.runtime.stdin.write(json.dumps({"request_id": request_id, "event": event}) + "\n")
        self.runtime.stdin.flush()
        log = []
        for line in self.runtime.stdout:
            if line.startswith("\0"):
                return json.loads(line[1:]), "".join(log)
            log.append(line)
        raise AssertionError("".join(log))


@contextmanager
def lambda_service(environ: Mapping[str, str], prefix: str = "energy-monitor-") -> Iterator[Service]:
    """Answers Invoke for as long as the block runs; `environ` is that of the functions."""
    service = Service(environ, prefix)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            _, _, kind, name, action = unquote(self.path).split("/")
            assert (kind, action) == ("functions", "invocations"), self.path
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            service.invoked.append((name, event))
            waiting = service.refusals.get(name)
            is_ours = name.startswith(service.prefix) and name not in service.missing
            if refusal := waiting.pop(0) if waiting else None if is_ours else MISSING:
                self.refuse(*refusal)
            else:
                self.answer(name, event)

        def refuse(self, status: int, code: str, message: str) -> None:
            self.say(status, json.dumps({"Type": "User", "message": message}).encode(), {"x-amzn-ErrorType": code})

        def answer(self, name: str, event: object) -> None:
            request_id, log = str(uuid.uuid4()), ""
            assert self.headers["X-Amz-Invocation-Type"] == "RequestResponse"
            if name in service.canned:
                time.sleep(service.silence_s)
                payload, error = service.canned[name]
            else:
                answer, log = service.run(request_id, event)
                payload, error = json.dumps(answer["payload"]).encode(), "Unhandled" if answer["failed"] else None
            headers = {"x-amzn-RequestId": request_id, "X-Amz-Executed-Version": "$LATEST"}
            if self.headers["X-Amz-Log-Type"] == "Tail":
                headers["X-Amz-Log-Result"] = base64.b64encode(log.encode()[-TAIL_BYTES:]).decode()
            self.say(200, payload, headers | ({"X-Amz-Function-Error": error} if error else {}))

        def say(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            try:
                self.send_response(status)
                for header, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(header, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return  # the client had enough

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        if "runtime" in service.__dict__:
            service.runtime.kill()
            service.runtime.communicate()
