-- All measures at once: one pass over the half-hours in order, then the few that set or equal an extreme.
with compared as (

    select
        half_hours.*,
        {% for measure, of in record_measures().items() %}
            {% for extreme in of.extremes %}
                {{ 'max' if extreme == 'highest' else 'min' }}({{ measure }}) {{ before_this() }}
                    as {{ extreme }}_{{ measure }}{{ ',' if not loop.last }}
            {% endfor %}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_complete_half_hours') }} as half_hours

),

candidates as (

    select * from compared
    where
        {% for measure, of in record_measures().items() %}
            {% for extreme in of.extremes %}
                {{ measure }} {{ '>=' if extreme == 'highest' else '<=' }} {{ extreme }}_{{ measure }}
                or
            {% endfor %}
            ({{ measure }} is not null and {{ of.extremes[0] }}_{{ measure }} is null)
            {{ 'or' if not loop.last }}
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
        cast({{ measure }} as {{ var('exact_number') }}) as value,
        {{ of.basis }}_state as state,
        {{ of.basis }}_source_dataset as source_dataset
    from candidates
    where
        {% for extreme in of.extremes %}
            {{ measure }} {{ '>=' if extreme == 'highest' else '<=' }} coalesce({{ extreme }}_{{ measure }}, {{ measure }})
            {{ 'or' if not loop.last }}
        {% endfor %}
    {{ 'union all' if not loop.last }}
{% endfor %}
