{#- What engines say differently about numbers. Another engine gets its own `<engine>__` macro in its own file here. -#}

{#-
    The mean of a column of exact numbers, and the ratio of two: with all the digits that the division gives. An engine
    whose exact numbers keep a few digits of a quotient works them out as real numbers. Where an exact one is needed,
    cast the result.
-#}
{% macro mean(number) -%}
    {{ return(adapter.dispatch('mean')(number)) }}
{%- endmacro %}
{% macro default__mean(number) -%}
    avg({{ number }})
{%- endmacro %}

{% macro ratio(number, by) -%}
    {{ return(adapter.dispatch('ratio')(number, by)) }}
{%- endmacro %}
{% macro default__ratio(number, by) -%}
    {{ number }} / {{ by }}
{%- endmacro %}

{#- The value that a fraction of a group's numbers are no higher than, between two of them where it lies there. -#}
{% macro percentile(fraction, number) -%}
    {{ return(adapter.dispatch('percentile')(fraction, number)) }}
{%- endmacro %}
{% macro default__percentile(fraction, number) -%}
    percentile_cont({{ fraction }}) within group (order by {{ number }})
{%- endmacro %}

{#- How often one whole number goes into another: 7 and 2 make 3. -#}
{% macro whole_quotient(number, by) -%}
    {{ return(adapter.dispatch('whole_quotient')(number, by)) }}
{%- endmacro %}
{% macro default__whole_quotient(number, by) -%}
    {{ number }} / {{ by }}
{%- endmacro %}

{#- An exact number as text. -#}
{% macro number_text(number) -%}
    {{ return(adapter.dispatch('number_text')(number)) }}
{%- endmacro %}
{% macro default__number_text(number) -%}
    cast({{ number }} as {{ text_type() }})
{%- endmacro %}
