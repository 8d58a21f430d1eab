"""The resource that asks the sources: in this process. Its Lambda twin would have the same `ask`."""

from collections.abc import Iterable

import dagster as dg

from energy_monitor.database import prepare
from energy_monitor.fetching import Asked, fetch_all, finish, sessions
from energy_monitor.workspace import Workspace
from ingestion.dataset import Dataset


class Ingester(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Fetches, lands and loads into a workspace."""

    workspace: str

    def ask(self, dataset: Dataset, requests: Iterable[str]) -> list[Asked]:
        """Makes requests and says what became of each, and of what an earlier run landed and did not load."""
        workspace = Workspace(self.workspace)
        prepare(workspace)
        finished = list(finish(workspace, [dataset]))
        return finished + list(fetch_all(workspace, [(dataset, request) for request in requests], sessions()))
