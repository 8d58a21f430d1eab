"""AWS Lambda's side of its runtime API, on loopback: a function that AWS's own client runs, in a process of its own.

The process is started at the first call and kept warm; it is killed at its deadline and when it holds more memory than
it was given, as the service does it, and started again by the next call.
"""

import json
import queue
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

HANDLER = "ingestion.handler.handler"
LOOK_EVERY_S = 0.005


@dataclass
class Called:
    """What became of a call: a payload as Invoke gives it, and whether it is an error's. peak_mb: since the start."""

    payload: Any
    failed: bool
    seconds: float
    was_cold: bool
    log: str
    pid: int
    peak_mb: float
    init_s: float

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of its log that are JSON."""
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]


@dataclass
class Function:
    """One function. `command`: the interpreter of its runtime, and how it is started, up to the handler."""

    command: Sequence[str]
    code: Path
    environ: Mapping[str, str]
    timeout_s: float = 60
    memory_mb: int = 256
    process: subprocess.Popen[bytes] | None = None
    _api: "_Api | None" = None
    _log: Path = field(init=False)

    def __post_init__(self) -> None:
        self._log = self.code.parent / f"{uuid.uuid4().hex}.log"

    def call(self, event: object) -> Called:
        """Invokes it, and waits."""
        began = time.monotonic()
        if was_cold := self.process is None or self.process.poll() is not None:
            self._start()
        api, process = self._api, self.process
        assert api is not None
        assert process is not None
        assert api.ready.wait(30) or process.poll() is not None, "the function does not ask for work"
        init_s = time.monotonic() - began if was_cold else 0.0
        logged = self._log.stat().st_size
        request_id = str(uuid.uuid4())
        answer = api.answer_to(request_id, event, time.time() + self.timeout_s)
        deadline, peak = time.monotonic() + self.timeout_s, 0.0
        while not answer.done.wait(LOOK_EVERY_S):
            peak = max(peak, _memory_mb(process.pid, "VmRSS"))
            if process.poll() is not None:
                kind = "Runtime.ExitError"
                answer.say(f"RequestId: {request_id} Error: Runtime exited with status {process.returncode}", kind)
            elif time.monotonic() > deadline:
                self.stop()
                stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
                answer.say(f"{stamp} {request_id} Task timed out after {self.timeout_s:.2f} seconds")
            elif peak > self.memory_mb:
                self.stop()
                answer.say(
                    f"RequestId: {request_id} Error: Runtime exited with error: signal: killed", "Runtime.ExitError"
                )
        seconds = time.monotonic() - began
        peak = max(peak, _memory_mb(process.pid, "VmHWM"))
        time.sleep(0.01)  # its log is written by another process
        log = self._log.read_bytes()[0 if was_cold else logged :].decode()
        return Called(answer.payload, answer.failed, seconds, was_cold, log, process.pid, peak, init_s)

    def _start(self) -> None:
        if self._api:
            self._api.close()
        self._api = _Api()
        lambda_says = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.port}",
            "AWS_LAMBDA_FUNCTION_NAME": "energy-monitor-test",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/energy-monitor-test",
            "AWS_LAMBDA_LOG_STREAM_NAME": "test",
            "LAMBDA_TASK_ROOT": str(self.code),
            "_HANDLER": HANDLER,
            "PYTHONPATH": str(self.code),
            "PYTHONDONTWRITEBYTECODE": "1",  # /var/task is read-only
            "TZ": ":UTC",
        }
        self._log.write_bytes(b"")
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, HANDLER],
                cwd=self.code,
                env={"PATH": "/usr/bin:/bin", **self.environ, **lambda_says},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> None:
        """Kills the process, as the service does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def close(self) -> None:
        """Ends all of it."""
        self.stop()
        if self._api:
            self._api.close()


def _memory_mb(pid: int, name: str) -> float:
    """What /proc says of a process's memory, in MB; 0 of one that is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = [line for line in status.splitlines() if line.startswith(name)]
    return int(found[0].split()[1]) * 1024 / 1e6 if found else 0.0


@dataclass
class _Answer:
    done: Event = field(default_factory=Event)
    payload: Any = None
    failed: bool = False

    def say(self, message: str, kind: str = "") -> None:
        """What the service says where the function could not."""
        self.payload = {"errorMessage": message} | ({"errorType": kind} if kind else {})
        self.failed = True
        self.done.set()


class _Api:
    """The runtime API for one process: what has asked for work before never takes work from what came later."""

    def __init__(self) -> None:
        self.ready = Event()
        self.waiting: queue.Queue[tuple[str, object, float] | None] = queue.Queue()
        self.answers: dict[str, _Answer] = {}
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # headers and body in one write: else each answer waits for Nagle and a delayed ACK
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                api.ready.set()
                if (work := api.waiting.get()) is None:
                    return
                request_id, event, deadline = work
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-2:1:function:energy-monitor-test",
                    "Lambda-Runtime-Trace-Id": "Root=1-0-0",
                }
                self.say(200, json.dumps(event).encode(), headers)

            def do_POST(self) -> None:
                body = self.chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self.whole()
                *_, request_id, kind = self.path.split("/")
                if request_id == "init":  # before it asked for any work
                    print(body.decode())
                elif answer := api.answers.get(request_id):
                    answer.payload, answer.failed = json.loads(body or b"null"), kind == "error"
                    answer.done.set()
                self.say(202, b'{"status":"OK"}')

            def whole(self) -> bytes:
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))

            def chunks(self) -> bytes:
                found = b""
                while size := int(self.rfile.readline().strip() or b"0", 16):
                    found += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return found

            def say(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
                # without a content type AWS's client does not live on
                told = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
                try:
                    self.send_response(status)
                    for name, value in told.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body)
                    self.wfile.flush()
                except OSError:
                    return  # it was killed

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer_to(self, request_id: str, event: object, deadline: float) -> _Answer:
        answer = self.answers[request_id] = _Answer()
        self.waiting.put((request_id, event, deadline))
        return answer

    def close(self) -> None:
        self.waiting.put(None)
        self.server.shutdown()
        self.server.server_close()
