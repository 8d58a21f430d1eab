{#- Of a JSON list of objects, a number of the first one whose `name` is `wanted`; null where there is none. -#}
{% macro number_in_list(list, name, wanted, number) -%}
    {{ return(adapter.dispatch('number_in_list')(list, name, wanted, number)) }}
{%- endmacro %}
{% macro default__number_in_list(list, name, wanted, number) -%}
    cast(jsonb_path_query_first({{ list }}, '$[*] ? (@.{{ name }} == "{{ wanted }}").{{ number }}') as {{ exact_number() }})
{%- endmacro %}

{#- Each row of a relation once for each object of its JSON list: with `item`, and `item_number` from 1. -#}
{% macro unnested(relation, list) -%}
    {{ return(adapter.dispatch('unnested')(relation, list)) }}
{%- endmacro %}
{% macro default__unnested(relation, list) -%}
    select {{ relation }}.*, items.item, cast(items.item_number as integer) as item_number
    from {{ relation }}
    cross join lateral jsonb_array_elements({{ relation }}.{{ list }}) with ordinality as items (item, item_number)
{%- endmacro %}

{#- A field of a JSON object, as text. -#}
{% macro json_field(object, name) -%}
    {{ return(adapter.dispatch('json_field')(object, name)) }}
{%- endmacro %}
{% macro default__json_field(object, name) -%}
    ({{ object }} ->> '{{ name }}')
{%- endmacro %}

{#- A JSON value whole, as text. -#}
{% macro json_text(value) -%}
    {{ return(adapter.dispatch('json_text')(value)) }}
{%- endmacro %}
{% macro default__json_text(value) -%}
    cast({{ value }} as text)
{%- endmacro %}
