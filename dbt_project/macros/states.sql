{#-
    The state of a number, from the loads alone and never from the clock:

    forecast     of a half-hour whose measurement is not due yet
    provisional  measured, and its source may still change it
    settled      measured, and old enough (seed state_rules) when it was last confirmed
    suspect      outside what is plausible (seed plausible_ranges): kept, shown, left out of aggregates, counted
    withdrawn    two complete later answers lack it: no longer shown as a value
    missing      asked for, due, and not received
-#}

{#- All of them, the least certain first. -#}
{% macro all_states() -%}
    {{ return(['missing', 'withdrawn', 'suspect', 'forecast', 'provisional', 'settled']) }}
{%- endmacro %}

{#-
    The newest version of each row of a staging model, with what the state of its numbers is made of: `is_withdrawn`,
    `rule_state` and `settlement_run`. `asked` is a relation of asked periods; `key` names the columns of a row, and
    `scope` the one that only a request tells: answers for another tariff say nothing about this one.
-#}
{% macro newest_rows(relation, dataset, key, asked=none, start='period_start_utc', scope=none) -%}
    select
        confirmed.*,
        rules.state as rule_state,
        rules.settlement_run
    from (
        select
            versions.*,
            coalesce(absences.answers_without >= 2, false) as is_withdrawn,
            -- the newest answer that has a row confirms it: any that covers it, until one that lacks it
            case
                when absences.last_answer_with > versions.fetched_at_utc then absences.last_answer_with
                {% if asked -%}
                when versions.absent_from_utc is null and asked.newest_answer_utc > versions.fetched_at_utc
                    then asked.newest_answer_utc
                {% endif -%}
                else versions.fetched_at_utc
            end as confirmed_at_utc
        from {{ relation }} as versions
        {% if asked -%}
        left join {{ asked }} as asked
            on
                asked.dataset = '{{ dataset }}'
                and versions.{{ start }} = asked.{{ start }}
                {% if scope -%}
                and versions.{{ scope }} = asked.scope
                {% endif -%}
        {% endif -%}
        left join ({{ absences(relation, dataset, key, start, scope) }}) as absences
            on {% for column in key %}{{ ' and ' if not loop.first }}versions.{{ column }} = absences.{{ column }}{% endfor %}

        where versions.is_newest
    ) as confirmed
    left join {{ ref('state_rules') }} as rules
        on
            rules.dataset = '{{ dataset }}'
            and {{ seconds_between('confirmed.' ~ start, 'confirmed.confirmed_at_utc') }}
            >= coalesce(rules.from_age_hours * 3600, -1e12)
            and {{ seconds_between('confirmed.' ~ start, 'confirmed.confirmed_at_utc') }}
            < coalesce(rules.to_age_hours * 3600, 1e12)
{%- endmacro %}

{#- Of the rows that the newest complete answers lack: how many lack it, and the last one that still had it. -#}
{% macro absences(relation, dataset, key, start='period_start_utc', scope=none) -%}
        select
            {% for column in key %}versions.{{ column }}, {% endfor %}
            count(distinct case
                when answers.fetched_at_utc >= versions.absent_from_utc then answers.fetched_at_utc
            end) as answers_without,
            max(case
                when answers.fetched_at_utc < versions.absent_from_utc then answers.fetched_at_utc
            end) as last_answer_with
        from {{ relation }} as versions
        inner join {{ ref('stg_ingestion__load_days') }} as answers
            on
                answers.dataset = '{{ dataset }}'
                and answers.is_complete
                and versions.settlement_date = answers.settlement_date
                and answers.covered_from_utc <= versions.{{ start }}
                and answers.covered_to_utc > versions.{{ start }}
                {% if scope -%}
                and versions.{{ scope }} = coalesce(answers.scope, versions.{{ scope }})
                {% endif -%}
        where versions.is_newest and versions.absent_from_utc is not null
        group by {% for column in key %}versions.{{ column }}{{ ', ' if not loop.last }}{% endfor %}

{%- endmacro %}

{#- A value, unless its row was withdrawn. `row` is an alias of newest_rows. -#}
{% macro shown(row, column) -%}
    case when not {{ row }}.is_withdrawn then {{ row }}.{{ column }} end
{%- endmacro %}

{#- The state of one number of a row that was received or asked for. -#}
{% macro number_state(row, column, is_suspect='false') -%}
    case
        when {{ row }}.is_withdrawn then 'withdrawn'
        when {{ row }}.{{ column }} is null then 'missing'
        when {{ is_suspect }} then 'suspect'
        else {{ row }}.rule_state
    end
{%- endmacro %}

{#- The state of a row of several numbers: that of its least certain one. Null states were never asked for. -#}
{% macro least_certain(states) -%}
    case
        {% for state in all_states() -%}
        when '{{ state }}' in ({{ states | join(', ') }}) then '{{ state }}'
        {% endfor -%}
    end
{%- endmacro %}

{#- The least certain state of a group of rows: the aggregate of a column of states. -#}
{% macro least_certain_of(state) -%}
    case
        {% for known in all_states() -%}
        when max(case when {{ state }} = '{{ known }}' then 1 else 0 end) = 1 then '{{ known }}'
        {% endfor -%}
    end
{%- endmacro %}

{#- Whether a number of this state goes into aggregates. -#}
{% macro counts(state) -%}
    ({{ state }} in ('forecast', 'provisional', 'settled'))
{%- endmacro %}

{#- Whether a number of this state was measured: it counts, and is no forecast. -#}
{% macro is_measured(state) -%}
    ({{ state }} in ('provisional', 'settled'))
{%- endmacro %}

{#- One row with the plausible bounds of some measures: `<measure>_minimum` and `<measure>_maximum`. -#}
{% macro plausible_bounds(measures) -%}
    select
        {% for measure in measures -%}
        max(case when measure = '{{ measure }}' then minimum end) as {{ measure }}_minimum,
        max(case when measure = '{{ measure }}' then maximum end) as {{ measure }}_maximum{{ ',' if not loop.last }}
        {% endfor -%}
    from {{ ref('plausible_ranges') }}
{%- endmacro %}

{#- One row per fuel code with the plausible bounds of its generation, named as plausible_bounds has it. -#}
{% macro plausible_fuel_bounds() -%}
    select
        fuel_code,
        minimum as generation_mw_minimum,
        maximum as generation_mw_maximum
    from {{ ref('plausible_ranges') }}
    where measure = 'generation_mw'
{%- endmacro %}

{#-
    Whether a value lies outside its plausible bounds; `bounds` is the alias of plausible_bounds, or of what joins
    plausible_fuel_bounds: a fuel code that the seed does not know has no bounds.
-#}
{% macro is_implausible(measure, value) -%}
    (
        coalesce({{ value }} < bounds.{{ measure }}_minimum, false)
        or coalesce({{ value }} > bounds.{{ measure }}_maximum, false)
    )
{%- endmacro %}
