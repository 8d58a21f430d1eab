"""A process that `up` started, and what it prints: in a log of bounded size, its last lines at hand."""

import logging
import subprocess
from collections import deque
from logging.handlers import RotatingFileHandler
from pathlib import Path
from threading import Thread

LOG_BYTES = 5_000_000  # per file; the one before is kept too
LONGEST_LINE = 65_536
TAIL_LINES = 8


class Child:
    """A running process and its log."""

    def __init__(self, name: str, process: subprocess.Popen[str], log: Path) -> None:
        self.name, self.process, self.log = name, process, log
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._pump = Thread(target=self._write_log, daemon=True, name=f"log of {name}")
        self._pump.start()

    def _write_log(self) -> None:
        handler = _Log(self.log, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True)
        assert self.process.stdout is not None
        while line := self.process.stdout.readline(LONGEST_LINE):
            self.tail.append(line.rstrip("\n"))
            handler.emit(logging.makeLogRecord({"msg": line.rstrip("\n")}))
        handler.close()

    def last_lines(self) -> list[str]:
        """The end of what it printed."""
        if self.process.poll() is not None:
            self._pump.join(1)  # what it said last may still be on its way
        return list(self.tail)

    def last_words(self) -> str:
        """The same, for a message."""
        lines = self.last_lines()
        return "\n".join([f"the end of {self.log}:", *(f"  {line}" for line in lines)]) if lines else "it said nothing"


class _Log(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing: a full disk costs lines, and must not leave a child waiting for somebody to read them."""
