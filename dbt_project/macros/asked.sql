{#-
    The periods that the sources were asked for and that were due when they answered: one row per dataset and
    period, with the time of the newest answer that covered it. What is asked for and not received is missing; what
    was never asked for is no row at all.

    datasets: their ids. periods: a relation or CTE of settlement_date, settlement_period and `start`.
    by_scope: for datasets that are asked for tariff by tariff; then there is a row per scope, too.
-#}
{% macro asked_periods(datasets, periods, start, by_scope=false) -%}
    select
        spans.dataset,
        {% if by_scope -%}
        spans.scope,
        {% endif -%}
        periods.settlement_date,
        periods.settlement_period,
        periods.{{ start }},
        max(spans.newest_answer_utc) as newest_answer_utc
    from (
        -- an answer older than one for the whole day says nothing more about when the day was last covered
        select
            days.dataset,
            days.scope,
            days.settlement_date,
            days.covered_from_utc,
            days.covered_to_utc,
            max(days.fetched_at_utc) as newest_answer_utc
        from (
            select
                load_days.*,
                max(case when load_days.is_whole_day then load_days.fetched_at_utc end)
                    over (partition by load_days.dataset, load_days.scope, load_days.settlement_date)
                    as newest_whole_day_utc
            from {{ ref('stg_ingestion__load_days') }} as load_days
            where
                load_days.covered_from_utc is not null
                and load_days.dataset in ('{{ datasets | join("', '") }}')
                and {{ in_days_to_build('load_days.settlement_date') }}
        ) as days
        where days.newest_whole_day_utc is null or days.fetched_at_utc >= days.newest_whole_day_utc
        group by 1, 2, 3, 4, 5
    ) as spans
    inner join {{ periods }} as periods
        on
            spans.settlement_date = periods.settlement_date
            and spans.covered_from_utc <= periods.{{ start }}
            and spans.covered_to_utc > periods.{{ start }}
    group by 1, 2, 3, 4{{ ', 5' if by_scope }}
{%- endmacro %}

{#-
    The first and the last settlement date that any load touched: `first_date` and `last_date`. By dataset, so that each
    is found by an index, however many loads there are.
-#}
{% macro span_of_loads() -%}
    {%- set load_days = ref('stg_ingestion__load_days') -%}
    select
        min(first_date) as first_date,
        max(last_date) as last_date
    from (
        {% for dataset in names_of_datasets() -%}
        select
            (select min(settlement_date) from {{ load_days }} where dataset = '{{ dataset }}') as first_date,
            (select max(settlement_date) from {{ load_days }} where dataset = '{{ dataset }}') as last_date
        {{ 'union all' if not loop.last }}
        {% else -%}
        select min(settlement_date) as first_date, max(settlement_date) as last_date from {{ load_days }}
        {% endfor -%}
    ) as of_datasets
{%- endmacro %}
