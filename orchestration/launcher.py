"""How runs are started: by the worker that has all at hand, or in Dagster's own way where it does not answer."""

import os
import signal
import socket
from collections.abc import Mapping
from typing import Any

import dagster as dg
import psutil
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._serdes import ConfigurableClassData

HOST = "127.0.0.1"
PROCESS = "energy_monitor/process"  # the tag of a run that says which process runs it
GREETING = b"which?"
PATIENCE_S = 30.0  # the worker parses the dbt project once, which takes longer than this on a busy machine


class WarmLauncher(dg.DefaultRunLauncher):
    """Hands runs to `orchestration.worker` on a port of this machine."""

    def __init__(self, port: int | None = None, inst_data: ConfigurableClassData | None = None) -> None:
        self.port = port
        super().__init__(inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {"port": dg.Field(dg.IntSource, is_required=False)}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> "WarmLauncher":
        return cls(inst_data=inst_data, **config_value)

    def launch_run(self, context: LaunchRunContext) -> None:
        run_id = context.dagster_run.run_id
        if process := self._handed_over(run_id):
            self._instance.add_run_tags(run_id, {PROCESS: process})
        else:
            super().launch_run(context)

    def terminate(self, run_id: str) -> bool:
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        if PROCESS not in run.tags:
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        self._instance.report_run_canceling(run)
        if process := _living(run.tags[PROCESS]):
            os.kill(process.pid, signal.SIGINT)
        else:
            self._instance.report_run_canceled(run)
        return True

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the process of a run lives. Dagster's own runs are watched by its code server."""
        if PROCESS not in run.tags or _living(run.tags[PROCESS]):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, "The process of the run has ended.")

    def _handed_over(self, run_id: str) -> str | None:
        """The process that runs it, as text; None where there is no worker that would.

        The worker is told of the run when it has greeted: told before, it would run it also after this gave up on it.
        """
        if self.port is None:
            return None
        try:
            with socket.create_connection((HOST, self.port), timeout=PATIENCE_S) as worker:
                if worker.recv(len(GREETING)) != GREETING:
                    return None
                worker.sendall(run_id.encode())
                worker.settimeout(None)  # it runs it now, whenever it says so
                return worker.recv(64).decode() or None
        except OSError:
            return None


def process_text(pid: int) -> str:
    """A process by its number and its beginning, as numbers are used again."""
    return f"{pid} {psutil.Process(pid).create_time():.2f}"


def _living(text: str) -> psutil.Process | None:
    number, _ = text.split()
    try:
        process = psutil.Process(int(number))
        is_it = process_text(process.pid) == text and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return process if is_it else None
