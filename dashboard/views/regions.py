"""Regions: carbon and mix by network region, on a map of tiles, over the next two days, and by postcode."""

from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from dashboard import bars, colours, controls, glossary, panel, place, postcodes, regions, text
from dashboard.charts import Look, Series, lines
from dashboard.connection import Row
from dashboard.local_time import clock_text, moment_text
from dashboard.marts import common
from dashboard.marts import regions as marts
from dashboard.origin import link
from dashboard.parts import Part
from dashboard.parts import parts as parts_of
from dashboard.tile_map import CARBON_SCALE, PLACES, share_scale, tile_map
from dashboard.windows import Span, half_hour_slots
from energy_monitor.clock import now_utc
from ingestion.settlement import DAY, HALF_HOUR, half_hour_start
from ingestion.settlement import settlement_date_of as local_date

CARBON = "carbon"
COUNTRY = "Great Britain"
MAP = "chart-regions"
ABOUT = (
    "The boundaries are approximate: they are those of the networks’ areas, and a postcode follows the mail and not "
    "the cables. Which network serves a home is on its electricity bill, beside the number to call in a power cut. "
    "The carbon of a region is that of what is used in it, and what it takes from its neighbours is counted; it is "
    "always a forecast, as nobody publishes what it was."
)


@dataclass(frozen=True)
class Page:
    """When the page is of, and the regions: ids by name, names by id."""

    now: datetime
    known: datetime | None
    regions: list[Row]

    @property
    def names(self) -> dict[int, str]:
        return place.names_of(self.regions)

    @property
    def ids(self) -> dict[str, int]:
        return {name: region for region, name in self.names.items()}


def _page() -> None:
    known = controls.known_utc()
    page = Page(known or now_utc(), known, marts.regions())
    found = place.given(page.names, COUNTRY if COUNTRY in page.ids else next(iter(page.ids)))
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title("Regions", anchor=False, width="content")
        with st.container(horizontal=True, vertical_alignment="bottom", width="content", key="choice"):
            what = st.selectbox("Map shows", (CARBON, *marts.FUELS), key="map", bind="query-params", width=150)
            options = regions.choices(page.now, st.session_state.get("at") or st.query_params.get("at"))
            labels = tuple(options)
            at = st.selectbox("Half-hour", labels, labels.index(regions.NOW), key="at", bind="query-params", width=230)
    if known and what != CARBON:
        st.caption("The shares of the mix cannot be shown as known at a moment: the map shows carbon.")
        what = CARBON
    shown = regions.shown_at(options[at], page.now, known)
    if shown is None:
        with st.container(border=True, key="nothing"):
            st.markdown(
                "**This workspace holds no regional forecast.** `energy-monitor ingest carbon_regional_forecast` and "
                "`energy-monitor build` fetch one."
            )
        return
    left, right = st.columns([4, 5], gap="large")
    with right:
        region = _region(page, found)
    with left:
        _map(page, shown, what, region)
    with right:
        _nations(page, shown)
        _mix(page, shown, region)
    _ahead(page, shown, region)
    with st.expander("Every number of the map, and where it comes from", key="figures"):
        networks = [row for row in page.regions if row["region_id"] in PLACES]
        st.markdown("\n".join(f"- {line}" for line in regions.figures(shown.rows, networks, shown.start_utc, known)))
    st.caption(ABOUT)
    glossary.show("Half-hour", "Carbon intensity", "Zero-carbon")


# Choosing a region ----------------------------------------------------------------------------------------------------


def _tile_chosen() -> None:
    points = st.session_state[MAP]["selection"].get(panel.PICKED)
    if points:
        place.choose(int(points[0]["start"]))


def _region(page: Page, found: postcodes.Found | None) -> int:
    with st.container(horizontal=True, vertical_alignment="bottom", key="region-choice"):
        chosen = place.fields(page.names)
    place.said(found, page.names)
    return page.ids.get(chosen or COUNTRY, next(iter(page.ids.values())))


# What is shown --------------------------------------------------------------------------------------------------------


def _map(page: Page, shown: regions.Shown, what: str, region: int) -> None:
    scale = CARBON_SCALE if what == CARBON else share_scale(what)
    title = "Carbon intensity" if what == CARBON else f"Share of {what} in what is used"
    end = clock_text(shown.start_utc + HALF_HOUR)
    said = f"{title} by region, forecast for {moment_text(shown.start_utc)} to {end}."
    fetched = regions.fetched_words(shown.rows, page.now)
    st.caption(text.plain(" ".join(part for part in (said, shown.note, fetched) if part)))
    chart = tile_map(shown.rows, scale, region, page.names, said)
    with st.container(width=430, key="map-frame"):
        st.vega_lite_chart(None, chart, width="stretch", key=MAP, on_select=_tile_chosen, selection_mode=[panel.PICKED])
        stem = f"energy-monitor_regions_{shown.start_utc:%Y-%m-%dT%H%MZ}"
        panel.downloads(shown.rows, stem, "regions")
    panel.data_table(shown.rows, "regions")


def _nations(page: Page, shown: regions.Shown) -> None:
    wide = [row for row in page.regions if row["region_id"] not in PLACES]
    with st.container(key="nations"):
        st.markdown("  \n".join(regions.figures(shown.rows, wide, shown.start_utc, page.known)))


def _mix(page: Page, shown: regions.Shown, region: int) -> None:
    name = page.names[region]
    st.header(f"The mix in {name}", anchor=False)
    row = next((row for row in shown.rows if row["region_id"] == region), None)
    if page.known:
        st.caption("The shares of the mix cannot be shown as known at a moment.")
        return
    if row is None or all(row[share] is None for share in marts.SHARES):
        st.caption("No mix is known of this half-hour.")
        return
    parts = [*parts_of(common.fuels(), [fuel for fuel in marts.FUELS if fuel != "solar"])]
    parts.append(*parts_of(common.fuels(), ["embedded_solar"]))
    shares = []
    for part in parts:
        fuel = part.name.removeprefix("embedded_")
        share = row[f"{fuel}_share"]
        if share is not None:
            shares.append((Part(fuel, fuel.capitalize(), part.colour), share))
    said = f"Of what is used in the half-hour from {moment_text(shown.start_utc)}, as forecast."
    st.caption(text.plain(said))
    spec = bars.share_bars(shares, f"Shares of the mix in {name}. {said}")
    mix = [{name: row[name] for name in ("period_start_utc", "region_id", "region_name", *marts.SHARES, "state")}]
    stem = f"energy-monitor_mix_region-{region}_{shown.start_utc:%Y-%m-%dT%H%MZ}"
    panel.show(panel.Figure("region-mix", spec, mix, stem), table=False)


def _ahead(page: Page, shown: regions.Shown, region: int) -> None:
    """The next two days; where the newest forecast is older than now, the two days from it."""
    name, column = page.names[region], marts.CARBON
    start = shown.start_utc if shown.is_past else half_hour_start(page.now)
    span = Span(start, start + 2 * DAY)
    found = marts.half_hours(region, span.start_utc, span.end_utc, page.known)
    when = f"48 hours from {moment_text(start)}" if shown.is_past else "the next 48 hours"
    st.header(f"{name}, {when}", anchor=False)
    country = page.ids.get(COUNTRY)
    rows, series = list(found), [Series(column, name, colours.CARBON_FORECAST)]
    if country is not None and country != region:
        whole = marts.half_hours(country, span.start_utc, span.end_utc, page.known)
        rows = regions.beside(found, whole)
        series.append(Series(f"gb_{column}", COUNTRY, colours.BEFORE, dashed=True))
    said = regions.cleanest(found, name)
    with st.container(key="cleanest"):
        st.markdown(text.plain(said))
    chart = lines(
        half_hour_slots(span, rows),
        span,
        series,
        Look("gCO₂ per kWh", height=280),
        text.carbon,
        f"Forecast carbon intensity of {name}, {moment_text(span.start_utc)} to {moment_text(span.end_utc)}. {said}",
        note=lambda slot: str(slot.number("carbon_index") or text.state(slot.number("state"))),
    )

    def pick(start_ms: int) -> None:
        at = datetime.fromtimestamp(start_ms / 1000, UTC)
        row = next((row for row in found if row["period_start_utc"] == at), None)
        number = "no data" if row is None or row[column] is None else text.carbon(row[column])
        where = link(regions.MEASURE, at, page.known, str(region))
        st.markdown(f"**{text.plain(moment_text(at))}**: {text.plain(number)} · [where does it come from?]({where})")

    stem = f"energy-monitor_region-{region}_{local_date(start)}"
    panel.show(panel.Figure("region-ahead", chart, rows, stem), pick=pick)


_page()
