with joined as (

    select
        grid.settlement_date,
        grid.settlement_period,
        grid.period_start_utc,
        {% for measure in record_series() if measure not in ['wind_and_embedded_mw', 'national_demand_mw'] %}
            grid.{{ measure }},
        {% endfor %}
        grid.wind_mw + grid.embedded_wind_mw as wind_and_embedded_mw,
        case when mix.is_plausible then grid.transmission_state end as transmission_state,
        grid.transmission_source_dataset,
        grid.carbon_state,
        grid.market_index_state,
        grid.system_price_state,
        demand.national_demand_mw,
        {{ least_certain(['demand.embedded_solar_state', 'demand.embedded_wind_state']) }} as embedded_state,
        demand.embedded_source_dataset,
        demand.national_demand_state as demand_state,
        demand.national_demand_source_dataset as demand_source_dataset,
        'market_index' as market_index_source_dataset,
        prices.system_price_source_dataset,
        carbon.carbon_actual_source_dataset as carbon_source_dataset
    from {{ ref('fct_grid_half_hourly') }} as grid
    left join {{ ref('int_mix_plausibility') }} as mix on grid.period_start_utc = mix.period_start_utc
    left join {{ ref('fct_demand_half_hourly') }} as demand on grid.period_start_utc = demand.period_start_utc
    left join {{ ref('fct_prices_half_hourly') }} as prices on grid.period_start_utc = prices.period_start_utc
    left join {{ ref('fct_carbon_half_hourly') }} as carbon on grid.period_start_utc = carbon.period_start_utc

),

complete as (

    select
        settlement_date,
        settlement_period,
        period_start_utc,
        -- supply is measured where the transmission system and what is embedded both are
        case
            when {{ is_measured('transmission_state') }} and {{ is_measured('embedded_state') }}
                then {{ least_certain(['transmission_state', 'embedded_state']) }}
        end as supply_state,
        transmission_source_dataset || ' + ' || embedded_source_dataset as supply_source_dataset,
        {% for basis in ['transmission', 'embedded', 'demand', 'carbon', 'market_index', 'system_price'] %}
            case when {{ is_measured(basis ~ '_state') }} then {{ basis }}_state end as {{ basis }}_state,
            {{ basis }}_source_dataset,
        {% endfor %}
        {{ record_series() | join(', ') }}
    from joined

)

select
    settlement_date,
    settlement_period,
    period_start_utc,
    {% for measure in record_series() %}
        {%- set basis = record_measures().get(measure, {'basis': 'transmission'}).basis %}
        case when {{ basis }}_state is not null then {{ measure }} end as {{ measure }},
    {% endfor %}
    {% for basis in ['transmission', 'embedded', 'demand', 'carbon', 'market_index', 'system_price'] %}
        {{ basis }}_state,
        {{ basis }}_source_dataset,
    {% endfor %}
    supply_state,
    supply_source_dataset
from complete
