"""Forecasts: how far off they were, by how far ahead and by hour, and as they stood against what came."""

from datetime import date, datetime

import streamlit as st

from dashboard import controls, forecast_shown, forecast_words, glossary, panel, text
from dashboard.connection import Row
from dashboard.forecast_series import (
    A_DAY_AHEAD,
    BY_HORIZON_LABEL,
    BY_LABEL,
    GREAT_BRITAIN,
    ahead_text,
)
from dashboard.forecast_shown import MOST_DAYS, Chosen
from dashboard.local_time import moment_text
from dashboard.marts import forecasts as marts
from dashboard.windows import DATES
from energy_monitor.clock import now_utc
from ingestion.settlement import DAY, half_hour_start

WINDOWS = ("day", "week", DATES)


def _page() -> None:
    st.title("Forecasts", anchor=False)
    chosen = _choice()
    known = controls.known_utc()
    found = forecast_shown.by_horizon(chosen)
    row = next((row for row in found.rows if row["horizon_hours"] == chosen.hours), None)
    with st.container(key="headline"):
        st.markdown(text.plain(forecast_words.headline(chosen.forecast, chosen.region, chosen.hours, row)))
        if not forecast_words.has_enough(chosen.forecast, row):
            st.markdown(forecast_words.what_to_do(chosen.forecast))
    if known:
        st.caption("How good forecasts were is as is known now; the chart of a forecast against what came is of then.")
    if row is not None:
        _numbers(chosen, row)
    if any(forecast_words.has_enough(chosen.forecast, row) for row in found.rows):
        _accuracy(chosen, found)
    _chart(chosen, known)
    glossary.show("Half-hour", "Horizon", "MAE", "Bias", "No change", "Week before", "Skill")


def _choice() -> Chosen:
    with st.container(horizontal=True, vertical_alignment="bottom", key="choice"):
        label = st.selectbox("What is forecast", list(BY_LABEL), key="series", bind="query-params", width=230)
        forecast = BY_LABEL[label or next(iter(BY_LABEL))]
        region_id, region = GREAT_BRITAIN, None
        if forecast.has_region:
            regions = {row["region_name"]: row["region_id"] for row in marts.regions()}
            region = st.selectbox("Region", list(regions), key="region", bind="query-params", width=200)
            region_id = regions.get(region or "", GREAT_BRITAIN)
        months = {forecast_words.month_text(month): month for month in marts.months(forecast.key, region_id)}
        wanted = st.multiselect(
            "Months", list(months), key="months", bind="query-params", placeholder="All months", width=260
        )
    ahead = st.segmented_control(
        "How far ahead",
        list(BY_HORIZON_LABEL),
        default=A_DAY_AHEAD,
        required=True,
        key="ahead",
        bind="query-params",
    )
    of_months = tuple(sorted(months[name] for name in wanted)) or tuple(sorted(months.values()))
    return Chosen(forecast.key, region_id, region, BY_HORIZON_LABEL[ahead or A_DAY_AHEAD], of_months)


def _numbers(chosen: Chosen, row: Row) -> None:
    """Four numbers, and what they are of."""
    forecast = chosen.forecast
    if forecast_words.has_enough(forecast, row):
        baseline = "persistence" if row["persistence_compared"] else "week_before"
        name = "no change" if baseline == "persistence" else "the week before"
        bias = row["bias"]
        with st.container(key="tiles"):
            _tile("off", "Off by, on average", forecast.error_words(row["mae"]), f"{ahead_text(chosen.hours)} ahead")
            _tile(
                "bias",
                "Too high, on average" if bias >= 0 else "Too low, on average",
                forecast.error_words(abs(bias)),
                "forecast minus what came",
            )
            _tile(
                "skill",
                f"Less off than {name}",
                text.percent(row[f"skill_over_{baseline}"]),
                f"which was off by {forecast.error_words(row[f'{baseline}_mae'])}",
            )
            _tile(
                "coverage",
                "Scored",
                f"{row['forecasts_scored']:,}",
                f"of {row['forecasts_expected']:,} expected · {row['forecasts_settled']:,} settled",
            )
        said = f"{forecast_words.coverage_text(forecast, row)} {forecast_words.baseline_text(forecast, row)}"
        st.caption(text.plain(said + _months_text(chosen.months)))
    else:
        st.caption(text.plain(forecast_words.coverage_text(forecast, row)))


def _tile(key: str, label: str, value: str, said: str) -> None:
    with st.container(border=True, key=f"tile-forecast-{key}"):
        st.metric(label, value)
        st.caption(said)


def _months_text(months: tuple[date, ...]) -> str:
    names = [forecast_words.month_text(month) for month in months]
    if len(names) > 3:
        return f" Months: {len(names)}, from {names[0]} to {names[-1]}."
    return f" Months: {', '.join(names)}." if names else ""


def _accuracy(chosen: Chosen, by_horizon: forecast_shown.Drawn) -> None:
    for column, title, drawn, key in zip(
        st.columns(2, gap="medium"),
        ("By how far ahead", "By hour of the day"),
        (by_horizon, forecast_shown.by_hour(chosen)),
        ("horizon", "hour"),
        strict=True,
    ):
        with column:
            st.header(title, anchor=False)
            st.caption(text.plain(drawn.said))
            panel.show(panel.Figure(f"by-{key}", drawn.spec, drawn.rows, f"{chosen.stem}_by-{key}"))


def _chart(chosen: Chosen, known: datetime | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(f"As it stood {ahead_text(chosen.hours)} before, and what came", anchor=False, width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content", key="chart-choice"):
            window = st.segmented_control(
                "Window of the chart",
                WINDOWS,
                default="day",
                required=True,
                key="chart",
                bind="query-params",
                label_visibility="collapsed",
            )
            dates = None
            if window == DATES:
                dates = controls.two_dates("Dates of the chart", "chart-dates", known or now_utc(), ahead=2 * DAY)
            if dates and (dates[1] - dates[0]).days >= MOST_DAYS:
                st.caption(f"At most {MOST_DAYS} days are shown: the last of these.")
    drawn = forecast_shown.against_outcome(chosen, window or "day", dates, half_hour_start(now_utc()), known)
    if not any(row["forecast"] is not None or row["outcome"] is not None for row in drawn.rows):
        with st.container(border=True, key="nothing"):
            then = f" as known at {moment_text(known)}" if known else ""
            st.markdown(
                f"**Of these days this workspace holds neither such a forecast nor what came{text.plain(then)}.** "
                "`energy-monitor status` says what was asked for. Choose other dates, or fewer hours ahead."
            )
        return
    st.caption(
        f"{text.plain(drawn.said)} A forecast stands until a newer one is known here. Where a newer one was missed, "
        "accuracy leaves it out."
    )
    panel.show(panel.Figure("against-outcome", drawn.spec, drawn.rows, f"{chosen.stem}_{window}"))


_page()
