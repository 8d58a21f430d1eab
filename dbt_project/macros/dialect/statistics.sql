{#-
    Tells the planner what a table that was just built holds, as a hook after it. Without that, several keys at once and a
    few datasets in many rows look like next to nothing, and joins are made row by row.
-#}
{% macro gather_statistics(relation) -%}
    {{ return(adapter.dispatch('gather_statistics')(relation)) }}
{%- endmacro %}
{% macro default__gather_statistics(relation) -%}
    analyze {{ relation }}
{%- endmacro %}
