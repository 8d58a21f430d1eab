"""The resource that asks the sources: in this process. Its Lambda twin would have the same `ask`."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from energy_monitor.clock import now_utc
from energy_monitor.database import prepare
from energy_monitor.fetching import Asked, fetch_all, finish, sessions
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.dataset import Dataset
from ingestion.upkeep import requests_due


class Ingester(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Fetches, lands and loads into a workspace."""

    workspace: str

    def due(self, dataset: Dataset) -> list[str]:
        """What is to be asked of a dataset now: what is new, may have been revised, or has not come.

        Raises ValueError where it cannot be asked for.
        """
        workspace = Workspace(self.workspace)
        prepare(workspace)
        connection = workspace.connect("ingester")
        try:
            return requests_due(connection, dataset, now_utc())
        finally:
            connection.close()

    def ask(self, wanted: Sequence[tuple[Dataset, str]]) -> list[Asked]:
        """Makes requests, and says what became of each; first loads what an earlier run landed and did not load."""
        workspace = Workspace(self.workspace)
        datasets = {dataset.id: dataset for dataset, _ in wanted}.values()
        finished = list(finish(workspace, datasets))
        session_of = sessions()
        for source in {dataset.source for dataset in datasets}:
            session_of[source].budget.go_on_from(self._seconds_since_asked(source))
        return [*finished, *fetch_all(workspace, wanted, session_of)]

    def _seconds_since_asked(self, source: str) -> float:
        ids = [dataset.id for dataset in DATASETS.values() if dataset.source == source]
        ((newest,),) = self._rows("select max(fetched_at) from raw.loads where dataset = any(%s)", ids)
        return (now_utc() - newest).total_seconds() if newest else float("inf")

    def _rows(self, statement: str, parameter: object) -> list[tuple[Any, ...]]:
        workspace = Workspace(self.workspace)
        prepare(workspace)
        connection = workspace.connect("ingester")
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, [parameter])
                return cursor.fetchall()
        finally:
            connection.close()
