{#-
    Puts rows in a table of macros/builds.sql, each in the place of the one with the same key.

    model: of which all of them are. rows: a query of the columns of the key and of the values, in this order.
-#}
{% macro put_rows(relation, model, key, values, rows) -%}
    {{ return(adapter.dispatch('put_rows')(relation, model, key, values, rows)) }}
{%- endmacro %}
{% macro default__put_rows(relation, model, key, values, rows) -%}
    insert into {{ relation }} ({{ (key + values) | join(', ') }})
    {{ rows }}
    on conflict ({{ key | join(', ') }}) do update set
    {%- for column in values %} {{ column }} = excluded.{{ column }}{{ ',' if not loop.last }}{% endfor %}
{%- endmacro %}
