"""Writes what deploy/template.yaml has of the catalogue, between its marks: `make template`.

# generated: functions   for each dataset, after the pattern in dataset.yaml
# generated: invoked     the functions' addresses, for the role that may invoke them
# generated: sources     for each source, after the pattern in source.yaml
# end
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from string import Template

from ingestion.catalogue import DATASETS
from ingestion.dataset import Dataset
from ingestion.settlement import DAY, HOUR
from ingestion.sources import SOURCES

FOLDER = Path(__file__).resolve().parent
TEMPLATE = FOLDER / "template.yaml"
# Dagster asks a source by one run at a time. The second is for a run that was killed while its Lambda goes on.
MOST_AT_ONCE = 2


def resource_name(identifier: str) -> str:
    """A dataset's or source's name as CloudFormation takes it: `carbon_factors` is `CarbonFactors`."""
    return "".join(word.capitalize() for word in identifier.split("_"))


def concurrency(dataset: Dataset) -> int:
    """How many of its Lambda may run at once: never more than its source bears requests."""
    return min(MOST_AT_ONCE, SOURCES[dataset.source].at_once)


def silence(datasets: Iterable[Dataset]) -> timedelta:
    """How long nothing may be heard of a source before somebody is told: its datasets are asked for more often."""
    return HOUR if min(dataset.cadence for dataset in datasets) < HOUR else DAY


def filled(text: str) -> str:
    """The template with what is generated in its places. Raises KeyError for a mark that is not known here."""
    parts = {"functions": _functions(), "invoked": _invoked(), "sources": _sources()}
    mark = re.compile(r"^( *)# generated: (\w+)\n.*?^ *# end\n", re.MULTILINE | re.DOTALL)
    return mark.sub(lambda m: f"{m[1]}# generated: {m[2]}\n{parts[m[2]]}{m[1]}# end\n", text)


def _functions() -> str:
    pattern = _pattern("dataset.yaml")
    values = [
        {"Name": resource_name(one.id), "dataset": one.id, "source": one.source, "concurrency": concurrency(one)}
        for one in DATASETS.values()
    ]
    return "\n".join(pattern.substitute(one) for one in values)


def _invoked() -> str:
    return "".join(f"{' ' * 18}- !GetAtt {resource_name(dataset)}Function.Arn\n" for dataset in DATASETS)


def _sources() -> str:
    pattern = _pattern("source.yaml")
    parts = []
    for source in SOURCES.values():
        period = silence(dataset for dataset in DATASETS.values() if dataset.source == source.id)
        values = {"Name": resource_name(source.id), "title": source.title, "source": source.id}
        parts.append(pattern.substitute(values, period=round(period.total_seconds())))
    return "\n".join(parts)


def _pattern(name: str) -> Template:
    """A pattern, without the comment above it."""
    lines = (FOLDER / name).read_text().splitlines(keepends=True)
    return Template("".join(line for line in lines if not line.startswith("#")))


if __name__ == "__main__":
    TEMPLATE.write_text(filled(TEMPLATE.read_text()))
