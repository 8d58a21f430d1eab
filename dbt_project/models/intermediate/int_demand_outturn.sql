{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with asked as (

    select * from {{ ref('int_asked_half_hours') }}
    where dataset = 'demand_outturn' and {{ in_days_to_build('settlement_date') }}

),

bounds as (

    {{ plausible_bounds(['indo_mw', 'itsdo_mw']) }}

),

received as (

    {{ newest_rows(
        days_to_build_of(ref('stg_elexon__demand_outturn'), 'settlement_date', 'settlement_date'),
        'demand_outturn',
        ['settlement_date', 'settlement_period'],
        'asked',
    ) }}

)

select
    settlement_date,
    settlement_period,
    period_start_utc,
    {% for name in ['indo', 'itsdo'] %}
        {{ shown('received', name ~ '_mw') }} as {{ name }}_mw,
        {{ number_state('received', name ~ '_mw', is_implausible(name ~ '_mw', 'received.' ~ name ~ '_mw')) }}
            as {{ name }}_state,
    {% endfor %}
    received.fetched_at_utc,
    received.lake_key
from received
full outer join asked using (settlement_date, settlement_period, period_start_utc)
cross join bounds
