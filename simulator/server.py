"""The simulator on a port of this machine: in the foreground, or in a thread for tests."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Thread
from time import monotonic, sleep

import uvicorn

from simulator import elexon, octopus
from simulator.app import build_app
from simulator.clock import Clock
from simulator.faults import Faults

HOST = "127.0.0.1"  # never more: it is a grid for this machine
START_TIMEOUT_S = 20


@dataclass(frozen=True)
class Running:
    """A simulator that answers: where each source's base URL is, and its clock."""

    port: int
    clock: Clock
    faults: Faults

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def elexon_url(self) -> str:
        return self.url + elexon.PREFIX

    @property
    def carbon_intensity_url(self) -> str:
        return self.url

    @property
    def neso_url(self) -> str:
        return f"{self.url}/api/3/action"

    @property
    def octopus_url(self) -> str:
        return self.url + octopus.PREFIX

    def set_clock(self, now_utc: datetime | None = None, speed: float = 1.0) -> None:
        """Sets the simulation's time (None: the machine's) and speed."""
        self.clock.set(now_utc, speed)


def serve(port: int, seed: int, now_utc: datetime | None = None, speed: float = 1.0, access_log: bool = False) -> None:
    """Serves until it is interrupted; port 0 is any free one. Prints the base URLs first."""
    listener = _listen(port)
    clock = Clock(now_utc, speed)
    running = Running(listener.getsockname()[1], clock, Faults(seed, clock))
    print(f"A simulated grid, seed {seed}. Base URLs:")
    print(f"  Elexon             {running.elexon_url}")
    print(f"  Carbon Intensity   {running.carbon_intensity_url}")
    print(f"  NESO               {running.neso_url}")
    print(f"  Octopus            {running.octopus_url}", flush=True)
    _server(seed, running, access_log).run(sockets=[listener])


@contextmanager
def running(
    seed: int = 1,
    now_utc: datetime | None = None,
    speed: float = 1.0,
    port: int = 0,
    clock: Clock | None = None,
) -> Iterator[Running]:
    """A simulator in a thread of this process, for as long as the block runs; with a clock of its own where given."""
    listener = _listen(port)
    own = clock or Clock(now_utc, speed)
    found = Running(listener.getsockname()[1], own, Faults(seed, own))
    server = _server(seed, found, access_log=False)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True, name="simulator")
    thread.start()
    deadline = monotonic() + START_TIMEOUT_S
    while not server.started:
        if not thread.is_alive() or monotonic() > deadline:
            raise RuntimeError(f"the simulator did not start on {found.url} within {START_TIMEOUT_S} s")
        sleep(0.01)
    try:
        yield found
    finally:
        server.should_exit = True
        thread.join(START_TIMEOUT_S)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # so that asyncio sends at once
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise OSError(f"port {port} of {HOST} cannot be used: {error.strerror}") from None
    return listener


def _server(seed: int, running: Running, access_log: bool) -> uvicorn.Server:
    level = "info" if access_log else "warning"
    app = build_app(seed, running.clock, running.faults)
    config = uvicorn.Config(app, access_log=access_log, log_level=level, lifespan="off")
    return uvicorn.Server(config)
