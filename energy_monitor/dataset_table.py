"""The table of datasets in docs/datasets.md, made from the catalogue: `python -m energy_monitor.dataset_table`."""

import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from ingestion.catalogue import DATASETS, HISTORIES, OWN
from ingestion.dataset import Dataset
from ingestion.settlement import DAY, HOUR
from ingestion.sources import SOURCES

PLACE = Path(__file__).resolve().parents[1] / "docs" / "datasets.md"
SEEN = {
    "recorded": "yes, as it came",
    "rebuilt": "values yes; the JSON was put together again",
    "no": "**not seen live**",
}
ABOUT = """# Datasets

Made from the catalogue (`ingestion/datasets/`) by `make docs`; a test holds it, the raw tables, the dbt sources and
Dagster's assets against each other.

Each has a table `raw.<dataset>` that keeps every version of every row, under the source's own field names, and a
staging model. *Due* is when a row should be there, counted from the end of what it stands for; *again* are the ages of
a settlement date at which it is asked for again. Within *revised for*, a period that was due, asked for and has not
come is asked for again, after pauses that grow from 30 minutes to a day, and `energy-monitor status` names it. *Real
body* says whether a real response was held against the code; what was not seen live is written from the source's
documents.
"""


def page() -> str:
    """The whole page, as Markdown."""
    parts = [ABOUT]
    for source in SOURCES.values():
        datasets = [dataset for dataset in DATASETS.values() if dataset.source == source.id]
        parts.append(f"## {source.title}\n\n{source.attribution}.\n\n{_table(datasets)}")
    parts.append(
        "## Long history\n\nFiles that somebody kept, brought in by `energy-monitor history` (see "
        f"[history.md](history.md)). They are never asked for.\n\n{_history_table(HISTORIES.values())}"
    )
    parts.append(
        "## Our own\n\nWhat we say ourselves, written down each evening by `energy-monitor advise` (see "
        f"[scorecard.md](scorecard.md)). Nobody is asked for it.\n\n{_history_table(OWN.values())}"
    )
    return "\n".join(parts)


def _table(datasets: Iterable[Dataset]) -> str:
    head = ("dataset", "what it says", "values", "published", "due", "revisions", "again", "real body")
    rows = [
        (
            f"`{one.id}`",
            f"{one.title}. {one.meaning}",
            _values(one),
            f"every {_length(one.cadence)}",
            _due(one),
            f"{one.revisions} Revised for: {_length(one.revised_for)}." if one.revised_for else one.revisions,
            ", ".join(_length(age) for age in one.again_at) or "–",
            SEEN[one.seen],
        )
        for one in datasets
    ]
    return _markdown(head, rows)


def _history_table(datasets: Iterable[Dataset]) -> str:
    head = ("dataset", "what it says", "values")
    return _markdown(head, [(f"`{one.id}`", f"{one.title}. {one.meaning}", _values(one)) for one in datasets])


def _markdown(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _values(dataset: Dataset) -> str:
    """Columns by their unit, so that a dozen in MW take one line."""
    by_unit: dict[str, list[str]] = {}
    for column in dataset.values:
        by_unit.setdefault(column.unit, []).append(f"`{column.name}`")
    return "; ".join(", ".join(names) + (f" ({unit})" if unit else "") for unit, names in by_unit.items()) or "–"


def _due(dataset: Dataset) -> str:
    if dataset.kind == "reference" or dataset.newest:
        return "at once"
    lag = dataset.publication_lag
    return f"{_length(-lag)} before" if lag < timedelta(0) else f"{_length(lag)} after" if lag else "at once"


def _length(length: timedelta) -> str:
    for unit, name in ((DAY, "d"), (HOUR, "h"), (timedelta(minutes=1), "min"), (timedelta(seconds=1), "s")):
        if length >= 2 * unit or length == unit:
            count = length / unit
            return f"{count:.0f} {name}" if count == int(count) else f"{count:.1f} {name}"
    return "0"


if __name__ == "__main__":
    PLACE.write_text(page())
    sys.stdout.write(f"{PLACE.name} is written\n")
