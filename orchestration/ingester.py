"""The resource that asks the sources: in this process. Its Lambda twin would have the same `ask`."""

from collections.abc import Sequence

import dagster as dg

from energy_monitor.database import prepare
from energy_monitor.fetching import Asked, fetch_all, finish, sessions
from energy_monitor.workspace import Workspace
from ingestion.dataset import Dataset


class Ingester(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Fetches, lands and loads into a workspace."""

    workspace: str

    def ask(self, wanted: Sequence[tuple[Dataset, str]]) -> list[Asked]:
        """Makes requests, and says what became of each; first loads what an earlier run landed and did not load."""
        workspace = Workspace(self.workspace)
        prepare(workspace)
        datasets = {dataset.id: dataset for dataset, _ in wanted}.values()
        return [*finish(workspace, datasets), *fetch_all(workspace, wanted, sessions())]
