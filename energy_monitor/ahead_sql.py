"""What `ahead` asks the marts. Each row: a half-hour's start, its value (p/kWh or gCO2/kWh), and when it was fetched.

A value that is suspect, missing or withdrawn is no row. Parameters are written :name, as SQLAlchemy reads them.
"""

import re

REGIONS = """
    select gsp_group_code, region_id, region_name from marts.dim_regions
    where gsp_group_code is not null order by gsp_group_code
"""
_USABLE = "not in ('suspect', 'missing', 'withdrawn')"

AGILE = f"""
    select
        tariff_code,
        period_start_utc as valid_from_utc,
        period_start_utc + interval '30 minutes' as valid_to_utc,
        price_inc_vat_p_per_kwh as value,
        fetched_at_utc
    from marts.fct_retail_prices_half_hourly
    where product_code like 'AGILE%' and direction = 'import' and region_code = :region_code
        and period_start_utc >= :first_utc and period_start_utc < :end_utc
        and price_inc_vat_p_per_kwh is not null and state {_USABLE}
"""
# A rate that holds for ever is a price of no half-hour, as in the mart.
AGILE_AS_KNOWN = """
    select tariff_code, valid_from_utc, valid_to_utc, price_inc_vat_p_per_kwh as value, fetched_at_utc
    from marts.fct_retail_price_versions
    where tariff_code like 'E-1R-AGILE%' and tariff_code not like '%OUTGOING%'
        and right(tariff_code, 1) = :region_code and payment_method = ''
        and valid_from_utc < :end_utc and valid_to_utc > :first_utc
        and known_from_utc <= :known_utc and (known_to_utc > :known_utc or known_to_utc is null)
        and price_inc_vat_p_per_kwh is not null
"""
MARKET_INDEX = f"""
    select period_start_utc, market_index_price_gbp_per_mwh / 10 as value, fetched_at_utc
    from {{fct_prices_half_hourly}} as prices
    where period_start_utc >= :first_utc and period_start_utc < :end_utc + interval '1 day'
        and market_index_price_gbp_per_mwh is not null and market_index_state {_USABLE}
"""
REGIONAL = f"""
    select period_start_utc, carbon_forecast_gco2_per_kwh as value, fetched_at_utc
    from {{fct_carbon_regional_half_hourly}} as carbon
    where period_start_utc >= :first_utc and period_start_utc < :end_utc and region_id = :region_id
        and carbon_forecast_gco2_per_kwh is not null and state {_USABLE}
"""
REGIONAL_RUNNING = """
    select period_start_utc, carbon_forecast_gco2_per_kwh as value, fetched_at_utc
    from marts.carbon_regional_as_known_at(
        cast('infinity' as timestamptz),
        cast(:first_utc as timestamptz),
        cast(:first_utc as timestamptz) + interval '30 minutes'
    ) as carbon
    where region_id = :region_id and carbon_forecast_gco2_per_kwh is not null
"""
# The state is the actual value's; 0 is the one that is suspect, and as known at a moment nothing else tells it apart.
NATIONAL = f"""
    select * from (
        select
            period_start_utc,
            coalesce(
                case when state {_USABLE} then nullif(carbon_actual_gco2_per_kwh, 0) end,
                carbon_forecast_gco2_per_kwh
            ) as value,
            fetched_at_utc
        from {{fct_carbon_half_hourly}} as carbon
        where period_start_utc >= :first_utc and period_start_utc < :end_utc
    ) as national
    where value is not null
"""


def as_now(statement: str) -> str:
    """The statement over the marts."""
    marts = ("fct_prices_half_hourly", "fct_carbon_half_hourly", "fct_carbon_regional_half_hourly")
    return statement.format_map({mart: f"marts.{mart}" for mart in marts})


def as_known(statement: str) -> str:
    """The statement over the marts of versions, by :known_utc, :known_first_utc, :known_end_utc and their days."""
    from dashboard.as_known import RELATIONS  # brings SQLAlchemy, which takes a moment

    return statement.format_map({mart: f"({relation})" for mart, relation in RELATIONS.items()})


def for_psycopg2(statement: str) -> str:
    """The statement with its parameters as psycopg2 reads them."""
    return re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", statement.replace("%", "%%"))
