{#-
    Views are replaced in place, so that what hangs on one of them (the versions, an analyst's own views) stays through
    each build of it. Only where PostgreSQL refuses, as its columns are others now, is it dropped with all of that.
-#}
{% materialization view, adapter='postgres' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is none or not existing.is_view -%}
        {{ return(materialization_view_default()) }}
    {%- endif -%}
    {%- set create = get_create_view_as_sql(existing, sql) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') -%}
        do $replace$ begin
            {{ create | replace('create view', 'create or replace view', 1) }}
        exception when invalid_table_definition then
            drop view {{ existing }} cascade;
            {{ create }}
        end $replace$
    {%- endcall %}
    {% do persist_docs(existing, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [existing]}) }}
{% endmaterialization %}
