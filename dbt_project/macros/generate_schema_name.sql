{#- A deployed target builds staging, intermediate, marts and reference; any other builds all into its own schema. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if is_deployed() and custom_schema_name -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ target.schema }}
    {%- endif -%}
{%- endmacro %}

{#- Whether the target's schemas are those that all others read. -#}
{% macro is_deployed() -%}
    {{ return(target.name in ('deployed', 'redshift', 'spark')) }}
{%- endmacro %}
