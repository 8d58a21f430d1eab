"""`energy-monitor` as the drill runs it: with the pauses of a patient client cut short, and nothing else."""

import contextlib
import io
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from unittest.mock import patch

import ingestion.session
from ingestion.session import Manners
from tests.conftest import REPOSITORY

PATIENCE = "DRILL_PATIENCE_S"
NO_FAULT = (0, 1, 2)  # done; some answers were not loaded; could not go on, and said why


@dataclass(frozen=True)
class Outcome:
    """What a command said. `code` is None where it was killed."""

    code: int | None
    out: str
    err: str

    @property
    def is_unexpected(self) -> bool:
        """Whether it ended in a way that no user should see."""
        return self.code is not None and (self.code not in NO_FAULT or "Traceback" in self.err)


@contextlib.contextmanager
def short_pauses(patience_s: float) -> Iterator[None]:
    """Sessions of this process wait hardly at all between attempts, and not long for an answer."""
    manners = Manners(connect_timeout_s=patience_s, read_timeout_s=patience_s, first_pause_s=0.01)
    with patch.object(ingestion.session, "Manners", lambda: manners):
        yield


def here(environ: Mapping[str, str], *arguments: str) -> Outcome:
    """A command in this process, as if it were one of its own."""
    from energy_monitor.cli import main

    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        patch.dict(os.environ, environ),
        patch.object(sys, "argv", ["energy-monitor", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        short_pauses(float(environ[PATIENCE])),
    ):
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        except BaseException:
            code = 70
            traceback.print_exc(file=err)
    return Outcome(code, out.getvalue(), err.getvalue())


def started(environ: Mapping[str, str], *arguments: str) -> "subprocess.Popen[str]":
    """A command in a process of its own, under way."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.drill.ingester", *arguments],
        cwd=REPOSITORY,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: "subprocess.Popen[str]", timeout_s: float = 300) -> Outcome:
    """Waits for a command."""
    out, err = process.communicate(timeout=timeout_s)
    return Outcome(None if process.returncode < 0 else process.returncode, out, err)


if __name__ == "__main__":
    from energy_monitor.cli import main

    with short_pauses(float(os.environ[PATIENCE])):
        main()
