{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}
{%- set datasets = revised_datasets() -%}

with
{% for dataset in datasets %}
    {{ dataset.id }} as (

        {{ changed_versions(
            ref(dataset.relation),
            dataset.get('key', []),
            dataset['values'],
            dataset.get('start', 'period_start_utc'),
            dataset.get('minutes', 30),
            dataset.get('dated', false),
        ) }}

    ),

{% endfor %}

changes as (

    {% for dataset in datasets %}
        {% set is_last = loop.last %}
        {% for value, kind in dataset['values'].items() %}
            {{ changes_of_value(dataset.id, dataset.id, value, kind, dataset.get('start', 'period_start_utc')) }}
            {{ 'union all' if not (loop.last and is_last) }}
        {% endfor %}
    {% endfor %}

)

select
    dataset,
    row_key,
    settlement_date,
    settlement_period,
    period_start_utc,
    value_name,
    change,
    value_before,
    value_after,
    number_before,
    number_after,
    changed_at_utc,
    known_from_utc,
    cast({{ ratio(seconds_between('period_end_utc', 'changed_at_utc'), 3600) }} as {{ real_number() }})
        as hours_after_period_end,
    lake_key
from changes
