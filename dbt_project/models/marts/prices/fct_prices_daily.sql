{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with prices as (

    select
        {% for price, state in priced_states().items() %}
            case when {{ counts(state) }} then {{ price }} end as {{ price }},
        {% endfor %}
        settlement_date
    from {{ ref('fct_prices_half_hourly') }}
    where {{ in_days_to_build('settlement_date') }}

)

select
    settlement_date,
    {% for price in priced_states() %}
        cast({{ mean(price) }} as {{ real_number() }}) as mean_{{ price }},
        min({{ price }}) as min_{{ price }},
        max({{ price }}) as max_{{ price }},
        max({{ price }}) - min({{ price }}) as spread_{{ price }},
        count({{ price }}) as {{ price }}_periods,
        count(case when {{ price }} < 0 then 1 end) as negative_{{ price }}_periods,
        cast(count(case when {{ price }} < 0 then 1 end) as {{ real_number() }}) / 2 as negative_{{ price }}_hours,
    {% endfor %}
    {{ periods_in('settlement_date') }} as periods_in_day
from prices
group by 1
