-- All measures at once: one pass over the half-hours in order, then the few that set or equal an extreme.
with compared as (

    select
        {% for measure, of in record_measures().items() %}
            {% for extreme in of.extremes %}
                {{ 'max' if extreme == 'highest' else 'min' }}(half_hours.{{ measure }}) {{ before_this() }}
                    as {{ extreme }}_{{ measure }},
            {% endfor %}
        {% endfor %}
        half_hours.*
    from {{ ref('int_complete_half_hours') }} as half_hours

),

candidates as (

    select * from compared
    where
        {% for measure, of in record_measures().items() %}
            {{ 'or ' if not loop.first }}{{ sets_or_equals(measure, of.extremes) }}
        {% endfor %}

)

{% for measure, of in record_measures().items() %}
    select
        '{{ measure }}' as measure,
        settlement_date,
        settlement_period,
        period_start_utc,
        {{ add_minutes('period_start_utc', 30) }} as period_end_utc,
        1 as periods,
        cast({{ measure }} as {{ exact_number() }}) as value,
        {{ of.basis }}_state as state,
        {{ of.basis }}_source_dataset as source_dataset
    from candidates
    where {{ sets_or_equals(measure, of.extremes) }}
    {{ 'union all' if not loop.last }}
{% endfor %}
