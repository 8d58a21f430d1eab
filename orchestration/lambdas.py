"""The ingester on AWS: invokes the Lambda of each dataset, waits for its answer, and shows its log."""

import base64
import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from energy_monitor.database import prepare
from energy_monitor.workspace import Workspace
from ingestion.dataset import Dataset
from ingestion.wanted import Outcome, Wanted
from orchestration.ingester import Ingester

TAIL_BYTES = 4096  # what Lambda returns of a log, at most
THROTTLED = "TooManyRequestsException"
TRIES = 5
MOST_INVOCATIONS = 24  # for one dataset of one run: six hours of them, which is when Dagster ends a run


class ByLambda(Ingester):
    """Invokes `<prefix><dataset>` for one dataset after the other, as they share what their source bears."""

    prefix: str = "energy-monitor-"
    read_timeout_s: float = 15 * 60 + 30  # a Lambda is ended after 15 minutes, and says so
    first_pause_s: float = 2  # while throttled; doubled with each of five tries

    def ingest(self, datasets: Sequence[Dataset], wanted: Wanted, log: logging.Logger) -> Iterator[Outcome]:
        """As told there."""
        prepare(Workspace(self.workspace))
        invoker = Invoker(self.prefix, self.read_timeout_s, self.first_pause_s, log)
        for dataset in datasets:
            own = wanted.of(dataset)
            yield Outcome(dataset.id) if own.is_nothing else invoker.all_of(dataset, own)


@dataclass
class Invoker:
    """Invokes Lambdas for one step of a run."""

    prefix: str
    read_timeout_s: float
    first_pause_s: float
    log: logging.Logger

    def all_of(self, dataset: Dataset, wanted: Wanted) -> Outcome:
        """Invokes a dataset's Lambda until it hands nothing back, and gives all outcomes together."""
        outcome = self.outcome(dataset, wanted.event(dataset))
        newest, invocations = outcome, 1
        while newest.left and newest.requests and invocations < MOST_INVOCATIONS:
            self.log.info(f"{dataset.id}: there was no time for {len(newest.left)} requests: they are asked for again")
            newest = self.outcome(dataset, wanted.rest(newest.left).event(dataset))
            outcome, invocations = outcome.then(newest), invocations + 1
        if not outcome.left:
            return outcome
        name, left = f"{self.prefix}{dataset.id}", f"{len(outcome.left)} requests were not made"
        why = (
            f"after {invocations} invocations: ask for fewer days at once"
            if newest.requests
            else "as there was no time for one: give it a longer timeout"
        )
        return outcome.then(Outcome.failure(dataset, f"the Lambda {name} handed work back, and {left} {why}"))

    def outcome(self, dataset: Dataset, event: Mapping[str, Any]) -> Outcome:
        """What a dataset's Lambda answered, or why it did not, in words."""
        from botocore.exceptions import BotoCoreError, ClientError

        name = f"{self.prefix}{dataset.id}"
        try:
            answer = self._invoke(name, json.dumps(event).encode())
            payload = answer["Payload"].read()
        except (BotoCoreError, ClientError) as error:
            return Outcome.failure(dataset, self._reason(name, error))
        self._show(name, answer)
        return _outcome(dataset, name, payload, has_failed="FunctionError" in answer)

    @cached_property
    def client(self) -> Any:
        import boto3  # slow to import, so only where there are Lambdas
        from botocore.config import Config

        config = Config(
            connect_timeout=10,
            read_timeout=self.read_timeout_s,
            # what is invoked twice changes nothing, and yet asks the source twice: that is for the run to decide
            retries={"max_attempts": 0},
            tcp_keepalive=True,  # nothing is heard until the answer, and networks forget silent connections
        )
        return boto3.Session().client("lambda", config=config)

    def _invoke(self, name: str, payload: bytes) -> dict[str, Any]:
        """Waits, a few times, where there are too many invocations at once: a throttled one has not begun."""
        from botocore.exceptions import ClientError

        for attempt in range(1, TRIES + 1):
            try:
                answer: dict[str, Any] = self.client.invoke(
                    FunctionName=name, InvocationType="RequestResponse", LogType="Tail", Payload=payload
                )
                break
            except ClientError as error:
                if _code(error) != THROTTLED or attempt == TRIES:
                    raise
                pause_s = self.first_pause_s * 2.0 ** (attempt - 1)
                self.log.warning(f"{name} is throttled: it is invoked again in {pause_s:g} s")
                time.sleep(pause_s)
        return answer

    def _show(self, name: str, answer: Mapping[str, Any]) -> None:
        """Writes the end of the Lambda's own log to the run's."""
        tail = base64.b64decode(answer.get("LogResult") or "")
        place = f"{name}, request {answer['ResponseMetadata'].get('RequestId')}, log group {log_group(name)}"
        cut = f": only the last {TAIL_BYTES // 1024} KB of its log are here" if len(tail) >= TAIL_BYTES else ""
        self.log.info(f"{place}{cut}")
        for line in tail.decode(errors="replace").splitlines():
            if line.strip():
                self.log.info(f"{name}: {line.rstrip()}")

    def _reason(self, name: str, error: Exception) -> str:
        """Why a Lambda was not invoked, or did not answer."""
        kind, code = type(error).__name__, _code(error)
        if code == "ResourceNotFoundException":
            return f"there is no Lambda {name} in {self.client.meta.region_name}: deploy it, or correct the prefix"
        if code == THROTTLED:
            return f"the Lambda {name} was throttled {TRIES} times: give it more concurrency, or run this again later"
        if kind == "NoCredentialsError":
            return f"there are no AWS credentials to invoke {name} with: give this process a role, or set AWS_PROFILE"
        if kind == "ReadTimeoutError":
            waited = f"did not answer within {self.read_timeout_s:g} s and may be at work still"
            return f"the Lambda {name} {waited}: see its log group {log_group(name)}"
        return f"the Lambda {name} could not be invoked: {error}"


def log_group(name: str) -> str:
    """Where CloudWatch keeps all of a Lambda's log."""
    return f"/aws/lambda/{name}"


def _code(error: Exception) -> str:
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _outcome(dataset: Dataset, name: str, payload: bytes, has_failed: bool) -> Outcome:
    """The outcome that a Lambda answered with, or raised as not all was loaded, or the reason why there is none."""
    try:
        said = json.loads(payload)
        if has_failed and said.get("errorType") != "NotAllLoaded":
            kind = f"{said['errorType']}: " if said.get("errorType") else ""
            return Outcome.failure(dataset, f"the Lambda {name} failed: {kind}{said.get('errorMessage')}")
        return Outcome(**(json.loads(said["errorMessage"]) if has_failed else said))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        shown = payload[:200].decode(errors="replace")
        return Outcome.failure(dataset, f"the Lambda {name} answered what no ingester does, {shown!r}: {error}")
