"""A source on loopback that does as it is told: statuses, silences, broken answers. It keeps what it was asked."""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Say:
    """One answer. `broken_after`: the connection is reset after so many bytes. `silence_s`: before anything is said."""

    status: int = 200
    body: bytes = b'{"data":[]}'
    headers: dict[str, str] = field(default_factory=dict)
    broken_after: int | None = None
    silence_s: float = 0


@dataclass
class Source:
    url: str
    asked: list[tuple[float, str]] = field(default_factory=list)  # when, by a steady clock, and what


@contextmanager
def scripted_source(answer: Callable[[str, int], Say]) -> Iterator[Source]:
    """`answer` is told the path with its query and how often it was asked before, and says what to say."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            before = sum(path == self.path for _, path in source.asked)
            source.asked.append((time.monotonic(), self.path))
            say = answer(self.path, before)
            time.sleep(say.silence_s)
            try:
                self.send_response(say.status)
                for name, value in say.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(say.body)))
                self.end_headers()
                self.wfile.write(say.body[: say.broken_after])
            except OSError:
                return  # the client had enough
            if say.broken_after is not None:
                self.wfile.flush()
                linger = struct.pack("ii", 1, 0)  # a close that resets
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                time.sleep(0.05)
                self.connection.close()
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    source = Source(f"http://127.0.0.1:{server.server_address[1]}")
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield source
    finally:
        server.shutdown()
        server.server_close()
