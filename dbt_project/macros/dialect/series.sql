{#- Every date from one to another, as a query with one column `settlement_date`. -#}
{% macro dates_between(first, last) -%}
    {{ return(adapter.dispatch('dates_between')(first, last)) }}
{%- endmacro %}
{% macro default__dates_between(first, last) -%}
    select cast(day as date) as settlement_date
    from generate_series({{ first }}, {{ last }}, interval '1 day') as series (day)
{%- endmacro %}

{#- Whole numbers from one to another, as a query with one column `number`. -#}
{% macro numbers_between(first, last) -%}
    {{ return(adapter.dispatch('numbers_between')(first, last)) }}
{%- endmacro %}
{% macro default__numbers_between(first, last) -%}
    select cast(number as integer) as number
    from generate_series({{ first }}, {{ last }}) as series (number)
{%- endmacro %}
