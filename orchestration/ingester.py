"""The resource that asks the sources: what every one of them does, and the one that asks in this process."""

import logging
from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from energy_monitor.clock import now_utc
from energy_monitor.database import prepare
from energy_monitor.fetching import Asked, fetch_all, finish, sessions
from energy_monitor.workspace import Workspace
from ingestion.answered import requests_wanted, seconds_since_asked
from ingestion.dataset import Dataset
from ingestion.wanted import Outcome, Wanted


class Ingester(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Fetches, lands and loads into a workspace."""

    workspace: str

    def ingest(self, datasets: Sequence[Dataset], wanted: Wanted, log: logging.Logger) -> Iterator[Outcome]:
        """Asks one source for some of its datasets, and yields what became of each; no failure holds another up."""
        raise NotImplementedError


class InProcess(Ingester):
    """Asks in this process, as many requests at once as the source bears."""

    def ingest(self, datasets: Sequence[Dataset], wanted: Wanted, log: logging.Logger) -> Iterator[Outcome]:
        """As told there. Faults of the lake and the database are raised, as they are everybody's."""
        workspace = Workspace(self.workspace)
        prepare(workspace)
        connection = workspace.connect("ingester")
        to_ask: dict[Dataset, tuple[list[str], int]] = {}
        try:
            for dataset in datasets:
                try:
                    to_ask[dataset] = requests_wanted(connection, dataset, wanted.of(dataset), now_utc())
                except ValueError as error:
                    yield Outcome.failure(dataset, str(error))
            since_asked = {d.source: seconds_since_asked(connection, d.source, now_utc()) for d in to_ask}
        finally:
            connection.close()
        asked = _ask(workspace, {dataset: requests for dataset, (requests, _) in to_ask.items()}, since_asked)
        for dataset, (requests, answered_before) in to_ask.items():
            places = {request: place for place, request in enumerate(requests)}  # they come as they are done
            results = [(one.request, one.loaded) for one in asked if one.dataset is dataset]
            results.sort(key=lambda result: places.get(result[0], -1))
            yield Outcome.of(dataset, results, answered_before)


def _ask(
    workspace: Workspace, to_ask: Mapping[Dataset, Sequence[str]], since_asked: Mapping[str, float]
) -> list[Asked]:
    """Makes requests; first loads what an earlier run landed and did not load."""
    finished = list(finish(workspace, [dataset for dataset, requests in to_ask.items() if requests]))
    session_of = sessions()
    for source, seconds in since_asked.items():
        session_of[source].budget.go_on_from(seconds)
    wanted = [(dataset, request) for dataset, requests in to_ask.items() for request in requests]
    return [*finished, *fetch_all(workspace, wanted, session_of)]
