{#-
    The newest version of each row of a staging model of files, with what the state of its numbers is made of, as
    newest_rows has it. Files take nothing back, and nobody confirms them: their age is that of `recorded`, the instant
    at which whoever kept a row asked for it. Where a file does not tell it, a number is as uncertain as a new one.
-#}
{% macro history_rows(relation, dataset, recorded=none, start='period_start_utc') -%}
    select
        versions.*,
        false as is_withdrawn,
        rules.state as rule_state,
        rules.settlement_run
    from {{ relation }} as versions
    {%- set age = seconds_between('versions.' ~ start, 'versions.' ~ recorded) if recorded else '0' %}
    left join {{ ref('state_rules') }} as rules
        on
            rules.dataset = '{{ dataset }}'
            and coalesce({{ age }}, 0) >= coalesce(rules.from_age_hours * 3600, -1e12)
            and coalesce({{ age }}, 0) < coalesce(rules.to_age_hours * 3600, 1e12)
    where versions.is_newest
{%- endmacro %}
