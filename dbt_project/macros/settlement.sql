{#-
    The clock of the GB market in SQL: UTC instants and UK-local settlement dates and periods. The twin of
    ingestion/settlement.py. No model converts between the two in any other way, and none builds an instant from a
    local clock string: there is a date and a period, or there is an instant.
-#}

{#- The settlement date that holds an instant. -#}
{% macro settlement_date(instant) -%}
    cast({{ local_timestamp(instant) }} as date)
{%- endmacro %}

{#- The settlement period, 1 to 50, that holds an instant. -#}
{% macro settlement_period(instant) -%}
    cast(
        floor({{ seconds_between(local_midnight_utc(settlement_date(instant)), instant) }} / 1800) + 1
        as integer
    )
{%- endmacro %}

{#- The instant at which a settlement period begins. -#}
{% macro period_start_utc(settlement_date, settlement_period) -%}
    {{ add_minutes(local_midnight_utc(settlement_date), '30 * (' ~ settlement_period ~ ' - 1)') }}
{%- endmacro %}

{#- The start of the half-hour that holds an instant. -#}
{% macro half_hour_start_utc(instant) -%}
    {{ period_start_utc(settlement_date(instant), settlement_period(instant)) }}
{%- endmacro %}

{#- The hour of the UK wall clock at an instant, 0 to 23. Two hours of the long October day are 1. -#}
{% macro local_hour(instant) -%}
    cast(extract(hour from {{ local_timestamp(instant) }}) as integer)
{%- endmacro %}

{#- How many half-hours a settlement date has: 46, 48 or 50. -#}
{% macro periods_in(settlement_date) -%}
    {{ periods_between(settlement_date, add_days(settlement_date, 1)) }}
{%- endmacro %}

{#- How many half-hours there are from the beginning of a settlement date to that of a later one. -#}
{% macro periods_between(first_date, end_date) -%}
    cast(
        {{ seconds_between(local_midnight_utc(first_date), local_midnight_utc(end_date)) }} / 1800
        as integer
    )
{%- endmacro %}
