"""The mix over time: stacked, with its uses below the axis. Colours come from dim_fuels alone."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import altair as alt

from dashboard.colours import BEFORE, NEUTRAL
from dashboard.drawing import TIME, Spec, frame, grey_form, hover_form, layered, over_time, power_axis
from dashboard.parts import Part
from dashboard.points import Grey, Points, grey_points, hover_points, missing_runs, no_data, steps, suspect
from dashboard.text import gigawatt_hours, gigawatts
from dashboard.windows import Slot, Span


def stacked(
    slots: Sequence[Slot],
    span: Span,
    mix: Sequence[Part],
    suffix: str,
    unit: str,
    description: str,
    before: str | None = None,
) -> Spec:
    """Supply stacked above the axis and uses below it. What lacks is a gap and is never filled; `suffix`: mw or mwh.

    before: what to call the line of an earlier week's or year's supply, where the slots have it.
    """
    whole = f"transmission_supply_{suffix}"
    labels = {f"{part.name}_{suffix}": part.label for part in mix}
    points = _segmented(steps(slots, [whole, *labels]), whole)
    greys = [no_data(slots, [whole]), _embedded_unknown(slots, suffix), _incomplete(slots), suspect(slots)]
    greys = [grey for grey in greys if grey.runs]
    form = _stacked_form(tuple(mix), tuple((grey.label, grey.opacity) for grey in greys), unit, suffix == "mwh", before)
    earlier = f"before_{whole}"
    frames = {
        "areas": [{labels.get(key, key): value for key, value in point.items()} for point in points],
        "slots": hover_points(slots, lambda slot: _told(slot, mix, suffix)),
        "zero": [{"zero": 0.0}],
    }
    if greys:
        frames["greys"] = grey_points(greys)
    if before:
        frames["before"] = [
            {"start": point["start"], "value": point[earlier], "what": before} for point in steps(slots, [earlier])
        ]
    return over_time(form, span, description, frames)


@lru_cache(maxsize=32)
def _stacked_form(
    mix: tuple[Part, ...], greys: tuple[tuple[str, float], ...], unit: str, is_daily: bool, before: str | None
) -> Spec:
    labels = [part.label for part in mix]
    legend = alt.Legend(
        title=None, orient="bottom", symbolType="square", columns=alt.ExprRef(expr="width < 500 ? 3 : 7"), offset=6
    )
    scale = alt.Scale(domain=labels, range=[part.colour for part in mix])
    base = (
        frame("areas")
        .transform_fold([*labels], as_=["part", "given"])
        .transform_calculate(
            signed="datum.part === 'Exports' ? -datum.given : +datum.given",
            place=f"indexof({labels!r}, datum.part)",
        )
    )

    def areas(shown: str) -> alt.Chart:
        """One sign at a time, as pumped storage has both."""
        area: alt.Chart = (
            base.transform_calculate(shown=shown)
            # Stacked here, as Vega-Lite's own stack of areas puts zeros where points lack and draws over gaps
            .transform_stack(
                stack="shown", as_=["low", "high"], groupby=["start", "segment"], sort=[alt.SortField("place")]
            )
            .mark_area(interpolate="step-after", line=False, strokeWidth=0)
            .encode(
                x=TIME,
                y=alt.Y("low:Q", axis=power_axis(unit, 1000, 6)),
                y2="high:Q",
                color=alt.Color("part:N", scale=scale, legend=legend, sort=labels),
                detail="segment:N",
            )
        )
        return area

    zero = frame("zero").mark_rule(color=NEUTRAL).encode(y="zero:Q")
    hover = hover_form([*labels, "Half-hours"] if is_daily else labels)
    above, below = areas("max(0, datum.signed)"), areas("min(0, datum.signed)")
    earlier = [_before_form(before)] if before else []
    return layered([*grey_form(greys), above, below, zero, *earlier, hover], 460)


def _before_form(before: str) -> alt.Chart:
    line: alt.Chart = (
        frame("before")
        .mark_line(interpolate="step-after", strokeWidth=1.6, strokeDash=[4, 3])
        .encode(
            x=TIME,
            y="value:Q",
            stroke=alt.Stroke(
                "what:N",
                scale=alt.Scale(domain=[before], range=[BEFORE]),
                legend=alt.Legend(
                    title=None,
                    orient="bottom",
                    symbolType="stroke",
                    symbolStrokeWidth=2,
                    symbolDash=[4, 3],
                    labelLimit=320,
                ),
            ),
        )
    )
    return line


def _segmented(points: Points, whole: str) -> Points:
    """Points with a number, and which unbroken run each belongs to: an area never spans a gap."""
    kept, segment = [], 0
    for point in points:
        if point[whole] is None:
            segment += 1
        else:
            kept.append({**point, "segment": segment})
    return kept


def _embedded_unknown(slots: Sequence[Slot], suffix: str) -> Grey:
    """Where only the transmission system is known, so that the stack is not all of supply."""
    whole, embedded = f"transmission_supply_{suffix}", (f"embedded_wind_{suffix}", f"embedded_solar_{suffix}")
    runs = missing_runs(
        slots, lambda slot: slot.number(whole) is not None and any(slot.number(c) is None for c in embedded)
    )
    return Grey("wind and solar in local networks not known", 0.12, runs)


def _incomplete(slots: Sequence[Slot]) -> Grey:
    """Days with fewer half-hours than they have, which are lower for it."""
    counts = ("transmission_supply_periods", "embedded_wind_periods", "embedded_solar_periods")

    def is_short(slot: Slot) -> bool:
        of = slot.row.get("periods_in_day") if slot.row else None
        return of is not None and any(0 < (slot.number(count) or 0) < of for count in counts)

    return Grey("incomplete day", 0.2, missing_runs(slots, is_short))


def _told(slot: Slot, mix: Sequence[Part], suffix: str) -> Iterator[str]:
    words = gigawatts if suffix == "mw" else gigawatt_hours
    for part in mix:
        yield words(slot.number(f"{part.name}_{suffix}"))
    if suffix == "mwh":
        of = slot.number("periods_in_day")
        yield "no data" if of is None else f"{slot.number('transmission_supply_periods') or 0} of {of}"
