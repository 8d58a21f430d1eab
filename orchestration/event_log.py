"""Dagster's event log in SQLite, without a wait for the disk at each event.

A build with its tests is a thousand events. Dagster opens its files for each, commits in up to three transactions and
closes them, and SQLite has the disk confirm each commit and each close: 40 to 70 ms an event on a disk that others use
too, and 10 ms without. Nothing is lost when a process is killed. When the power is, the history of runs may be
damaged, which holds no data: orchestration.instance then says that it can be moved away.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import StringSource
from dagster._core.storage.event_log import SqliteEventLogStorage  # the public name is that of a configuration
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection


class EventLog(SqliteEventLogStorage):
    """In the same files as Dagster's own. home: DAGSTER_HOME."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {"home": StringSource}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "EventLog":
        return cls(str(Path(config_value["home"]) / "history" / "runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with super()._connect(shard) as connection:
            connection.exec_driver_sql("pragma synchronous = off")
            yield connection
