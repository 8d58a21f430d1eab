{#-
    Of a forecast whose source keeps every issue, the newest one that was published when its half-hour began: what was
    expected before it. For half-hours to come this is the newest issue. An issue that a later answer lacks was
    published all the same. Issues are of today and tomorrow: one of more than three days before says nothing.
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
            and published_at_utc > {{ add_minutes('period_start_utc', -3 * 1440) }}
            and {{ in_days_to_build('published_at_utc', 'start', days_before=3) }}
            and {{ in_days_to_build('settlement_date') }}
    ) as issues
    where place = 1
{%- endmacro %}


{#-
    The issues of a forecast as versions of what was expected of each period: one holds until a later issue is known,
    or the same issue with other values. One that became known only after a later issue never held, and its span is
    empty. An issue that a later answer lacks was published all the same.
-#}
{% macro issues_as_versions(relation, key) -%}
    select
        followed.*,
        case
            when followed.next_known_from_utc > followed.known_from_utc then followed.next_known_from_utc
            when followed.next_known_from_utc is not null then followed.known_from_utc
        end as replaced_at_utc
    from (
        select
            issues.*,
            -- a change of this very issue follows it too
            min(issues.known_from_utc) over (
                partition by {% for column in key %}issues.{{ column }}{{ ', ' if not loop.last }}{% endfor %}

                order by issues.published_at_utc, issues.fetched_at_utc, issues.lake_key
                rows between 1 following and unbounded following
            ) as next_known_from_utc
        from {{ relation }} as issues
    ) as followed
{%- endmacro %}
