"""A plan for programs. docs/charging.md says what each field is: fields are added, and none changes its meaning."""

from datetime import datetime, timedelta
from typing import Any

from energy_monitor.ahead import Series, Spans
from energy_monitor.planned import Offer, Planned

FORMAT = 1
MINUTE = timedelta(minutes=1)


def as_json(planned: Planned) -> dict[str, Any]:
    """What was planned, of what, and the plans: the best first, charging at once last."""
    load, wishes, ahead = planned.load, planned.wishes, planned.ahead
    steps = [{"minutes": step.length / MINUTE, "power_kw": step.power_kw} for step in load.profile]
    return {
        "earliest_utc": wishes.earliest_utc,
        "deadline_utc": wishes.deadline_utc,
        "known_utc": ahead.known_utc,
        "region": {"code": ahead.region_code, "name": ahead.region_name},
        "load": {
            "name": planned.name,
            "energy_at_battery_kwh": None if steps else load.energy_kwh,
            "energy_at_meter_kwh": load.energy_at_meter_kwh,
            "power_kw": None if steps else load.power_kw,
            "efficiency": None if steps else load.efficiency,
            "profile": steps,
        },
        "wishes": {
            "in_one_go": wishes.in_one_go or bool(steps),
            "price_cap_p_per_kwh": wishes.price_cap_p_per_kwh,
            "min_run_minutes": wishes.min_run / MINUTE,
            "min_gap_minutes": wishes.min_gap / MINUTE,
            "max_pieces": wishes.max_pieces,
            "start_cost_p": wishes.start_cost_p,
            "carbon_weight_p_per_kg": wishes.carbon_weight_p_per_kg,
            "tie": wishes.tie,
            "beyond_data": wishes.beyond_data,
        },
        "prices": _series(ahead.prices) | {"tariff_code": ahead.tariff_code, "unit": "p/kWh"},
        "carbon": _series(ahead.carbon) | {"unit": "gCO2/kWh"},
        "plans": [_offer(planned, offer) for offer in planned.offers],
    }


def _series(series: Series) -> dict[str, Any]:
    return {
        "basis": series.basis,
        "half_hours": len(series.values),
        "known_until_utc": series.known_until_utc,
        "missing": _spans(series.missing),
        "fetched_at_utc": series.fetched_at_utc,
    }


def _offer(planned: Planned, offer: Offer) -> dict[str, Any]:
    plan = offer.plan
    return {
        "kind": offer.kind,
        "runs": [
            {
                "start_utc": run.start_utc,
                "end_utc": run.end_utc,
                "energy_at_meter_kwh": run.energy_kwh,
                "pieces": [
                    {"start_utc": piece.start_utc, "end_utc": piece.end_utc, "power_kw": piece.power_kw}
                    for piece in run.pieces
                ],
            }
            for run in offer.runs
        ],
        "energy_at_meter_kwh": plan.energy_at_meter_kwh,
        "shortfall_kwh": plan.shortfall_kwh,
        "left_for_later_kwh": plan.left_for_later_kwh,
        "cost_gbp": offer.cost_gbp,
        "carbon_kg": offer.carbon_kg,
        "carbon_gco2_per_kwh": offer.carbon_gco2_per_kwh,
        "saving_gbp": planned.saving_gbp(offer),
        "saving_carbon_kg": planned.saving_kg(offer),
        "is_data_short": plan.is_data_short,
        "missing": _spans(plan.missing),
        "equally_good_starts_utc": list(plan.ties),
    }


def _spans(spans: Spans) -> list[dict[str, datetime]]:
    return [{"from_utc": start, "to_utc": end} for start, end in spans]
