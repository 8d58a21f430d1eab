with national_forecast as (

    {{ issues_as_versions(ref('stg_elexon__national_demand_forecast'), ['period_start_utc', 'boundary']) }}

),

transmission_forecast as (

    {{ issues_as_versions(ref('stg_elexon__transmission_demand_forecast'), ['period_start_utc', 'boundary']) }}

),

united as (

    select
        settlement_date,
        settlement_period,
        period_start_utc,
        'ndf' as source_dataset,
        national_demand_forecast_mw,
        cast(null as {{ exact_number() }}) as transmission_demand_forecast_mw,
        published_at_utc,
        known_from_utc,
        replaced_at_utc as known_to_utc,
        absent_from_utc,
        fetched_at_utc,
        lake_key
    from national_forecast
    where boundary = 'N'
    union all
    select
        settlement_date,
        settlement_period,
        period_start_utc,
        'tsdf' as source_dataset,
        cast(null as {{ exact_number() }}) as national_demand_forecast_mw,
        transmission_demand_forecast_mw,
        published_at_utc,
        known_from_utc,
        replaced_at_utc as known_to_utc,
        absent_from_utc,
        fetched_at_utc,
        lake_key
    from transmission_forecast
    where boundary = 'N'

)

select
    ---------- ids
    settlement_date,
    settlement_period,
    period_start_utc,
    source_dataset,

    ---------- values
    national_demand_forecast_mw,
    transmission_demand_forecast_mw,

    ---------- versions
    published_at_utc,
    known_from_utc,
    known_to_utc,
    known_to_utc is null as is_newest,
    absent_from_utc,
    fetched_at_utc,
    lake_key
from united
