{#-
    Which days the data tests look at: all, or with ENERGY_MONITOR_TESTED=lately those that loads of the last day
    covered. The latter is for what is built as something lands: days that no load touched are as they were when they
    were tested, and a scan of ten years would take longer than the build. Each night all days are tested.

    It holds for every test of a model that has a settlement date, or names in `meta.tested_by` the column of its starts:
    the one that leads the raw table's key, where it is a view of versions. Or load_id, for a model of these loads themselves.
-#}

{#- dbt's own macro of this name, which every generic test reads its model through. -#}
{% macro get_where_subquery(relation) -%}
    {%- set conditions = [] -%}
    {%- if config.get('where') -%}
        {%- do conditions.append('(' ~ config.get('where') ~ ')') -%}
    {%- endif -%}
    {%- if _tests_lately() and model.get('attached_node') -%}
        {%- set tested = graph.nodes[model.attached_node] -%}
        {%- set by = tested.config.get('meta', {}).get('tested_by') -%}
        {%- if by == 'load_id' -%}
            {%- do conditions.append(_is_of_late_load()) -%}
        {%- elif by or 'settlement_date' in tested.columns -%}
            {%- do conditions.append(in_days_tested(by or 'settlement_date', 'start' if by else 'settlement_date')) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if conditions -%}
        {#- without an alias Spark takes `where (` for one, and what follows for names of columns -#}
        {{ return('(select * from ' ~ relation ~ ' as tested where ' ~ conditions | join(' and ') ~ ') dbt_subquery') }}
    {%- endif -%}
    {{ return(relation) }}
{%- endmacro %}

{#- A condition on the rows that a test looks at in what else it reads: see in_days_to_build(). -#}
{% macro in_days_tested(column, holds='settlement_date') -%}
    {%- if not _tests_lately() -%}
        {{ return('true') }}
    {%- endif -%}
    {{ return(in_spans(_spans_tested(), column, holds)) }}
{%- endmacro %}

{#- The model that a test is attached to. -#}
{% macro tested_node() -%}
    {{ return(model.get('attached_node')) }}
{%- endmacro %}

{% macro _tests_lately() -%}
    {{ return(execute and model.resource_type == 'test' and env_var('ENERGY_MONITOR_TESTED', 'all') == 'lately') }}
{%- endmacro %}

{#- The days that loads of the last day covered, of the datasets that the tested model is made of; of all, where none. -#}
{% macro _spans_tested() -%}
    {%- set datasets = _datasets_read(model.attached_node) -%}
    {%- set days = {} -%}
    {%- for day in _days_of_late_loads() if not datasets or day.dataset in datasets -%}
        {%- do days.update({day.settlement_date: day}) -%}
    {%- endfor -%}
    {{ return(spans_of(days.values() | sort(attribute='settlement_date'))) }}
{%- endmacro %}

{#- Of the loads of the last day, back from the newest. After which load that is, is asked for once in a run, and kept. -#}
{% macro _is_of_late_load() -%}
    {%- if 'last_load_before' not in graph -%}
        {%- set loads = source('raw', 'loads') -%}
        {%- set newest = "(select max(loaded_at) from " ~ loads ~ " where load_id = (select max(load_id) from " ~ loads ~ "))" -%}
        {%- set found = run_query(
            "select coalesce(max(load_id), 0) from " ~ loads ~ " where loaded_at < " ~ add_minutes(newest, -1440)
        ) -%}
        {%- do graph.update({'last_load_before': found.rows[0][0]}) -%}
    {%- endif -%}
    load_id > {{ graph.last_load_before }}
{%- endmacro %}

{#- One row per dataset and day. Asked for once in a run, and kept beside the graph. -#}
{% macro _days_of_late_loads() -%}
    {%- if 'days_of_late_loads' not in graph -%}
        {%- set found = run_query(
            "select dataset, " ~ labels_of_day('settlement_date') ~ " from " ~ source('raw', 'load_days')
            ~ " where " ~ _is_of_late_load() ~ " group by dataset, settlement_date"
        ) -%}
        {%- do graph.update({'days_of_late_loads': found.rows}) -%}
    {%- endif -%}
    {{ return(graph.days_of_late_loads) }}
{%- endmacro %}
