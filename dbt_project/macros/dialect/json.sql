{#- Of a JSON list of objects, a number of the first one whose `name` is `wanted`; null where there is none. -#}
{% macro number_in_list(list, name, wanted, number) -%}
    {{ return(adapter.dispatch('number_in_list')(list, name, wanted, number)) }}
{%- endmacro %}
{% macro default__number_in_list(list, name, wanted, number) -%}
    cast(jsonb_path_query_first({{ list }}, '$[*] ? (@.{{ name }} == "{{ wanted }}").{{ number }}') as numeric)
{%- endmacro %}
