-- A view, as it says in other words what its table holds.
{{ config(materialized='view') }}

{% for part in ['solar', 'wind'] %}
    select
        settlement_date,
        settlement_period,
        period_start_utc,
        'EMBEDDED_{{ part | upper }}' as fuel_code,
        embedded_{{ part }}_mw as generation_mw,
        source_dataset,
        cast(null as integer) as five_minute_values,
        embedded_{{ part }}_state as state,
        fetched_at_utc,
        lake_key
    from {{ ref('int_embedded_generation') }}
    {{ 'union all' if not loop.last }}
{% endfor %}
