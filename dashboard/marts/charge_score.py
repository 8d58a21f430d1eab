"""What is asked of our advice: that of the last evenings with its scores, its pieces, and the sums by load."""

from datetime import date

from dashboard.connection import Row, rows
from dashboard.kept import kept

EVENINGS = 30

# Advice by prices is of a region; that from files is of none that is told, and is shown where the region has no other.
_PRICED = """
    select evening.* from marts.fct_charge_advice as evening
    where objective = 'cheapest' and (
        region_code = :region_code
        or region_code is null and not exists (
            select 1 from marts.fct_charge_advice as own where own.region_code = :region_code
        )
    )
"""
_GREEN = "select * from marts.fct_charge_advice where objective = 'greenest'"


@kept
def evenings(region_code: str) -> list[Row]:
    """The last 30 evenings with advice for a region, and as green as can be for Great Britain: newest first."""
    return rows(
        f"""
        with advice as ({_PRICED} union all {_GREEN})
        select
            settlement_date, load_id, objective, region_name, given, state, half_hours, is_clock_change_night,
            price_lost_half_hours, carbon_lost_half_hours, earliest_utc, deadline_utc, asked_at_utc, given_at_utc,
            prices_known_until_utc, carbon_known_until_utc, energy_at_meter_kwh, shortfall_kwh,
            expected_cost_p, advised_cost_p, at_once_cost_p, hindsight_cost_p, saving_cost_p, regret_cost_p,
            expected_carbon_g, advised_carbon_g, at_once_carbon_g, hindsight_carbon_g, saving_carbon_g, regret_carbon_g,
            region_code, fetched_at_utc, lake_key
        from advice
        where settlement_date > (select max(settlement_date) from advice) - {EVENINGS}
        order by settlement_date desc, objective, load_id
        """,
        region_code=region_code,
    )


@kept
def pieces(evening: date, region_code: str) -> list[Row]:
    """When the advice of an evening says to use power, by load and objective; as given."""
    return rows(
        """
        select load_id, objective, region_code, start_utc, end_utc, power_kw
        from marts.fct_charge_advice_pieces
        where settlement_date = :evening and (region_code = :region_code or region_code is null)
        order by load_id, objective, start_utc
        """,
        evening=evening,
        region_code=region_code,
    )


@kept
def totals(region_code: str) -> list[Row]:
    """Over all months: by load, objective and way of giving how many evenings, what was saved, and what was missed."""
    return rows(
        """
        select
            load_id, objective, given, min(month_start_date) as first_month_start_date,
            max(month_start_date) as last_month_start_date, sum(evenings) as evenings,
            sum(scored_evenings) as scored_evenings, sum(pending_evenings) as pending_evenings,
            sum(lost_evenings) as lost_evenings, sum(not_given_evenings) as not_given_evenings,
            sum(clock_change_evenings) as clock_change_evenings,
            sum(case when objective = 'cheapest' then price_lost_half_hours else carbon_lost_half_hours end)
                as lost_half_hours,
            sum(total_saving_cost_p) as total_saving_cost_p,
            sum(total_saving_cost_p) / nullif(sum(total_at_once_cost_p), 0) as saving_cost_share,
            sum(total_saving_carbon_g) as total_saving_carbon_g,
            sum(total_saving_carbon_g) / nullif(sum(total_at_once_carbon_g), 0) as saving_carbon_share,
            sum(mean_regret_cost_p * scored_evenings) / nullif(sum(scored_evenings), 0) as mean_regret_cost_p,
            sum(mean_regret_carbon_g * scored_evenings) / nullif(sum(scored_evenings), 0) as mean_regret_carbon_g
        from marts.fct_charge_advice_monthly
        where objective = 'greenest' or region_code = :region_code or region_code is null and not exists (
            select 1 from marts.fct_charge_advice_monthly as own where own.region_code = :region_code
        )
        group by load_id, objective, given
        order by objective, load_id, given
        """,
        region_code=region_code,
    )
