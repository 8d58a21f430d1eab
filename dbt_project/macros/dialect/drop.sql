{#-
    Tables are dropped one after another. With a table go the views that hang on it, and two threads that drop two tables
    under one view could each hold what the other waits for.
-#}
{% macro postgres__drop_table(relation) -%}
    select pg_advisory_xact_lock(hashtext('energy_monitor: drop'));
    drop table if exists {{ relation }} cascade
{%- endmacro %}
