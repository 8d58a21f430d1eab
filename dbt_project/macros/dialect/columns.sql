{#-
    dbt's own macro of this name, which a table that is built by days asks for five times. information_schema joins the
    whole catalogue for who may see what: 4 ms a time, a fifth of a tick's work in the database. The catalogue itself takes one.
-#}
{% macro postgres__get_columns_in_relation(relation) -%}
    {% call statement('get_columns_in_relation', fetch_result=True) -%}
        select
            columns.attname as column_name,
            format_type(columns.atttypid, null) as data_type,
            information_schema._pg_char_max_length(columns.atttypid, columns.atttypmod) as character_maximum_length,
            information_schema._pg_numeric_precision(columns.atttypid, columns.atttypmod) as numeric_precision,
            information_schema._pg_numeric_scale(columns.atttypid, columns.atttypmod) as numeric_scale
        from pg_catalog.pg_attribute as columns
        where
            columns.attrelid = to_regclass('{{ relation.include(database=false) }}')
            and columns.attnum > 0
            and not columns.attisdropped
        order by columns.attnum
    {%- endcall %}
    {{ return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) }}
{%- endmacro %}
