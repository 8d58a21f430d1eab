{#- The deployed target builds staging, intermediate, marts and reference; any other builds all into its own schema. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if target.name == 'deployed' and custom_schema_name -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ target.schema }}
    {%- endif -%}
{%- endmacro %}
