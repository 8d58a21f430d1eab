"""What Now is made of: the spans that it draws, and all of it asked at once, for the page that is published."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard import present
from dashboard.connection import NotBuiltError, Row, one_moment
from dashboard.marts import common, over_time
from dashboard.marts import now as marts
from dashboard.tile import Tile
from dashboard.windows import Slot, Span, half_hour_slots
from ingestion.settlement import DAY, HALF_HOUR, half_hour_start, local_midnight_utc
from ingestion.settlement import settlement_date_of as local_date


@dataclass(frozen=True)
class OverTime:
    """A span of half-hours: every one there could be, with its row where there is one."""

    span: Span
    slots: list[Slot]

    @property
    def rows(self) -> list[Row]:
        return [slot.row for slot in self.slots if slot.row]

    @classmethod
    def of(cls, subject: str, start_utc: datetime, end_utc: datetime, known_utc: datetime | None = None) -> "OverTime":
        """From start_utc to the end of the newest row that begins before end_utc."""
        rows = over_time.half_hours(subject, start_utc, end_utc, known_utc)
        span = Span(start_utc, rows[-1]["period_start_utc"] + HALF_HOUR if rows else end_utc)
        return cls(span, half_hour_slots(span, rows))


@dataclass(frozen=True)
class Answers:
    """What Now is made of, all of one moment. None, or nothing in a list: this workspace has none of it."""

    now_utc: datetime
    is_simulated: bool
    shares: present.Shares | None
    advice: str
    tiles: list[Tile]
    fuels: list[Row]
    mix: Row | None
    carbon: OverTime | None
    flows: list[Row]
    price: OverTime | None
    demand: OverTime | None
    outages: list[Row]
    newest_outage_message: datetime | None

    def tile(self, key: str) -> Tile:
        return next(tile for tile in self.tiles if tile.key == key)


def answers(now_utc: datetime) -> Answers | None:
    """Asks all of it; None where nothing was ever loaded or built. Raises WarehouseError.

    As the page Now asks it, over the same spans; the caller sees to it that nobody builds meanwhile.
    """
    with one_moment():
        try:
            return _asked(now_utc)
        except NotBuiltError:
            return None


def _asked(now_utc: datetime) -> Answers:
    half_hour = half_hour_start(now_utc)
    known: dict[str, Any] = {"is_simulated": common.is_simulated()}  # first, as it tells whether there is anything
    return Answers(
        now_utc=now_utc,
        shares=present.Shares.newest(),
        advice=present.advice(marts.carbon_ahead(half_hour), now_utc),
        tiles=present.all_tiles(now_utc),
        fuels=common.fuels(),
        mix=marts.newest_mix(),
        carbon=carbon_ahead(half_hour),
        flows=marts.flows(),
        price=trend("price", ahead=False),
        demand=trend("demand", ahead=True),
        outages=marts.outages(now_utc.replace(second=0, microsecond=0)),
        newest_outage_message=marts.newest_outage_message(),
        **known,
    )


def carbon_ahead(half_hour_utc: datetime, known_utc: datetime | None = None) -> OverTime | None:
    """The local day of the newest half-hour, and all that is forecast after it; None where there is no carbon data."""
    newest = marts.carbon_at(half_hour_utc, known_utc)
    if newest is None:
        return None
    start = local_midnight_utc(local_date(newest["period_start_utc"]))
    return OverTime.of("carbon", start, start + 4 * DAY, known_utc)


def trend(subject: str, known_utc: datetime | None = None, *, ahead: bool) -> OverTime | None:
    """The last day, and where a forecast goes on the next one too; None where there is no datum."""
    found = over_time.span_of_subject(subject, known_utc)
    if found is None:
        return None
    newest_end = found[1] + HALF_HOUR
    return OverTime.of(subject, newest_end - DAY, newest_end + (DAY if ahead else 0 * DAY), known_utc)
