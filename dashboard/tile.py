"""Tiles: one number each, with the time it is of, how fresh it is, and what state it is in."""

from dataclasses import dataclass
from datetime import datetime

from dashboard import text
from dashboard.colours import INDO
from dashboard.local_time import clock_text, day_text
from ingestion.catalogue import DATASETS
from ingestion.settlement import settlement_date_of as local_date


@dataclass(frozen=True)
class Tile:
    """`key` is for tests and styles, `dataset` says when it is late; `state` is in words already.

    measure: its key in MEASURES. trend: the last day by half-hour, drawn in `colour`.
    """

    key: str
    label: str
    value: str
    dataset: str
    start_utc: datetime | None = None
    fetched_at_utc: datetime | None = None
    state: str = ""
    detail: str = ""
    help: str | None = None
    measure: str | None = None
    trend: tuple[float | None, ...] = ()
    colour: str = INDO

    def is_stale(self, now_utc: datetime) -> bool:
        """Whether something newer should be there. Of a forecast, which may be of now, a newer issue should be."""
        dataset, fetched = DATASETS[self.dataset], self.fetched_at_utc
        is_old_issue = dataset.kind == "forecast" and fetched and now_utc - fetched > dataset.allowed_lateness
        return self.start_utc is not None and bool(is_old_issue or is_late(self.dataset, self.start_utc, now_utc))


def is_late(dataset: str, start_utc: datetime, now_utc: datetime) -> bool:
    """Whether the newest row of a dataset ended so long ago that its successor should be there."""
    return now_utc - (start_utc + DATASETS[dataset].period) > DATASETS[dataset].allowed_lateness


def when(start_utc: datetime, now_utc: datetime) -> str:
    """As 12:30 GMT; with the day where that is not today's."""
    day = local_date(start_utc)
    return clock_text(start_utc) if day == local_date(now_utc) else f"{day_text(day)}, {clock_text(start_utc)}"


def words(tile: Tile, now_utc: datetime) -> list[str]:
    """What is said below the number: of when it is, in what state, how fresh."""
    if tile.start_utc is None:
        return ["no data"]
    parts = [tile.detail, when(tile.start_utc, now_utc), tile.state, text.fetched(tile.fetched_at_utc, now_utc)]
    return [part for part in parts if part]
