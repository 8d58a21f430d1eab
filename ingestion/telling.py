"""What an invocation tells: lines of a log, and a line that CloudWatch makes metrics of. All are JSON.

Each names its dataset and its correlation id: Dagster's run, where one asked, else Lambda's request. The metrics have
the source as their one dimension, as a metric costs 0.30 USD a month: of which dataset they are, their line says.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from ingestion.dataset import Dataset
from ingestion.wanted import Outcome

NAMESPACE = "EnergyMonitor"
logger = Logger(service="energy-monitor")


@dataclass
class Told:
    """What is known of an invocation by its end. overdue: by how much the newest row is older than it may be."""

    outcome: Outcome | None = None
    overdue: timedelta | None = None
    began: float = field(default_factory=time.monotonic)

    def metrics(self) -> dict[str, tuple[MetricUnit, float]]:
        """By name, in a unit. Without an outcome the invocation as a whole failed."""
        outcome = self.outcome or Outcome("", failed=1)
        found = {
            "Requests": (MetricUnit.Count, float(outcome.requests)),
            "RowsNew": (MetricUnit.Count, float(outcome.rows_new)),
            "Failures": (MetricUnit.Count, float(outcome.failed)),
            "Seconds": (MetricUnit.Seconds, time.monotonic() - self.began),
        }
        if self.overdue is not None:
            found["Overdue"] = (MetricUnit.Seconds, max(0.0, self.overdue.total_seconds()))
        return found


@contextmanager
def telling(dataset: Dataset, correlation_id: str, request_id: str | None) -> Iterator[Told]:
    """The keys of every line within the block, and the metrics at its end, whether it failed or not."""
    keys = {"correlation_id": correlation_id, "request_id": request_id, "dataset": dataset.id}
    logger.thread_safe_append_keys(**keys)
    told = Told()
    try:
        yield told
    except Exception as error:
        if told.outcome is None:
            logger.error("failed", extra={"reason": f"{type(error).__name__}: {error}"})
        raise
    finally:
        _write_metrics(dataset, keys, told)
        logger.thread_safe_clear_keys()


def _write_metrics(dataset: Dataset, keys: dict[str, Any], told: Told) -> None:
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    metrics.add_dimension("source", dataset.source)
    for name, value in keys.items():
        metrics.add_metadata(name, value)
    for name, (unit, number) in told.metrics().items():
        metrics.add_metric(name, unit, number)
    metrics.flush_metrics()
