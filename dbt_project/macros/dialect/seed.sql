{#-
    A seed is filled anew in place, so that what hangs on it stays and whoever reads it waits for nothing. Only where its
    columns are others now is it dropped with all of that, and made anew.
-#}
{% macro postgres__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {%- set wanted = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- set type = model.config.column_types.get(name) or adapter.convert_type(agate_table, loop.index0) -%}
        {%- do wanted.append("cast(null as " ~ type ~ ") as " ~ adapter.quote(name)) -%}
    {%- endfor -%}
    {%- set columns_wanted = get_column_schema_from_query("select " ~ wanted | join(", ")) -%}
    {%- set columns_there = get_column_schema_from_query("select * from " ~ old_relation) -%}
    {%- if columns_there | map(attribute='data_type') | list != columns_wanted | map(attribute='data_type') | list
        or columns_there | map(attribute='name') | list != columns_wanted | map(attribute='name') | list -%}
        {{ return(default__reset_csv_table(model, true, old_relation, agate_table)) }}
    {%- endif -%}
    {%- set empty = "delete from " ~ old_relation -%}
    {%- do run_query(empty) -%}
    {{ return(empty) }}
{%- endmacro %}
