"""A standalone Spark cluster on this machine: a master, two workers and a Thrift server, each a process of its own."""

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.test_up import free_ports

START_TIMEOUT_S = 240
SETTINGS = """
spark.master                               spark://127.0.0.1:{master}
spark.driver.host                          127.0.0.1
spark.driver.bindAddress                   127.0.0.1
spark.driver.memory                        1g
spark.executor.memory                      2g
spark.executor.cores                       1
spark.ui.enabled                           false
spark.sql.shuffle.partitions               4
spark.sql.sources.default                  parquet
spark.sql.warehouse.dir                    file:{folder}/warehouse
spark.local.dir                            {folder}/tmp
spark.driver.extraJavaOptions              -Dderby.system.home={folder}/catalogue -Duser.timezone=UTC
spark.executor.extraJavaOptions            -Duser.timezone=UTC
spark.hadoop.javax.jdo.option.ConnectionURL  jdbc:derby:;databaseName={folder}/catalogue/metastore_db;create=true
"""


@dataclass
class SparkCluster:
    """A running cluster: where dbt connects, where tables are, and its processes by name."""

    folder: Path
    port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse"

    def environ(self, row_files: str) -> dict[str, str]:
        """What dbt's target `spark` reads."""
        return {"SPARK_THRIFT_PORT": str(self.port), "ENERGY_MONITOR_ROW_FILES": row_files}

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def kill(self, name: str) -> None:
        """As kill -9 does, with what the process started: a worker and its executors."""
        process = self.processes[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def lacking() -> str:
    """What a cluster needs and is not there; empty where nothing lacks."""
    lacks = [f"the package {name}" for name in ("pyspark", "pyhive") if not importlib.util.find_spec(name)]
    return " and ".join([*lacks, *([] if shutil.which("java") else ["Java 17 or newer"])])


def _home() -> Path:
    """Where the package pyspark is."""
    (place,) = importlib.util.find_spec("pyspark").submodule_search_locations
    return Path(place)


@contextlib.contextmanager
def spark_cluster(folder: Path) -> Iterator[SparkCluster]:
    """Starts a cluster in an empty folder, and ends it."""
    home = _home()
    master, web, thrift = free_ports(3)
    for name in ("tmp", "conf", "catalogue", "warehouse"):
        (folder / name).mkdir(parents=True)
    (folder / "conf" / "spark-defaults.conf").write_text(SETTINGS.format(master=master, folder=folder))
    (folder / "conf" / "log4j2.properties").write_text("rootLogger.level = warn\n" + CONSOLE)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    environ = inherited | {
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(folder / "conf"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder / "tmp"),
        "TZ": "UTC",
    }
    small = {"SPARK_DAEMON_MEMORY": "256m"}  # not for the Thrift server, which takes it for its own
    cluster = SparkCluster(folder, thrift)

    def start(name: str, *arguments: str, more: dict[str, str] | None = None) -> None:
        with (folder / f"{name}.log").open("wb") as log:
            cluster.processes[name] = subprocess.Popen(
                [str(home / "bin" / "spark-class"), *arguments],
                cwd=folder,
                env=environ | (more or {}),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def alive_workers() -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/json/", timeout=5) as answer:
            return sum(worker["state"] == "ALIVE" for worker in json.load(answer)["workers"])

    def answers() -> bool:
        socket.create_connection(("127.0.0.1", thrift), timeout=5).close()
        return True

    place = f"spark://127.0.0.1:{master}"
    deploy = "org.apache.spark.deploy"
    try:
        ports = ("--host", "127.0.0.1", "--port", str(master), "--webui-port", str(web))
        start("master", f"{deploy}.master.Master", *ports, more=small)
        _wait(cluster, lambda: alive_workers() == 0)
        for name in ("worker-1", "worker-2"):
            own = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0", "--work-dir", str(folder / name))
            start(name, f"{deploy}.worker.Worker", *own, "--cores", "1", "--memory", "2g", place, more=small)
        _wait(cluster, lambda: alive_workers() == 2)
        server = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
        listen = ("--hiveconf", f"hive.server2.thrift.port={thrift}")
        listen += ("--hiveconf", "hive.server2.thrift.bind.host=127.0.0.1")
        start("thrift", f"{deploy}.SparkSubmit", "--class", server, *listen, "spark-internal")
        _wait(cluster, answers)
        yield cluster
    finally:
        for name in reversed(cluster.processes):
            cluster.kill(name)


CONSOLE = """
rootLogger.appenderRef.stdout.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex
"""


def _wait(cluster: SparkCluster, is_ready: Callable[[], bool]) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        for name, process in cluster.processes.items():
            assert process.poll() is None, f"{name} ended by itself:\n{cluster.log(name)[-3000:]}"
        with contextlib.suppress(OSError, ValueError):
            if is_ready():
                return
        time.sleep(0.5)
    raise AssertionError(f"the cluster did not start within {START_TIMEOUT_S} s; its logs are in {cluster.folder}")
