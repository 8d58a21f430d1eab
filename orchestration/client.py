"""Dagster from outside, through the GraphQL of its webserver: launch a job, and follow a run."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import requests

LOCATION = "energy_monitor"
REPOSITORY = "__repository__"
OVER = {"SUCCESS", "FAILURE", "CANCELED"}
TIMEOUT_S = 30
LAUNCH_TIMEOUT_S = 300  # Dagster notes first each asset and check to come, one after another: hundreds, on a busy disk

LAUNCH = """
mutation($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""
ASSETS = """
query($job: PipelineSelector!) { assetNodes(pipeline: $job) { assetKey { path } } }
"""
PROGRESS = """
query($run: ID!) {
  runOrError(runId: $run) {
    __typename
    ... on Run {
      status
      assets { key { path } }
      stepStats { stepKey status }
      assetMaterializations { assetKey { path } }
    }
  }
}"""


class DagsterError(RuntimeError):
    """Dagster did not do what was asked: the sentence says what and why."""


@dataclass(frozen=True)
class Progress:
    """How far a run is: `done` of `total` assets, and the steps that failed."""

    status: str
    done: int
    total: int
    failed: tuple[str, ...]

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    @property
    def succeeded(self) -> bool:
        return self.status == "SUCCESS"


class Client:
    """A running Dagster, by the address of its webserver."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def query(self, document: str, timeout_s: float = TIMEOUT_S, **variables: Any) -> dict[str, Any]:
        """The data of a GraphQL answer. Raises DagsterError where there is none."""
        body = {"query": document, "variables": variables}
        try:
            answer = requests.post(f"{self.url}/graphql", json=body, timeout=timeout_s).json()
        except (requests.RequestException, ValueError) as error:
            raise DagsterError(f"Dagster at {self.url} does not answer: {error}") from error
        if answer.get("errors"):
            raise DagsterError(f"Dagster at {self.url} refused: {answer['errors'][0]['message']}")
        data: dict[str, Any] = answer["data"]
        return data

    def launch(self, job: str, first: date | None = None, last: date | None = None) -> str:
        """Starts a job, over settlement dates where it has partitions; returns the run's id."""
        days = {"start": first, "end": last}
        tags = [{"key": f"dagster/asset_partition_range_{end}", "value": str(day)} for end, day in days.items() if day]
        place = {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY}
        nodes = self.query(ASSETS, job={**place, "pipelineName": job})["assetNodes"]
        # by name, as sensors look there for what a run is going to make
        selection = [{"path": node["assetKey"]["path"]} for node in nodes]
        selector = {**place, "jobName": job, "assetSelection": selection}
        params = {"selector": selector, "runConfigData": {}, "executionMetadata": {"tags": tags}}
        found = self.query(LAUNCH, LAUNCH_TIMEOUT_S, params=params)["launchRun"]
        if found["__typename"] != "LaunchRunSuccess":
            raise DagsterError(f"Dagster at {self.url} did not start {job}: {found}")
        return str(found["run"]["runId"])

    def progress(self, run_id: str) -> Progress:
        """How far a run is."""
        found = self.query(PROGRESS, run=run_id)["runOrError"]
        if found["__typename"] != "Run":
            raise DagsterError(f"Dagster at {self.url} knows no run {run_id}")
        steps = found["stepStats"]
        return Progress(
            status=found["status"],
            done=len({tuple(made["assetKey"]["path"]) for made in found["assetMaterializations"]}),
            total=len(found["assets"]),
            failed=tuple(step["stepKey"] for step in steps if step["status"] == "FAILURE"),
        )
