with asked as (

    select * from {{ ref('int_asked_half_hours') }} where dataset = 'demand_outturn'

),

bounds as (

    {{ plausible_bounds(['indo_mw', 'itsdo_mw']) }}

),

received as (

    {{ newest_rows(
        ref('stg_elexon__demand_outturn'), 'demand_outturn', ['settlement_date', 'settlement_period'], 'asked'
    ) }}

),

outturn as (

    select
        coalesce(received.settlement_date, asked.settlement_date) as settlement_date,
        coalesce(received.settlement_period, asked.settlement_period) as settlement_period,
        coalesce(received.period_start_utc, asked.period_start_utc) as period_start_utc,
        {{ shown('received', 'indo_mw') }} as indo_mw,
        {{ number_state('received', 'indo_mw', is_implausible('indo_mw', 'received.indo_mw')) }} as indo_state,
        {{ shown('received', 'itsdo_mw') }} as itsdo_mw,
        {{ number_state('received', 'itsdo_mw', is_implausible('itsdo_mw', 'received.itsdo_mw')) }}
            as itsdo_state,
        received.fetched_at_utc,
        received.lake_key
    from received
    full outer join asked on received.period_start_utc = asked.period_start_utc
    cross join bounds

),

-- Embedded generation is known, if only as a forecast, wherever NESO's demand is.
neso as (

    select
        embedded.*,
        demand.nd_mw,
        demand.nd_state,
        demand.tsd_mw,
        demand.tsd_state
    from {{ ref('int_embedded_generation') }} as embedded
    left join {{ ref('int_neso_demand') }} as demand on embedded.period_start_utc = demand.period_start_utc

),

joined as (

    select
        coalesce(outturn.settlement_date, neso.settlement_date) as settlement_date,
        coalesce(outturn.settlement_period, neso.settlement_period) as settlement_period,
        coalesce(outturn.period_start_utc, neso.period_start_utc) as period_start_utc,
        outturn.indo_mw,
        outturn.indo_state,
        outturn.itsdo_mw,
        outturn.itsdo_state,
        neso.embedded_solar_mw,
        neso.embedded_solar_state,
        neso.embedded_wind_mw,
        neso.embedded_wind_state,
        neso.nd_mw,
        neso.nd_state,
        neso.tsd_mw,
        neso.tsd_state,
        outturn.fetched_at_utc as outturn_fetched_at_utc,
        outturn.lake_key as outturn_lake_key,
        neso.fetched_at_utc as neso_fetched_at_utc,
        neso.lake_key as neso_lake_key
    from outturn
    full outer join neso on outturn.period_start_utc = neso.period_start_utc

)

select
    settlement_date,
    settlement_period,
    period_start_utc,
    indo_mw,
    indo_state,
    itsdo_mw,
    itsdo_state,
    embedded_solar_mw,
    embedded_solar_state,
    embedded_wind_mw,
    embedded_wind_state,
    indo_mw + embedded_solar_mw + embedded_wind_mw as indo_and_embedded_mw,
    nd_mw,
    nd_state,
    tsd_mw,
    tsd_state,
    {{ least_certain([
        'indo_state', 'itsdo_state', 'embedded_solar_state', 'embedded_wind_state', 'nd_state', 'tsd_state'
    ]) }} as state,
    coalesce(outturn_fetched_at_utc, neso_fetched_at_utc) as fetched_at_utc,
    coalesce(outturn_lake_key, neso_lake_key) as lake_key,
    neso_fetched_at_utc,
    neso_lake_key
from joined
