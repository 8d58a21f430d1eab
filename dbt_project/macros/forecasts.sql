{#-
    Of a forecast whose source keeps every issue, the newest one that was published when its half-hour began: what was
    expected before it. For half-hours to come this is the newest issue. An issue that a later answer lacks was
    published all the same.
-#}
{% macro issues_at_start(relation, value) -%}
    select
        settlement_date,
        settlement_period,
        period_start_utc,
        {{ value }},
        published_at_utc,
        fetched_at_utc,
        lake_key
    from (
        select
            issues.*,
            row_number() over (partition by period_start_utc order by published_at_utc desc) as place
        from {{ relation }} as issues
        where
            is_newest
            and boundary = 'N'
            and {{ value }} is not null
            and published_at_utc <= period_start_utc
    ) as issues
    where place = 1
{%- endmacro %}
