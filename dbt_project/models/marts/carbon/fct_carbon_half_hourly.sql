with asked as (

    select * from {{ ref('int_asked_half_hours') }}
    where dataset in ('carbon_national_actual', 'carbon_national_forecast')

),

bounds as (

    {{ plausible_bounds(['carbon_actual_gco2_per_kwh']) }}

),

actual_rows as (

    {{ newest_rows(
        ref('stg_carbon_intensity__national_actual'), 'carbon_national_actual', ['period_start_utc'], 'asked'
    ) }}

),

forecast_rows as (

    {{ newest_rows(
        ref('stg_carbon_intensity__national_forecast'), 'carbon_national_forecast', ['period_start_utc'], 'asked'
    ) }}

),

periods as (

    select period_start_utc from actual_rows
    union
    select period_start_utc from forecast_rows
    union
    select period_start_utc from asked

),

-- Both datasets carry the forecast: the one that was fetched later has the newer.
joined as (

    select
        periods.period_start_utc,
        actual_rows.fetched_at_utc is not null
        and (
            forecast_rows.fetched_at_utc is null or forecast_rows.fetched_at_utc <= actual_rows.fetched_at_utc
        ) as is_actual_newer,
        {{ shown('actual_rows', 'carbon_actual_gco2_per_kwh') }} as carbon_actual_gco2_per_kwh,
        {{ number_state(
            'actual_rows',
            'carbon_actual_gco2_per_kwh',
            is_implausible('carbon_actual_gco2_per_kwh', 'actual_rows.carbon_actual_gco2_per_kwh'),
        ) }} as received_state,
        actual_asked.period_start_utc is not null as is_actual_due,
        {{ shown('actual_rows', 'carbon_forecast_gco2_per_kwh') }} as forecast_beside_actual,
        {{ shown('actual_rows', 'carbon_index') }} as index_beside_actual,
        {{ shown('forecast_rows', 'carbon_forecast_gco2_per_kwh') }} as forecast_ahead,
        {{ shown('forecast_rows', 'carbon_index') }} as index_ahead,
        actual_rows.fetched_at_utc as actual_fetched_at_utc,
        actual_rows.lake_key as actual_lake_key,
        forecast_rows.fetched_at_utc as forecast_fetched_at_utc,
        forecast_rows.lake_key as forecast_lake_key
    from periods
    left join actual_rows on periods.period_start_utc = actual_rows.period_start_utc
    left join forecast_rows on periods.period_start_utc = forecast_rows.period_start_utc
    left join asked as actual_asked
        on
            actual_asked.dataset = 'carbon_national_actual'
            and periods.period_start_utc = actual_asked.period_start_utc
    cross join bounds

),

chosen as (

    select
        period_start_utc,
        carbon_actual_gco2_per_kwh,
        received_state,
        is_actual_due,
        case
            when is_actual_newer then coalesce(forecast_beside_actual, forecast_ahead)
            else coalesce(forecast_ahead, forecast_beside_actual)
        end as carbon_forecast_gco2_per_kwh,
        case
            when is_actual_newer then coalesce(index_beside_actual, index_ahead)
            else coalesce(index_ahead, index_beside_actual)
        end as carbon_index,
        case when is_actual_newer then actual_fetched_at_utc else forecast_fetched_at_utc end as fetched_at_utc,
        case when is_actual_newer then actual_lake_key else forecast_lake_key end as lake_key
    from joined

)

select
    {{ settlement_date('period_start_utc') }} as settlement_date,
    {{ settlement_period('period_start_utc') }} as settlement_period,
    period_start_utc,
    carbon_actual_gco2_per_kwh,
    carbon_forecast_gco2_per_kwh,
    carbon_index,
    case
        when received_state <> 'missing' then received_state
        when carbon_forecast_gco2_per_kwh is not null and not is_actual_due then 'forecast'
        else 'missing'
    end as state,
    fetched_at_utc,
    lake_key
from chosen
