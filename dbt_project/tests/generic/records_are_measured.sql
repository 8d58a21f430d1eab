{#- The seed of records and the lists of macros/records.sql name the same measures, series and extremes. -#}
{% test records_are_measured(model) %}

with measured as (

    {% for measure, of in record_measures().items() -%}
    {% for extreme in of.extremes -%}
    select 'half_hour' as span, '{{ measure }}' as measure, '{{ measure }}' as series, '{{ extreme }}' as direction
    union all
    {% endfor -%}
    {% endfor -%}
    {% for measure, of in record_runs().items() -%}
    select 'run' as span, '{{ measure }}' as measure, '{{ of.series }}' as series, 'highest' as direction
    union all
    {% endfor -%}
    {% for measure, of in record_days().items() -%}
    {% for extreme in ['highest', 'lowest'] -%}
    select 'day' as span, '{{ measure }}' as measure, '{{ of.series }}' as series, '{{ extreme }}' as direction
    {{ 'union all' if not loop.last }}
    {% endfor -%}
    {{ 'union all' if not loop.last }}
    {% endfor -%}

)

select
    coalesce(kinds.measure, measured.measure) as measure,
    coalesce(kinds.direction, measured.direction) as direction
from {{ model }} as kinds
full outer join measured
    on
        kinds.span = measured.span
        and kinds.measure = measured.measure
        and kinds.series = measured.series
        and kinds.direction = measured.direction
-- a day's measure may be kept in one direction alone
where measured.measure is null or (kinds.measure is null and measured.span <> 'day')

{% endtest %}
