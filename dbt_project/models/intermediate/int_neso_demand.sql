with asked as (

    select * from {{ ref('int_asked_half_hours') }} where dataset = 'neso_historic_demand'

),

bounds as (

    {{ plausible_bounds(['nd_mw', 'tsd_mw']) }}

),

received as (

    {{ newest_rows(
        ref('stg_neso__historic_demand'), 'neso_historic_demand', ['settlement_date', 'settlement_period'], 'asked'
    ) }}

)

select
    coalesce(received.settlement_date, asked.settlement_date) as settlement_date,
    coalesce(received.settlement_period, asked.settlement_period) as settlement_period,
    coalesce(received.period_start_utc, asked.period_start_utc) as period_start_utc,
    {{ shown('received', 'nd_mw') }} as nd_mw,
    {{ number_state('received', 'nd_mw', is_implausible('nd_mw', 'received.nd_mw')) }} as nd_state,
    {{ shown('received', 'tsd_mw') }} as tsd_mw,
    {{ number_state('received', 'tsd_mw', is_implausible('tsd_mw', 'received.tsd_mw')) }} as tsd_state,
    {{ shown('received', 'embedded_solar_mw') }} as embedded_solar_mw,
    {{ number_state('received', 'embedded_solar_mw') }} as embedded_solar_state,
    {{ shown('received', 'embedded_wind_mw') }} as embedded_wind_mw,
    {{ number_state('received', 'embedded_wind_mw') }} as embedded_wind_state,
    received.fetched_at_utc,
    received.lake_key
from received
full outer join asked on received.period_start_utc = asked.period_start_utc
cross join bounds
