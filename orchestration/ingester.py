"""The resource that asks the sources: in this process. Its Lambda twin would have the same `ask`."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import dagster as dg

from energy_monitor.clock import now_utc
from energy_monitor.database import prepare
from energy_monitor.fetching import Asked, fetch_all, finish, sessions
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.dataset import Dataset


class Ingester(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Fetches, lands and loads into a workspace."""

    workspace: str

    def asked_up_to(self, datasets: Sequence[Dataset]) -> dict[str, date]:
        """The newest settlement date that a loaded answer was of, by dataset; of some there may be none yet."""
        statement = "select dataset, max(settlement_date) from raw.load_days where dataset = any(%s) group by dataset"
        return dict(self._rows(statement, [dataset.id for dataset in datasets]))

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
