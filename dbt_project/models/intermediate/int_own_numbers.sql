-- A view, as it says in other words what the tables hold.
{{ config(materialized='view') }}

{% for dataset in datasets_with_gaps() %}
    {% set is_last = loop.last %}
    {% set start = dataset.get('start', 'period_start_utc') %}
    {% for state in dataset.states %}
        select
            '{{ dataset.id }}' as dataset,
            shown.settlement_date,
            shown.{{ start }} as start_utc,
            case when {{ dataset.get('is_its_own', 'true') }} then shown.{{ state }} else 'missing' end as state
        from {{ ref(dataset.relation) }} as shown
        {% if dataset.get('of_fuels') %}
            -- a code that is not expected yet is no gap where it does not come
            inner join {{ ref('fuels') }} as fuels
                on
                    shown.fuel_code = fuels.fuel_code
                    and not fuels.is_embedded
                    and (fuels.regular_from_utc is null or shown.{{ start }} >= fuels.regular_from_utc)
        {% endif %}
        {{ 'union all' if not (loop.last and is_last) }}
    {% endfor %}
{% endfor %}
