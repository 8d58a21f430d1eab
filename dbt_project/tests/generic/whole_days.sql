{#-
    Each settlement date that a dataset was asked for as a whole, when all of it was due, has 46, 48 or 50 half-hours
    here: received or marked as missing. A day still under way is not looked at, nor are loads that this table was not
    built from, as they came while it was built.

    datasets: their ids; without them every settlement date of the model must be whole.
    start: the column of the starts. per_half_hour: how many of them a half-hour has.
    scope: the column that only a request tells, such as the tariff; then each of its values has its whole days.
-#}
{% test whole_days(model, datasets=none, start='period_start_utc', per_half_hour=1, scope=none) %}

with whole_days as (

    {% if datasets -%}
    select distinct load_days.settlement_date{{ ', load_days.scope' if scope }}
    from {{ ref('stg_ingestion__load_days') }} as load_days
    inner join {{ _record('consumed_loads') }} as consumed
        on
            load_days.dataset = consumed.dataset
            and load_days.load_id <= consumed.load_id
            and consumed.model = '{{ tested_node() }}'
    where
        load_days.is_whole_day
        and load_days.dataset in ('{{ datasets | join("', '") }}')
        and {{ in_days_tested('load_days.settlement_date') }}
    {%- else -%}
    select distinct settlement_date{{ ', ' ~ scope ~ ' as scope' if scope }} from {{ model }}
    {%- endif %}

),

counted as (

    select
        settlement_date,
        {% if scope -%}
        {{ scope }} as scope,
        {% endif -%}
        count(distinct {{ start }}) as starts
    from {{ model }}
    group by 1{{ ', 2' if scope }}

)

select
    whole_days.settlement_date,
    coalesce(counted.starts, 0) as starts,
    {{ periods_in('whole_days.settlement_date') }} * {{ per_half_hour }} as starts_expected
from whole_days
left join counted
    on
        whole_days.settlement_date = counted.settlement_date
        {% if scope -%}
        and whole_days.scope = counted.scope
        {% endif %}
where coalesce(counted.starts, 0) <> {{ periods_in('whole_days.settlement_date') }} * {{ per_half_hour }}

{% endtest %}
