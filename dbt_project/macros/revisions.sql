{#-
    The versions of a staging model that follow another one, or that an answer lacked: each with what held before.

    key: the columns beside `start` that say which row it is. values: those that a change may be in, by kind.
    minutes: the length of what a row stands for.
-#}
{% macro changed_versions(relation, key, values, start, minutes) -%}
    {%- set of_row = 'partition by ' ~ ([start] + key) | join(', ') ~ ' order by fetched_at_utc, lake_key' -%}
    select
        compared.*,
        {{ utc_label('compared.' ~ start) }}{% for column in key %} || ' ' || compared.{{ column }}{% endfor %} as row_key,
        {{ add_minutes('compared.' ~ start, minutes) }} as period_end_utc
    from (
        select
            versions.*,
            {% for value in values -%}
            lag({{ value }}) over ({{ of_row }}) as before_{{ value }},
            {% endfor -%}
            lag(absent_from_utc) over ({{ of_row }}) as before_absent_from_utc,
            lag(fetched_at_utc) over ({{ of_row }}) as before_fetched_at_utc
        from {{ relation }} as versions
        -- nearly all rows have one version, which is none of these, and need not be sorted
        where not is_first or not is_newest or absent_from_utc is not null
    ) as compared
    where compared.before_fetched_at_utc is not null or compared.absent_from_utc is not null
{%- endmacro %}

{#-
    The changes of one value among changed_versions: it became another one, its row was lacking, or it came back. That
    an empty value was filled in is none.
-#}
{% macro changes_of_value(changes, dataset, value, kind, start) -%}
    select
        {{ _of_row(dataset, value, start) }},
        case when before_absent_from_utc is null then 'changed' else 'returned' end as change,
        case when before_absent_from_utc is null then {{ _as_text('before_' ~ value, kind) }} end as value_before,
        {{ _as_text(value, kind) }} as value_after,
        case when before_absent_from_utc is null then {{ _as_number('before_' ~ value, kind) }} end as number_before,
        {{ _as_number(value, kind) }} as number_after,
        fetched_at_utc as changed_at_utc,
        known_from_utc,
        lake_key
    from {{ changes }}
    where
        before_fetched_at_utc is not null
        and (
            (
                before_absent_from_utc is null
                and before_{{ value }} is not null
                and ({{ value }} is null or {{ value }} <> before_{{ value }})
            )
            or (before_absent_from_utc is not null and {{ value }} is not null)
        )
    union all
    select
        {{ _of_row(dataset, value, start) }},
        'withdrawn' as change,
        {{ _as_text(value, kind) }} as value_before,
        cast(null as text) as value_after,
        {{ _as_number(value, kind) }} as number_before,
        cast(null as {{ var('exact_number') }}) as number_after,
        absent_from_utc as changed_at_utc,
        absent_from_utc as known_from_utc,
        absent_lake_key as lake_key
    from {{ changes }}
    where absent_from_utc is not null and {{ value }} is not null
{%- endmacro %}

{% macro _of_row(dataset, value, start) -%}
        '{{ dataset }}' as dataset,
        row_key,
        settlement_date,
        settlement_period,
        {{ start }} as period_start_utc,
        period_end_utc,
        '{{ value }}' as value_name
{%- endmacro %}

{% macro _as_text(value, kind) -%}
    {{ utc_label(value) if kind == 'instant' else 'cast(' ~ value ~ ' as text)' }}
{%- endmacro %}

{% macro _as_number(value, kind) -%}
    {{ 'cast(' ~ (value if kind == 'number' else 'null') ~ ' as ' ~ var('exact_number') ~ ')' }}
{%- endmacro %}
