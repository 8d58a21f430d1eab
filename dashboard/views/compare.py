"""Compare: one measure over two periods, and over all years by month."""

from datetime import date

import streamlit as st

from dashboard import compare_charts, comparison, controls, glossary, half_hour_places, panel, periods, text
from dashboard.comparable import MEASURES, Comparable
from dashboard.compare_charts import Spot
from dashboard.comparison import BY, MOST_DAYS_BY_HALF_HOUR, Comparison, Place, Side
from dashboard.local_time import day_text
from dashboard.marts import compare as marts
from dashboard.periods import DATES, PRESETS, Period, preset
from energy_monitor.clock import now_utc
from ingestion.settlement import settlement_date_of as local_date


def _page() -> None:
    st.title("Compare", anchor=False)
    if controls.known_utc():
        st.caption("This page cannot be shown as it was known in the past: what follows is as known now.")
    with st.container(horizontal=True, vertical_alignment="bottom", key="choice"):
        label = st.selectbox("Measure", list(MEASURES), key="measure", bind="query-params", width=240)
        chosen = st.selectbox("Periods", PRESETS, index=1, key="periods", bind="query-params", width=280)
        by = st.segmented_control("By", BY, default="day", required=True, key="by", bind="query-params")
    measure = MEASURES[label]
    newest = marts.newest_day(measure.periods)
    pair = _dates(newest) if chosen == DATES else preset(chosen, newest) if newest else None
    if newest is None:
        with st.container(border=True, key="nothing"):
            st.markdown(
                f"**This workspace holds nothing of “{measure.label}” yet.** Choose another measure, or fetch more "
                "with `energy-monitor backfill --from YYYY-MM-DD` and `energy-monitor build`."
            )
    elif pair is None:
        st.caption("Choose the first and the last day of both periods.")
    else:
        _pair(measure, by or "day", *pair)
    _years(measure)
    glossary.show("Complete day", "INDO", "ITSDO", "Supply", "Zero-carbon", "Headline price", "Imbalance price")


def _dates(newest: date | None) -> tuple[Period, Period] | None:
    """Any two periods; None until the days of both are chosen."""
    last = newest or local_date(now_utc())
    first, second = preset(periods.WEEKS, last)
    given = []
    with st.container(horizontal=True, key="dates-choice"):
        for label, key, period in (("First period", "first", first), ("Second period", "second", second)):
            chosen = st.date_input(
                label,
                value=(period.first, period.last),
                min_value=controls.OLDEST,
                max_value=local_date(now_utc()),
                key=key,
                bind="query-params",
                format="DD/MM/YYYY",
                width=260,
            )
            if isinstance(chosen, tuple) and len(chosen) == 2:
                given.append(Period(*chosen))
    return (given[0], given[1]) if len(given) == 2 else None


def _pair(measure: Comparable, by: str, first: Period, second: Period) -> None:
    days = marts.days(measure.columns, first.first, first.last) | marts.days(measure.columns, second.first, second.last)
    compared = Comparison(measure, first, second, days)
    said = comparison.in_words(compared)
    with st.container(key="answer"):
        st.markdown(f"**{text.plain(said)}**")
    if lacking := comparison.left_out(compared):
        st.caption(text.plain(lacking))
    st.dataframe(comparison.table(compared), hide_index=True, key="totals")
    is_long = max(len(first.days), len(second.days)) > MOST_DAYS_BY_HALF_HOUR
    if by == "half-hour" and is_long:
        st.caption("Half-hours are shown of periods of at most seven days; these are longer, so days are shown.")
        by = "day"
    place = "half-hour" if by == "half-hour" else by
    stem = f"energy-monitor_compare_{measure.daily}_{first.first}_to_{first.last}_with_{second.first}_to_{second.last}"
    description = f"{measure.label}, by {place}: {first.words} and {second.words}. {said}"
    if by == "half-hour":
        one, other = (marts.half_hours(measure.half_hourly, *half_hour_places.bounds(p)) for p in (first, second))
        rows = half_hour_places.aligned(first, second, one, other, measure.half_hourly)
        spots = [
            Spot(
                at := row["day"] - 1 + (n % 48) / 48,
                at + 1 / 48,
                f"day {row['day']}, {row['uk_clock']}",
                row[f"first_{measure.half_hourly}"],
                row[f"second_{measure.half_hourly}"],
                _date_words(first, row["day"]),
                _date_words(second, row["day"]),
            )
            for n, row in enumerate(rows)
        ]
        unit, words = measure.fine_unit, measure.fine_words
        st.caption(
            "Half-hours at the same place: the day’s number and the UK’s clock. Of an hour that comes twice, the first."
        )
    else:
        rows = compared.rows(by)
        spots = [_spot(compared, by, place) for place in compared.places(by)]
        unit, words = measure.unit, measure.daily_words
        st.caption(_caption(by, measure))
    spec = compare_charts.overlay(spots, unit, measure.divisor, words, "day" if by == "half-hour" else by, description)
    panel.show(panel.Figure("compare", spec, rows, stem))


def _caption(by: str, measure: Comparable) -> str:
    if by == "day":
        return "Day by day in their order; a day that is not complete is a gap."
    what = {"energy": "the mean day", "mean": "the mean", "share": "the share"}[measure.kind]
    unit = "seven days each from the first day on" if by == "week" else "calendar months, cut at both ends"
    return f"By {by} ({unit}): {what} of those days that are complete."


def _date_words(period: Period, number: int) -> str:
    return day_text(period.days[number - 1]) if number <= len(period.days) else ""


def _spot(compared: Comparison, by: str, place: Place) -> Spot:
    def of(side: Side) -> str:
        if not side.dates:
            return ""
        dates = Period(side.dates[0], side.dates[-1]).words
        return dates if by == "day" else f"{len(side.complete)} of {len(side.dates)} days, {dates}"

    measure = compared.measure
    return Spot(
        place.number - 1,
        place.number,
        f"{by} {place.number}",
        measure.per_day(place.first.complete),
        measure.per_day(place.second.complete),
        of(place.first),
        of(place.second),
    )


def _years(measure: Comparable) -> None:
    st.header("The year in months", anchor=False)
    found = marts.months(measure.columns)
    if not found:
        st.caption("No month of it is known yet.")
        return
    newest = found[-1]["month_start_date"]
    since = date(newest.year - compare_charts.MOST_YEARS + 1, 1, 1)
    months = [month for month in found if month["month_start_date"] >= since]
    number = measure.mean_power(months[-1])
    said = (
        f"{measure.label} by month, in {measure.fine_unit}{', as mean power' if measure.kind == 'energy' else ''}, "
        f"from {months[0]['month_start_date']:%B %Y} to {newest:%B %Y}. {newest:%B %Y}: {measure.mean_words(number)}."
    )
    if any(not measure.is_complete(month) for month in months):
        said += " A star: not all half-hours of the month are known."
    st.caption(text.plain(said))
    spec = compare_charts.by_year(months, measure, said)
    panel.show(panel.Figure("months", spec, months, f"energy-monitor_months_{measure.daily}_to_{newest:%Y-%m}"))


_page()
