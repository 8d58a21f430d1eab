"""The ingester's way into the database: an address, or a secret that may change at any time, and a place to wait for.

ENERGY_MONITOR_INGESTER_URL      a PostgreSQL address with the ingester's login, or
ENERGY_MONITOR_INGESTER_SECRET   the ARN of a secret of Secrets Manager: JSON with host, port, username, password and
                                 dbname, as RDS writes it
ENERGY_MONITOR_SECRET_SECONDS    how long a secret is kept before it is read again, by default 300
PGSSLMODE, PGSSLROOTCERT         libpq's own; beside a secret the first is verify-full unless it says otherwise
"""

import json
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

URL, SECRET = "ENERGY_MONITOR_INGESTER_URL", "ENERGY_MONITOR_INGESTER_SECRET"
KEPT_FOR = "ENERGY_MONITOR_SECRET_SECONDS"
FIELDS = {"host": "host", "port": "port", "dbname": "dbname", "user": "username", "password": "password"}
# A function that was frozen or cut off in a transaction must not hold its dataset's lock for the hours that TCP takes
# to notice: the server looks after half a minute of silence, and ends an idle transaction after two minutes.
OPTIONS = (
    "-c timezone=UTC -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
    " -c idle_in_transaction_session_timeout=120s"
)
# libpq gives no code for a refused connection, only the server's sentence.
FULL = ("too many clients already", "too many connections for", "connection slots are reserved")
WRONG_PASSWORD = "password authentication failed"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
ROTATION_S = 20.0  # a rotation gives the database its new password some seconds before the secret says it


class NoWayIn(RuntimeError):
    """The database cannot be reached, is full or does not know us; the sentence says which, and what to do."""


@dataclass
class Login:
    """How to connect, by the environment. One per process: it keeps the secret between invocations."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    steady: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _kept: dict[str, str] | None = None
    _read_at: float = 0
    _lock: Lock = field(default_factory=Lock)

    def connect(self, wait_s: float) -> Connection:
        """A connection. A refused login reads the secret again; for a free place it waits, up to `wait_s` seconds.

        Raises NoWayIn.
        """
        began, pause_s = self.steady(), FIRST_PAUSE_S
        parameters = self.parameters()
        while True:
            try:
                return _connect(parameters)
            except psycopg2.OperationalError as error:
                reason, waited = str(error).strip(), self.steady() - began
                # by chance, so that those who were refused together do not come back together
                pause = random.uniform(FIRST_PAUSE_S / 2, pause_s)
                if any(words in reason for words in FULL):
                    if waited + pause > wait_s:
                        raise NoWayIn(
                            f"the database had no free connection for {waited:.0f} s ({reason.splitlines()[-1]}): "
                            "ask for less at once, or raise max_connections"
                        ) from error
                else:
                    # whatever is wrong may be what the secret said: it is read again, and tried where it says otherwise
                    refused, parameters = parameters, self.parameters(refused=parameters)
                    if parameters != refused:
                        continue
                    may_change = SECRET in self.environ and WRONG_PASSWORD in reason
                    if not may_change or waited + pause > min(ROTATION_S, wait_s):
                        raise NoWayIn(f"the database does not let the ingester in: {reason}") from error
                self.sleep(pause)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def parameters(self, refused: Mapping[str, str] | None = None) -> dict[str, str]:
        """What psycopg2 is told. A secret that says what was refused is read again, whatever its age.

        Raises NoWayIn where there is no login, or no secret that can be read.
        """
        if arn := self.environ.get(SECRET):
            with self._lock:
                is_old = self.steady() - self._read_at > float(self.environ.get(KEPT_FOR) or 300)
                if self._kept is None or is_old or refused == self._kept:
                    self._kept, self._read_at = self._said(arn), self.steady()
                return self._kept
        if url := self.environ.get(URL):
            return {"dsn": url}
        raise NoWayIn(f"neither {SECRET} nor {URL} is set: the ingester has no login")

    def _said(self, arn: str) -> dict[str, str]:
        secret = read_secret(arn)
        lacking = [name for name in FIELDS.values() if not secret.get(name)]
        if lacking:
            raise NoWayIn(f"the secret {arn} lacks {', '.join(lacking)}")
        mode = self.environ.get("PGSSLMODE") or "verify-full"
        return {key: str(secret[name]) for key, name in FIELDS.items()} | {"sslmode": mode}


def _connect(parameters: Mapping[str, Any]) -> Connection:
    connection: Connection = psycopg2.connect(
        **parameters, options=OPTIONS, connect_timeout=10, application_name="energy-monitor-ingester"
    )
    return connection


def read_secret(arn: str) -> dict[str, Any]:
    """A secret's fields, from Secrets Manager. Raises NoWayIn where it cannot be read or is no JSON object."""
    import boto3  # slow to import, so only where there is a secret
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    config = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 5, "mode": "standard"})
    try:
        client = boto3.client("secretsmanager", config=config)
        text = client.get_secret_value(SecretId=arn)["SecretString"]
    except (BotoCoreError, ClientError, ValueError, KeyError) as error:
        raise NoWayIn(f"the secret {arn} cannot be read: {error}") from error
    try:
        secret = json.loads(text)
    except ValueError:
        secret = None
    if not isinstance(secret, dict):
        raise NoWayIn(f"the secret {arn} is no JSON object")  # and what it is instead is nobody's business
    return secret
