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
        demand.tsd_state,
        demand.demand_source_dataset
    from {{ ref('int_embedded_generation') }} as embedded
    left join {{ ref('int_neso_demand') }} as demand on embedded.period_start_utc = demand.period_start_utc

),

national_forecast as (

    {{ issues_at_start(ref('stg_elexon__national_demand_forecast'), 'national_demand_forecast_mw') }}

),

transmission_forecast as (

    {{ issues_at_start(ref('stg_elexon__transmission_demand_forecast'), 'transmission_demand_forecast_mw') }}

),

forecast as (

    select
        coalesce(national.settlement_date, transmission.settlement_date) as settlement_date,
        coalesce(national.settlement_period, transmission.settlement_period) as settlement_period,
        coalesce(national.period_start_utc, transmission.period_start_utc) as period_start_utc,
        national.national_demand_forecast_mw,
        transmission.transmission_demand_forecast_mw,
        coalesce(national.published_at_utc, transmission.published_at_utc) as published_at_utc,
        coalesce(national.fetched_at_utc, transmission.fetched_at_utc) as fetched_at_utc,
        coalesce(national.lake_key, transmission.lake_key) as lake_key
    from national_forecast as national
    full outer join transmission_forecast as transmission
        on national.period_start_utc = transmission.period_start_utc

),

measured as (

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
        neso.demand_source_dataset as neso_source_dataset,
        neso.source_dataset as embedded_source_dataset,
        outturn.fetched_at_utc as outturn_fetched_at_utc,
        outturn.lake_key as outturn_lake_key,
        neso.fetched_at_utc as neso_fetched_at_utc,
        neso.lake_key as neso_lake_key
    from outturn
    full outer join neso on outturn.period_start_utc = neso.period_start_utc

),

joined as (

    select
        coalesce(measured.settlement_date, forecast.settlement_date) as settlement_date,
        coalesce(measured.settlement_period, forecast.settlement_period) as settlement_period,
        coalesce(measured.period_start_utc, forecast.period_start_utc) as period_start_utc,
        measured.indo_mw,
        measured.indo_state,
        measured.itsdo_mw,
        measured.itsdo_state,
        measured.embedded_solar_mw,
        measured.embedded_solar_state,
        measured.embedded_wind_mw,
        measured.embedded_wind_state,
        measured.nd_mw,
        measured.nd_state,
        measured.tsd_mw,
        measured.tsd_state,
        measured.neso_source_dataset,
        measured.embedded_source_dataset,
        forecast.national_demand_forecast_mw,
        forecast.transmission_demand_forecast_mw,
        forecast.published_at_utc as demand_forecast_published_at_utc,
        measured.outturn_fetched_at_utc,
        measured.outturn_lake_key,
        measured.neso_fetched_at_utc,
        measured.neso_lake_key,
        forecast.fetched_at_utc as demand_forecast_fetched_at_utc,
        forecast.lake_key as demand_forecast_lake_key
    from measured
    full outer join forecast on measured.period_start_utc = forecast.period_start_utc

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
    embedded_source_dataset,
    case
        when {{ counts('indo_state') }} and {{ counts('embedded_solar_state') }} and {{ counts('embedded_wind_state') }}
            then indo_mw + embedded_solar_mw + embedded_wind_mw
    end as indo_and_embedded_mw,
    nd_mw,
    nd_state,
    tsd_mw,
    tsd_state,
    neso_source_dataset,
    -- one series: what Elexon has, else what NESO has, else what a file of NESO has
    {% for name, ours, nesos in [('national', 'indo', 'nd'), ('transmission', 'itsdo', 'tsd')] %}
        case
            when {{ ours }}_state <> 'missing' then {{ ours }}_mw
            else {{ nesos }}_mw
        end as {{ name }}_demand_mw,
        case
            when {{ ours }}_state <> 'missing' then {{ ours }}_state
            else coalesce({{ nesos }}_state, {{ ours }}_state)
        end as {{ name }}_demand_state,
        case
            when {{ ours }}_state <> 'missing' then 'demand_outturn'
            when {{ nesos }}_state <> 'missing' then neso_source_dataset
        end as {{ name }}_demand_source_dataset,
    {% endfor %}
    national_demand_forecast_mw,
    transmission_demand_forecast_mw,
    demand_forecast_published_at_utc,
    -- a row of forecasts alone is one that nothing else was asked for
    coalesce({{ least_certain([
        'indo_state', 'itsdo_state', 'embedded_solar_state', 'embedded_wind_state', 'nd_state', 'tsd_state'
    ]) }}, 'forecast') as state,
    coalesce(outturn_fetched_at_utc, neso_fetched_at_utc, demand_forecast_fetched_at_utc) as fetched_at_utc,
    coalesce(outturn_lake_key, neso_lake_key, demand_forecast_lake_key) as lake_key,
    neso_fetched_at_utc,
    neso_lake_key,
    demand_forecast_fetched_at_utc,
    demand_forecast_lake_key
from joined
