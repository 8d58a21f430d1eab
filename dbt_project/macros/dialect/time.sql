{#- What engines say differently about time. Another engine gets its own `<engine>__` macro here. -#}

{#- The UK wall clock of an instant, as a timestamp without zone. -#}
{% macro local_timestamp(instant) -%}
    {{ return(adapter.dispatch('local_timestamp')(instant)) }}
{%- endmacro %}
{% macro default__local_timestamp(instant) -%}
    ({{ instant }} at time zone 'Europe/London')
{%- endmacro %}

{#- The instant of midnight of a local date. UK clocks never change at midnight, so there is just one. -#}
{% macro local_midnight_utc(day) -%}
    {{ return(adapter.dispatch('local_midnight_utc')(day)) }}
{%- endmacro %}
{% macro default__local_midnight_utc(day) -%}
    (cast({{ day }} as timestamp) at time zone 'Europe/London')
{%- endmacro %}

{#- Seconds from one instant to another, exact. -#}
{% macro seconds_between(from_instant, to_instant) -%}
    {{ return(adapter.dispatch('seconds_between')(from_instant, to_instant)) }}
{%- endmacro %}
{% macro default__seconds_between(from_instant, to_instant) -%}
    extract(epoch from ({{ to_instant }} - {{ from_instant }}))
{%- endmacro %}

{#- An instant some minutes later. -#}
{% macro add_minutes(instant, minutes) -%}
    {{ return(adapter.dispatch('add_minutes')(instant, minutes)) }}
{%- endmacro %}
{% macro default__add_minutes(instant, minutes) -%}
    ({{ instant }} + ({{ minutes }}) * interval '1 minute')
{%- endmacro %}

{#- A date some days later. -#}
{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch('add_days')(day, days)) }}
{%- endmacro %}
{% macro default__add_days(day, days) -%}
    ({{ day }} + {{ days }})
{%- endmacro %}

{#- A local time as people read it: 07:30. -#}
{% macro clock_label(timestamp_without_zone) -%}
    {{ return(adapter.dispatch('clock_label')(timestamp_without_zone)) }}
{%- endmacro %}
{% macro default__clock_label(timestamp_without_zone) -%}
    to_char({{ timestamp_without_zone }}, 'HH24:MI')
{%- endmacro %}

{#- How many minutes of its UTC day have passed at an instant: 0 to 1439. -#}
{% macro minutes_of_utc_day(instant) -%}
    {{ return(adapter.dispatch('minutes_of_utc_day')(instant)) }}
{%- endmacro %}
{% macro default__minutes_of_utc_day(instant) -%}
    cast(
        60 * extract(hour from {{ instant }} at time zone 'UTC') + extract(minute from {{ instant }} at time zone 'UTC')
        as integer
    )
{%- endmacro %}

{#- The UTC day of an instant. -#}
{% macro utc_date(instant) -%}
    {{ return(adapter.dispatch('utc_date')(instant)) }}
{%- endmacro %}
{% macro default__utc_date(instant) -%}
    cast(({{ instant }} at time zone 'UTC') as date)
{%- endmacro %}

{#- An instant as text that says its zone: 2024-08-13T13:00:00Z. -#}
{% macro utc_label(instant) -%}
    {{ return(adapter.dispatch('utc_label')(instant)) }}
{%- endmacro %}
{% macro default__utc_label(instant) -%}
    to_char({{ instant }} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
{%- endmacro %}

{#- A date some months later; the last of a shorter month where it has no such day. -#}
{% macro add_months(day, months) -%}
    {{ return(adapter.dispatch('add_months')(day, months)) }}
{%- endmacro %}
{% macro default__add_months(day, months) -%}
    cast({{ day }} + ({{ months }}) * interval '1 month' as date)
{%- endmacro %}

{#- The first date of the week (Monday), month or year of a date. -#}
{% macro first_date_of(span, day) -%}
    {{ return(adapter.dispatch('first_date_of')(span, day)) }}
{%- endmacro %}
{% macro default__first_date_of(span, day) -%}
    cast(date_trunc('{{ span }}', cast({{ day }} as timestamp)) as date)
{%- endmacro %}

{#- The year of the ISO week of a date: in the days around New Year not always that of the date. -#}
{% macro iso_year(day) -%}
    {{ return(adapter.dispatch('iso_year')(day)) }}
{%- endmacro %}
{% macro default__iso_year(day) -%}
    cast(extract(isoyear from {{ day }}) as integer)
{%- endmacro %}

{#- The number of the ISO week of a date, 1 to 53. -#}
{% macro iso_week(day) -%}
    {{ return(adapter.dispatch('iso_week')(day)) }}
{%- endmacro %}
{% macro default__iso_week(day) -%}
    cast(extract(week from {{ day }}) as integer)
{%- endmacro %}
