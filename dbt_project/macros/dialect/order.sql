{#-
    A table that is built by days lies on the disk in their order also when it is built whole, as it would had it grown day
    by day. What is wanted of it is nearly always of a few days: a build, a test, a page then read few places. As joins leave
    rows, each day lies all over the table (docs/benchmarks.md, Growth).
-#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {%- if not temporary and model.config.materialized == 'incremental' and 'settlement_date' in model.columns -%}
        {%- set sql = 'select * from (\n' ~ sql ~ '\n) as built order by settlement_date' -%}
    {%- endif -%}
    {{ return(dbt.postgres__create_table_as(temporary, relation, sql)) }}
{%- endmacro %}
