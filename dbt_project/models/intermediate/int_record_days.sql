-- Only days whose every half-hour is known.
with days as (

    select
        settlement_date,
        {% for measure, of in record_days().items() %}
            {{ 'sum(' ~ of.series ~ ') * 0.5' if of.value == 'sum' else mean(of.series) }} as {{ measure }},
            count({{ of.series }}) as {{ measure }}_periods,
        {% endfor %}
        {% for basis in ['embedded', 'supply', 'demand', 'carbon', 'market_index', 'system_price'] %}
            {{ least_certain_of(basis ~ '_state') }} as {{ basis }}_state,
            {{ one_source(basis ~ '_source_dataset') }} as {{ basis }}_source_dataset,
        {% endfor %}
        min(period_start_utc) as period_start_utc,
        {{ periods_in('settlement_date') }} as periods_in_day
    from {{ ref('int_complete_half_hours') }}
    group by 1

)

{% for measure, of in record_days().items() %}
    select
        '{{ measure }}' as measure,
        settlement_date,
        period_start_utc,
        {{ add_minutes('period_start_utc', '30 * periods_in_day') }} as period_end_utc,
        periods_in_day as periods,
        cast({{ measure }} as {{ exact_number() }}) as value,
        {{ of.basis }}_state as state,
        {{ of.basis }}_source_dataset as source_dataset
    from days
    where {{ measure }}_periods = periods_in_day
    {{ 'union all' if not loop.last }}
{% endfor %}
