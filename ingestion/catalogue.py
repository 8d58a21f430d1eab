"""The catalogue of datasets. Raw tables, parsing, windows and the status page are derived from it.

Adding a dataset is one declaration in a module of `ingestion/datasets/`.
"""

from ingestion.dataset import Dataset
from ingestion.datasets import carbon_intensity, elexon, neso

DATASETS: dict[str, Dataset] = {d.id: d for d in (*elexon.DATASETS, *carbon_intensity.DATASETS, *neso.DATASETS)}


def dataset_of(source: str, request: str) -> Dataset | None:
    """The dataset of a source that answers a request; None where the catalogue knows none yet."""
    return next((d for d in DATASETS.values() if d.source == source and d.answers(request)), None)
