"""Now as one HTML file that needs nothing else: no script, no other file, no server. Pure: from answers to text.

All text is escaped here, in one place, when it is put between tags: `esc`. What came from a source is also cut, so that
the page stays small whatever a source sends.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dashboard import colours, present, static_charts, subjects, text
from dashboard.glossary import OF_NOW, TERMS
from dashboard.local_time import axis_title, clock_text, moment_text, utc_iso
from dashboard.notices import LOCAL_TIME, MADE_UP, SAY_NOTHING, attributions
from dashboard.now_answers import Answers, OverTime
from dashboard.parts import Bar, flow_bars, mix_bars, parts
from dashboard.static_charts import Axis, Line
from dashboard.svg import sparkline
from dashboard.tile import Tile, is_late, when
from dashboard.windows import Slot

MOST_LETTERS = 140  # of what a source says in its own words
REFRESH_S = 300
STYLE = Path(__file__).with_name("static.css")
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<path fill="#e0a100" d="M9 0 2 9h5l-1 7 8-10H9z"/></svg>'
)
OUT_OF_DATE = "A new one is made after each build; a page older than an hour is out of date."
# Nothing but the page's own style and its icon: should markup of a source ever get through, it can do nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
EMPTY = "Nothing has been loaded here yet, or nothing was built. The first build after the first data fills this page."


def page(answers: Answers | None, now_utc: datetime, *, refreshes: bool = False) -> str:
    """The file. Of no answers it says that there is no data yet; one that refreshes loads itself again by itself."""
    made_up = f"{MADE_UP} " if answers and answers.is_simulated else ""
    title = present.headline(answers.shares, now_utc) if answers else "No data yet"
    advice = answers.advice if answers else EMPTY
    other = "index.html" if refreshes else "refreshing.html"
    told = (
        f"This page loads itself again every {REFRESH_S // 60} minutes: {_link(other, 'stop that')}."
        if refreshes
        else f"{_link('index.html', 'Load it again')}, or keep {_link(other, 'one that does so by itself')} open."
    )
    inside = "".join(_sections(answers)) if answers else f'<section class="empty"><p>{esc(EMPTY)}</p></section>'
    lead = (
        f'<p class="advice">{esc(advice)}</p><p class="note">{esc(present.explanation(answers.shares, now_utc))}</p>'
        if answers
        else ""
    )
    banner = f'<p class="banner"><strong>{MADE_UP}</strong> {SAY_NOTHING}</p>' if made_up else ""
    return (
        f"{_head(made_up + title, made_up + advice, refreshes)}<body><header>{banner}"
        f'<p class="old">This page was loaded more than an hour ago: {_link("", "load it again")}.</p>'
        f'<p class="brand">Great Britain’s electricity now · Energy Monitor</p><h1>{esc(title)}</h1>{lead}'
        f'<p class="note">Made <time datetime="{utc_iso(now_utc.replace(microsecond=0))}">{esc(moment_text(now_utc))}'
        f"</time>. {OUT_OF_DATE} {told}</p></header><main>{inside}</main><footer>{_attributions()}</footer>"
    )


def esc(words: str) -> str:
    """Text, ours or a source's, as HTML that shows it and does nothing."""
    return escape(words)


def _link(address: str, words: str) -> str:
    return f'<a href="{address}">{words}</a>'


def _head(title: str, description: str, refreshes: bool) -> str:
    again = f'<meta http-equiv="refresh" content="{REFRESH_S}">' if refreshes else ""
    return (
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{esc(title)} · Energy Monitor</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="description" content="{esc(description)}">{again}'
        '<meta name="theme-color" media="(prefers-color-scheme: light)" content="#ffffff">'
        '<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0f141a">'
        '<meta property="og:type" content="website"><meta property="og:locale" content="en_GB">'
        f'<meta property="og:site_name" content="Energy Monitor"><meta property="og:title" content="{esc(title)}">'
        f'<meta property="og:description" content="{esc(description)}">'
        f'<link rel="icon" href="data:image/svg+xml,{quote(ICON)}"><style>{_style()}</style></head>'
    )


def _style() -> str:
    return " ".join(STYLE.read_text().split())


def _attributions() -> str:
    return f'<p class="note">{esc(attributions())} {LOCAL_TIME}</p>'


def _sections(answers: Answers) -> Iterator[str]:
    tiles = "".join(_tile(tile, answers.now_utc) for tile in answers.tiles)
    yield f'<ul class="tiles">{tiles}</ul><div class="grid">'
    yield _section("sources", "Where power comes from", _sources(answers), "half")
    yield _section("carbon", "Carbon today and the next 48 hours", _carbon(answers), "half")
    yield _section("flows", "Flows by country", _flows(answers))
    yield _section("price", "Price, last 24 hours", _price(answers))
    yield _section("demand", "Demand against forecast", _demand(answers))
    yield f"</div>{_section('outages', 'Largest outages now', _outages(answers))}"
    words = "".join(f"<dt>{esc(term)}<dd>{esc(TERMS[term])}" for term in OF_NOW)
    yield f"<details><summary>Words on this page</summary><dl>{words}</dl></details>"


def _section(key: str, title: str, inside: str, style: str = "") -> str:
    return f'<section id="{key}"{f" class={style}" if style else ""}><h2>{title}</h2>{inside}</section>'


def _note(words: str) -> str:
    return f'<p class="note">{esc(words)}</p>'


def _fetched(at_utc: datetime | None, now_utc: datetime) -> str:
    """When, and not how long ago: that would be wrong a minute later."""
    return "never fetched" if at_utc is None else f"fetched {when(at_utc, now_utc)}"


def _tile(tile: Tile, now_utc: datetime) -> str:
    if tile.start_utc is None:
        said = ["no data"]
    else:
        of = [text.unescaped(words) for words in (tile.detail, when(tile.start_utc, now_utc), tile.state)]
        said = [_cut(words) for words in of if words] + [_fetched(tile.fetched_at_utc, now_utc)]
    stale = ' <strong class="stale">stale</strong>' if tile.is_stale(now_utc) else ""
    return (
        f'<li id="tile-{tile.key}"><h2>{esc(tile.label)}</h2><strong>{esc(tile.value)}</strong>'
        f"{sparkline(tile.trend, tile.colour)}<p>{esc(' · '.join(said))}{stale}</p></li>"
    )


def _sources(answers: Answers) -> str:
    mix, now = answers.mix, answers.now_utc
    if mix is None:
        return _note("There is no fuel mix yet.")
    start = mix["period_start_utc"]
    said = [f"Mean of the half-hour from {moment_text(start)}, {_fetched(mix['fetched_at_utc'], now)}."]
    if mix["supply_mw"] is None:
        said.append("Wind and solar in local networks are not known for it.")
    elif mix["is_embedded_forecast"]:
        said.append("* is NESO’s forecast.")
    if is_late("fuelhh", start, now):
        said.append("It is stale.")
    rows = mix_bars(mix, parts(answers.fuels, subjects.MIX))
    return _note(" ".join(said)) + _bars("sources", "Power by source in megawatts", "Source", rows)


def _flows(answers: Answers) -> str:
    flows, now = answers.flows, answers.now_utc
    if not flows:
        return _note("There is no five-minutely data yet.")
    start = flows[0]["interval_start_utc"]
    fetched = max((flow["fetched_at_utc"] for flow in flows if flow["fetched_at_utc"]), default=None)
    stale = ": stale" if is_late("fuelinst", start, now) else ""
    said = f"Net import, export below zero; five minutes from {when(start, now)}{stale}, {_fetched(fetched, now)}."
    colour = parts(answers.fuels, ("imports",))[0].colour
    rows = [{**bar, "label": _cut(bar["label"])} for bar in flow_bars(flows, colour)]
    cables = " · ".join(f"{flow['country']}: {_cut(flow['cables'])}" for flow in flows)
    return _note(said) + _bars("flows", "Net import by country in megawatts", "Country", rows) + _note(cables)


def _bars(key: str, title: str, of: str, rows: Sequence[Bar]) -> str:
    cells = "".join(f"<tr><th scope=row>{esc(bar['label'])}<td>{esc(bar['text'])}" for bar in rows)
    table = f"<thead><tr><th scope=col>{of}<th scope=col>Power<tbody>{cells}"
    return (
        f'<figure class="bars">{static_charts.bars(f"{key}-bars", title, rows)}</figure><details><summary>The numbers'
        f"</summary><table><caption>{esc(title)}</caption>{table}</table></details>"
    )


def _carbon(answers: Answers) -> str:
    tile, now = answers.tile("carbon"), answers.now_utc
    if answers.carbon is None or tile.start_utc is None:
        return _note("There is no carbon data yet.")
    said = "Solid is actual, dashed is forecast."
    if tile.is_stale(now):
        fetched = _fetched(tile.fetched_at_utc, now)
        said = f"The newest data is of {moment_text(tile.start_utc)}, {fetched}: stale. {said}"
    lines = (
        Line("carbon_actual_gco2_per_kwh", "Actual", colours.CARBON_ACTUAL),
        Line("carbon_forecast_gco2_per_kwh", "Forecast", colours.CARBON_FORECAST, dashed=True),
    )
    axis = Axis("Carbon intensity", "gCO₂ per kWh", height=320)
    states = (("State", lambda slot: text.unescaped(text.state(slot.number("state")))),)
    return _note(said) + _over_time("carbon", axis, answers.carbon, lines, text.carbon, now, states)


def _price(answers: Answers) -> str:
    if answers.price is None:
        return _note("There is no price data yet.")
    lines = (
        Line("market_index_price_gbp_per_mwh", "Headline price", colours.HEADLINE_PRICE),
        Line("system_price_gbp_per_mwh", "Imbalance price", colours.IMBALANCE_PRICE),
    )
    axis = Axis("Price", "£ per MWh", from_zero=True)
    said = _note(f"To {moment_text(answers.price.span.end_utc)}.")
    return said + _over_time("price", axis, answers.price, lines, text.price, None)


def _demand(answers: Answers) -> str:
    if answers.demand is None:
        return _note("There is no demand data yet.")
    lines = (
        Line("indo_mw", "INDO", colours.INDO),
        Line("national_demand_forecast_mw", "Forecast", colours.DEMAND_FORECAST, dashed=True),
    )
    axis = Axis("Demand", "GW", 1000)
    said = _note(f"To {moment_text(answers.demand.span.end_utc)}.")
    return said + _over_time("demand", axis, answers.demand, lines, text.megawatts, answers.now_utc)


def _over_time(
    key: str,
    axis: Axis,
    over: OverTime,
    lines: Sequence[Line],
    words: Callable[[Any], str],
    now_utc: datetime | None,
    more: Sequence[tuple[str, Callable[[Slot], str]]] = (),
) -> str:
    span = over.span
    said = f"{axis.title} from {moment_text(span.start_utc)} to {moment_text(span.end_utc)}. " + " ".join(
        _summary(over, line, words) for line in lines
    )
    drawing = static_charts.over_time(f"{key}-lines", axis, span, over.slots, lines, now_utc, said)
    zone = axis_title(span.start_utc, span.end_utc)
    columns = [*((line.label, _cell(line.column, words)) for line in lines), *more]
    unit = "MW" if words is text.megawatts else axis.unit
    return (
        f"{static_charts.legend(lines, static_charts.has_gaps(over.slots, lines))}<figure>{drawing}"
        f"<figcaption>{esc(zone)}</figcaption></figure>"
        f"{static_charts.table(f'{axis.title} by half-hour, in {unit}', over.slots, columns)}"
    )


def _summary(over: OverTime, line: Line, words: Callable[[Any], str]) -> str:
    there = [slot for slot in over.slots if slot.number(line.column) is not None]
    if not there:
        return f"{line.label}: no data."
    least = min(there, key=lambda slot: slot.number(line.column))
    most = max(there, key=lambda slot: slot.number(line.column))
    ends = (f"{words(slot.number(line.column))} at {clock_text(slot.start_utc)}" for slot in (least, most))
    return f"{line.label}: from {' to '.join(ends)}."


def _cell(column: str, words: Callable[[Any], str]) -> Callable[[Slot], str]:
    """The number as it is shown elsewhere, without its unit, which the caption has."""

    def cell(slot: Slot) -> str:
        number = slot.number(column)
        return text.NONE if number is None else text.rounded(number, 2 if words is text.price else 0)

    return cell


def _outages(answers: Answers) -> str:
    if not answers.outages:
        return _note(present.nothing_out(answers.newest_outage_message))
    rows = "".join(
        f"<li><strong>{esc(_cut(row['affected_unit'] or row['asset_id'] or text.NONE))}</strong>: "
        f"{esc(text.megawatts(row['unavailable_mw']))} out of use "
        f"{'with no end told' if row['event_end_utc'] is None else 'until ' + esc(moment_text(row['event_end_utc']))}"
        f"<br><span class=note>{esc(' · '.join(_kinds(row)))}</span>"
        for row in answers.outages
    )
    return f'{_note("As the participants say, in their words (REMIT messages).")}<ul class="outages">{rows}</ul>'


def _kinds(row: dict[str, Any]) -> Iterator[str]:
    for column in ("fuel_type", "unavailability_type", "cause"):
        if row[column]:
            yield _cut(str(row[column]))


def _cut(words: str) -> str:
    """A source's words in one line, and no longer than there is room for."""
    one_line = " ".join(words.split())
    return one_line if len(one_line) <= MOST_LETTERS else f"{one_line[: MOST_LETTERS - 1]}…"
