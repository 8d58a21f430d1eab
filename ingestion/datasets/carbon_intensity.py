"""The Carbon Intensity API of NESO: what the grid emits per kWh, as it was and as it is expected. CC BY 4.0.

A window `/intensity/{from}/{to}` is answered with the half-hours that *end* in it, so the half-hour before `from`
comes along; the forms below say so, and nothing else has to know.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ingestion.dataset import NEXT_DAYS, BodyError, Column, Dataset, Form
from ingestion.settlement import DAY, HALF_HOUR, HOUR


def _data(body: Any) -> list[Any]:
    """What `data` holds, which may be one object in place of a list."""
    found = body.get("data") if isinstance(body, dict) else None
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        raise BodyError("expected an object with a list `data`")
    return found


def _opened(row: Any, name: str, type_: type, what: str) -> tuple[dict[str, Any], Any]:
    """A row without one of its fields, and that field, which must be of a type."""
    part = row.get(name) if isinstance(row, dict) else None
    if not isinstance(part, type_):
        raise BodyError(f"{what} has no {'object' if type_ is dict else 'list'} `{name}`")
    return {k: v for k, v in row.items() if k != name}, part


def intensity_rows(body: Any) -> list[Mapping[str, Any]]:
    """`{"data": [{"from", "to", "intensity": {…}}]}` to rows with the fields of `intensity` beside `from` and `to`."""
    opened = (_opened(row, "intensity", dict, f"row {number}") for number, row in enumerate(_data(body), start=1))
    return [rest | intensity for rest, intensity in opened]


def mix_rows(body: Any) -> list[Mapping[str, Any]]:
    """`{"data": [{"from", "to", "generationmix": [{"fuel", "perc"}]}]}` to one row a half-hour and fuel."""
    opened = (_opened(row, "generationmix", list, f"row {number}") for number, row in enumerate(_data(body), start=1))
    return [rest | (part if isinstance(part, dict) else {"fuel": part}) for rest, parts in opened for part in parts]


def regional_rows(body: Any) -> list[Mapping[str, Any]]:
    """Half-hours of regions, or regions of half-hours, to one row a half-hour and region.

    Of all regions an answer is `{"data": [{"from", "to", "regions": [{"regionid", …, "intensity", …}]}]}`, of one it is
    `{"data": {"regionid", …, "data": [{"from", "to", "intensity", …}]}}`.
    """
    rows: list[Mapping[str, Any]] = []
    for number, outer in enumerate(_data(body), start=1):
        inner = "regions" if isinstance(outer, dict) and "regions" in outer else "data"
        around, parts = _opened(outer, inner, list, f"row {number}")
        for part in parts:
            rest, intensity = _opened(part, "intensity", dict, f"a part of row {number}")
            rows.append(around | rest | intensity)
    return rows


def factor_rows(body: Any) -> list[Mapping[str, Any]]:
    """`{"data": [{"Biomass": 120, …}]}` to one row a fuel."""
    return [
        {"fuel": fuel, "factor": factor} for row in _data(body) if isinstance(row, dict) for fuel, factor in row.items()
    ]


def _intensity(dataset_id: str, title: str, **rest: Any) -> Dataset:
    return Dataset(
        id=dataset_id,
        source="carbon_intensity",
        title=title,
        rows=intensity_rows,
        columns=(
            Column("from", "instant", "key"),
            Column("to", "instant", "attribute"),
            Column("forecast", "number", "value", "gCO2/kWh"),
            Column("actual", "number", "value", "gCO2/kWh"),
            Column("index", "text", "value"),
        ),
        time_column="from",
        period=HALF_HOUR,
        cadence=HALF_HOUR,
        **rest,
    )


NATIONAL_ACTUAL = _intensity(
    "carbon_national_actual",
    "National carbon intensity, actual, with the forecast as the source last had it",
    meaning="What a kWh emits: all generation, cables, losses and local networks included.",
    revisions="Empty before it is known; then estimates change for a day or so. Now and then a false 0.",
    seen="rebuilt",
    kind="measurement",
    awaited="actual",
    requests=r"/intensity/date/[\d-]+|/intensity/\d[^/]*/\d[^/]*",
    forms=(
        Form("/intensity/{first}/{last}", "to", "instant", 14 * DAY, behind=HALF_HOUR),
        Form("/intensity/date/{first}", "from", "day", DAY),
    ),
    publication_lag=timedelta(minutes=60),
    revised_for=3 * DAY,
    again_at=(*NEXT_DAYS, 53 * HOUR),
)

NATIONAL_FORECAST = _intensity(
    "carbon_national_forecast",
    "National carbon intensity, forecast up to 48 hours ahead",
    meaning="What a kWh is expected to emit, half-hour by half-hour.",
    revisions="Changes with each half-hour; its source keeps the newest issue alone.",
    seen="no",
    kind="forecast",
    newest="/intensity/{now}/fw48h",
    requests="/intensity/[^/]+/fw(24|48)h",
    forms=(
        Form("/intensity/{first}/fw48h", "to", "instant", 2 * DAY, span=2 * DAY, behind=HALF_HOUR),
        Form("/intensity/{first}/fw24h", "to", "instant", DAY, span=DAY, behind=HALF_HOUR),
    ),
    publication_lag=timedelta(0),
    revised_for=timedelta(0),
)

GENERATION_MIX = Dataset(
    id="carbon_generation_mix",
    source="carbon_intensity",
    title="Generation mix as the Carbon Intensity API sees it, in percent",
    meaning="What share of supply came from nine fuels; solar and wind of local networks and imports are among them.",
    revisions="Not known; treated like the actual intensity.",
    seen="no",
    kind="measurement",
    requests=r"/generation(?:/\d[^/]*/(?:\d[^/]*|pt24h))?",
    forms=(Form("/generation/{first}/{last}", "to", "instant", 14 * DAY, behind=HALF_HOUR),),
    rows=mix_rows,
    columns=(
        Column("from", "instant", "key"),
        Column("fuel", "text", "key"),
        Column("to", "instant", "attribute"),
        Column("perc", "number", "value", "% of supply"),
    ),
    time_column="from",
    period=HALF_HOUR,
    cadence=HALF_HOUR,
    publication_lag=timedelta(minutes=60),
    revised_for=2 * DAY,
    again_at=NEXT_DAYS,
)

REGIONAL_FORECAST = Dataset(
    id="carbon_regional_forecast",
    source="carbon_intensity",
    title="Carbon intensity and mix of 14 regions, three nations and GB, forecast up to 48 hours ahead",
    meaning="What a kWh used in a region is expected to emit, and the mix behind it. There is no actual. 0 is real.",
    revisions="Changes with each half-hour; its source keeps the newest issue alone.",
    seen="recorded",
    kind="forecast",
    newest="/regional/intensity/{now}/fw48h",
    requests=r"/regional/intensity/[^/]+/fw(?:24|48)h(?:/regionid/(?P<regionid>\d+))?",
    forms=tuple(
        Form(f"/regional/intensity/{{first}}/fw{hours}h{part}", "to", "instant", span, span=span, behind=HALF_HOUR)
        for hours, span in ((48, 2 * DAY), (24, DAY))
        for part in ("", "/regionid/{regionid}")
    ),
    rows=regional_rows,
    columns=(
        Column("from", "instant", "key"),
        Column("regionid", "integer", "key"),
        Column("forecast", "number", "value", "gCO2/kWh"),
        Column("index", "text", "value"),
        Column("generationmix", "json", "value", "fuel, perc: % of what is used there"),
        Column("to", "instant", "attribute"),
        Column("shortname", "text", "attribute"),
        Column("dnoregion", "text", "attribute"),
    ),
    time_column="from",
    period=HALF_HOUR,
    cadence=HALF_HOUR,
    publication_lag=timedelta(0),
    revised_for=timedelta(0),
)

FACTORS = Dataset(
    id="carbon_factors",
    source="carbon_intensity",
    title="Carbon intensity of each fuel",
    meaning="What a kWh of a fuel, or from a country, is counted as; Belgium, Norway and Denmark have none.",
    revisions="Seldom, and without notice.",
    seen="recorded",
    kind="reference",
    requests="/intensity/factors",
    newest="/intensity/factors",
    forms=(),
    rows=factor_rows,
    columns=(Column("fuel", "text", "key"), Column("factor", "number", "value", "gCO2/kWh")),
    time_column=None,
    period=timedelta(0),
    cadence=DAY,
    publication_lag=timedelta(0),
    revised_for=timedelta(0),
)

DATASETS = (NATIONAL_ACTUAL, NATIONAL_FORECAST, GENERATION_MIX, REGIONAL_FORECAST, FACTORS)
