"""The catalogue of datasets. Raw tables, parsing, windows and the status page are derived from it.

Adding a dataset is one declaration in a module of `ingestion/datasets/`.
"""

from collections import ChainMap
from collections.abc import Mapping

from ingestion.dataset import Dataset
from ingestion.datasets import carbon_intensity, elexon, elexon_forecasts, elexon_system, history, neso, octopus, own

MODULES = (elexon, elexon_forecasts, elexon_system, carbon_intensity, neso, octopus)
DATASETS: dict[str, Dataset] = {dataset.id: dataset for module in MODULES for dataset in module.DATASETS}
# What files brought in: tables like the others, and no source to ask.
HISTORIES: dict[str, Dataset] = {dataset.id: dataset for dataset in history.DATASETS}
# What we say ourselves: likewise.
OWN: dict[str, Dataset] = {dataset.id: dataset for dataset in own.DATASETS}
KEPT: Mapping[str, Dataset] = ChainMap(DATASETS, HISTORIES, OWN)


def dataset_of(source: str, request: str) -> Dataset | None:
    """The dataset of a source that answers a request; None where the catalogue knows none yet."""
    return next((d for d in DATASETS.values() if d.source == source and d.answers(request)), None)
