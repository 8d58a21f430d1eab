{#-
    Generation by fuel code, in half-hours or in five minutes, with its state. A code that nobody knows has no bounds.
    received: a relation of newest_rows or history_rows.
-#}
{% macro generation_numbers(received, start='period_start_utc') -%}
    select
        received.settlement_date,
        received.settlement_period,
        received.{{ start }},
        received.fuel_code,
        {{ shown('received', 'generation_mw') }} as generation_mw,
        {{ number_state('received', 'generation_mw', is_implausible('generation_mw', 'received.generation_mw')) }}
            as state,
        received.fetched_at_utc,
        received.lake_key
    from {{ received }} as received
    left join ({{ plausible_fuel_bounds() }}) as bounds on received.fuel_code = bounds.fuel_code
{%- endmacro %}

{#- Each period that is in one of some relations, with each fuel code of FUELHH that is in regular use by then. -#}
{% macro expected_fuels(relations, start='period_start_utc') -%}
    select
        periods.settlement_date,
        periods.settlement_period,
        periods.{{ start }},
        fuels.fuel_code
    from (
        {% for relation in relations -%}
        select{{ ' distinct' if loop.length == 1 }}
            settlement_date,
            settlement_period,
            {{ start }}
        from {{ relation }}
        {{ 'union' if not loop.last }}
        {% endfor -%}
    ) as periods
    cross join {{ ref('fuels') }} as fuels
    where
        fuels.source = 'FUELHH'
        and (fuels.regular_from_utc is null or fuels.regular_from_utc <= periods.{{ start }})
{%- endmacro %}
