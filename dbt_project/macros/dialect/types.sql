{#- The types of values, by what they hold. Another engine gets its own `<engine>__` macro in its own file here. -#}

{#- A number as exact as it came. -#}
{% macro exact_number() -%}
    {{ return(adapter.dispatch('exact_number')()) }}
{%- endmacro %}
{% macro default__exact_number() -%}
    {{ return(var('exact_number')) }}
{%- endmacro %}

{#- A number in 64 bits, about sixteen digits: what means, shares and energies are. -#}
{% macro real_number() -%}
    {{ return(adapter.dispatch('real_number')()) }}
{%- endmacro %}
{% macro default__real_number() -%}
    {{ return('double precision') }}
{%- endmacro %}

{#- A name, a code or a note. -#}
{% macro text_type() -%}
    {{ return(adapter.dispatch('text_type')()) }}
{%- endmacro %}
{% macro default__text_type() -%}
    {{ return('text') }}
{%- endmacro %}

{#- A moment in time, in UTC. -#}
{% macro instant_type() -%}
    {{ return(adapter.dispatch('instant_type')()) }}
{%- endmacro %}
{% macro default__instant_type() -%}
    {{ return('timestamp with time zone') }}
{%- endmacro %}
