"""The process whose children are the runs: it has imported and parsed everything, so that a run begins at once.

    python -m orchestration.worker --port N

Dagster's own way starts a Python for each run, which imports for three seconds, and dbt parses for some more. This one
greets who connects on 127.0.0.1, is told the id of a run, forks, and answers with the process that runs it
(`launcher.py`).
"""

import contextlib
import os
import random
import runpy
import select
import signal
import socket
import sys
from collections.abc import Callable
from uuid import UUID

import click
import dagster as dg
from dagster._grpc.types import ExecuteRunArgs  # what every launcher hands to `dagster api execute_run`

from orchestration.builder import parsed_for
from orchestration.definitions import defs, workspace_name
from orchestration.launcher import GREETING, HOST, process_text

RUN_ID_BYTES = 36
EVERY_S = 1.0


def serve(server: socket.socket, warm: Callable[[], None], run: Callable[[str], None]) -> None:
    """Forks for each run id that comes, for ever; `warm` is called once, when nothing else is to be done."""
    is_warm = False
    while True:
        if select.select([server], [], [], EVERY_S if is_warm else 0)[0]:
            with contextlib.suppress(OSError, ValueError), server.accept()[0] as client:
                client.settimeout(EVERY_S)
                client.sendall(GREETING)
                run_id = str(UUID(client.recv(RUN_ID_BYTES).decode()))
                client.sendall(process_text(_fork(server, run, run_id)).encode())
        elif not is_warm:
            warm()
            is_warm = True
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _fork(server: socket.socket, run: Callable[[str], None], run_id: str) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    if pid := os.fork():
        return pid
    code = 1
    try:
        server.close()
        random.seed()
        run(run_id)
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # no clean-up of what is the parent's


def execute(run_id: str) -> None:
    """`dagster api execute_run` of a run of this instance."""
    with dg.DagsterInstance.get() as instance:
        run = instance.get_run_by_id(run_id)
        if run is None or run.job_code_origin is None:
            raise ValueError(f"there is no run {run_id} that could be executed")
        arguments = ExecuteRunArgs(run.job_code_origin, run_id, instance.get_ref()).get_command_args()
    sys.argv = ["dagster", *arguments[arguments.index("api") :]]
    runpy.run_module("dagster", run_name="__main__")


@click.command()
@click.option("--port", type=int, required=True, help="Where to listen for the ids of runs.")
def main(port: int) -> None:
    """Wait for runs."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    defs().get_repository_def()
    with socket.create_server((HOST, port), backlog=64) as server:
        serve(server, lambda: parsed_for(workspace_name()) and None, execute)


if __name__ == "__main__":
    main()
