"""What to ask a source for: settlement dates, or now, to requests. Pure."""

from collections.abc import Iterator
from datetime import date, datetime

from ingestion.dataset import Dataset
from ingestion.settlement import DAY, half_hour_start, settlement_date_of


def requests_for_days(dataset: Dataset, first_day: date, last_day: date) -> Iterator[str]:
    """Requests that together cover settlement dates, in order of time; none for a dataset that has no past."""
    if dataset.newest is None:
        for scope in dataset.scopes:
            yield from dataset.forms[0].windows(first_day, last_day, dataset.period, **scope)


def requests_for(dataset: Dataset, first_day: date | None, last_day: date | None, now: datetime) -> list[str]:
    """Requests for settlement dates, by default yesterday and today; or for what the source knows now.

    Raises ValueError for dates of a dataset whose source keeps no past, and for a last day before the first.
    """
    if dataset.newest is not None:
        if first_day or last_day:
            raise ValueError(f"{dataset.id} can only be asked for as it is now, as its source keeps no past")
        half_hour = half_hour_start(now).strftime("%Y-%m-%dT%H:%MZ")
        return [dataset.newest.format(now=half_hour, **scope) for scope in dataset.scopes]
    first, last = span(first_day, last_day, now + dataset.ahead)
    return list(requests_for_days(dataset, first, last))


def span(first_day: date | None, last_day: date | None, now: datetime) -> tuple[date, date]:
    """The settlement dates meant: to today where no last one is given, from the day before where no first one is."""
    last = last_day or max(settlement_date_of(now), first_day or date.min)
    first = first_day or last - DAY
    if last < first:
        raise ValueError(f"the last day, {last}, is before the first, {first}")
    return first, last
