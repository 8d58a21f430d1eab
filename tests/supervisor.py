"""A small stand-in for systemd: runs services as their unit files declare them, and starts again what ends.

It reads the files of deploy/systemd, with what they have in common, and heeds of them: Environment, EnvironmentFile,
WorkingDirectory, ExecStartPre, ExecStart, Type, Restart, RestartSec. As root it also runs them as other users, who gain
no privileges, with the repository read-only. What only systemd itself can do (memory, system calls, addresses) is not
tried here.
"""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import REPOSITORY

UNITS = REPOSITORY / "deploy" / "systemd"
COMMON = UNITS / "energy-monitor-.service.d" / "50-common.conf"
INSTALLED = "/opt/energy-monitor/current"
USERS = {"energy-monitor": 64321, "energy-monitor-dashboard": 64322}
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"'


@dataclass
class Unit:
    """A unit file, and what all have in common."""

    name: str
    lines: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, name: str) -> "Unit":
        text = (UNITS / f"energy-monitor-{name}.service").read_text() + COMMON.read_text()
        found = [line.partition("=")[::2] for line in text.splitlines() if re.match(r"\w+=", line)]
        return cls(name, found)

    def all(self, key: str) -> list[str]:
        return [value for name, value in self.lines if name == key]

    def one(self, key: str, default: str = "") -> str:
        return (self.all(key) or [default])[-1]


class Supervisor:
    """Runs units in a folder that stands for /etc, /run and /var/lib."""

    def __init__(self, root: Path, settings: dict[str, str]) -> None:
        self.root, self.settings = root, settings  # `settings` take the place of those in the common part: ports
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.starts: dict[str, int] = {}
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def place(self, text: str) -> str:
        """A text with this machine's places in the place of an installed one's."""
        python = str(Path(sys.executable).parent)
        text = text.replace(f"{INSTALLED}/.venv/bin", python).replace(INSTALLED, str(REPOSITORY))
        return re.sub(
            r"(?<![\w/.])/(etc|run|var/lib)/energy-monitor", lambda m: f"{self.root}/{m[1]}/energy-monitor", text
        )

    def environment(self, unit: Unit) -> dict[str, str]:
        found = {"PATH": os.environ["PATH"]}
        for line in unit.all("Environment"):
            found |= dict(word.split("=", 1) for word in shlex.split(self.place(line)))
        found |= self.settings
        for line in unit.all("EnvironmentFile"):
            file = Path(self.place(line.removeprefix("-")))
            if not file.exists() and line.startswith("-"):
                continue
            words = [shlex.split(text) for text in file.read_text().splitlines()]
            found |= dict(word[0].split("=", 1) for word in words if word)
        return found

    def command(self, unit: Unit, line: str, environ: dict[str, str]) -> list[str]:
        """The words of an ExecStart line, for one who is what the unit says."""
        words = [re.sub(r"\$\{(\w+)\}", lambda m: environ[m[1]], word) for word in shlex.split(self.place(line))]
        if os.geteuid() != 0 or not _others_may_read(Path(sys.executable), REPOSITORY):
            return words
        user = str(USERS[unit.one("User")])
        drop = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs", "--inh-caps=-all"]
        return [*drop, "--bounding-set=-all", "--", *words]

    def _begin(self, unit: Unit, line: str, log: Path) -> subprocess.Popen[bytes]:
        environ = self.environment(unit)
        command = self.command(unit, line, environ)
        if os.geteuid() == 0:
            command = ["unshare", "--mount", "sh", "-c", READ_ONLY, str(REPOSITORY), *command]
        with log.open("ab") as out:
            return subprocess.Popen(
                command,
                env=environ,
                cwd=REPOSITORY,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def run_once(self, name: str) -> None:
        """A unit of the type oneshot: each of its commands, to its end."""
        unit = Unit.read(name)
        assert unit.one("Type") == "oneshot"
        for line in unit.all("ExecStart"):
            process = self._begin(unit, line, self.log(name))
            assert process.wait(120) == 0, self.log(name).read_text()

    def log(self, name: str) -> Path:
        return self.root / f"{name}.log"

    def start(self, name: str) -> None:
        """A unit that stays, started again whenever it ends, as it says."""
        unit = Unit.read(name)
        assert unit.one("Restart") == "always"
        thread = threading.Thread(target=self._keep, args=(name, unit), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _keep(self, name: str, unit: Unit) -> None:
        while not self._over.is_set():
            if all(self._begin(unit, line, self.log(name)).wait() == 0 for line in unit.all("ExecStartPre")):
                process = self._begin(unit, unit.one("ExecStart"), self.log(name))
                self.running[name], self.starts[name] = process, self.starts.get(name, 0) + 1
                while process.poll() is None and not self._over.is_set():
                    time.sleep(0.05)
                _end(process)  # its children too, as systemd ends a unit's whole group
            self._over.wait(float(unit.one("RestartSec")))

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(30)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def _others_may_read(*paths: Path) -> bool:
    """Whether a user who is nobody here gets to these files: not where Python or the repository is in root's home."""
    folders = {folder for path in paths for place in (path, path.resolve()) for folder in place.parents}
    return all(folder.stat().st_mode & 0o001 for folder in folders)
