{#-
    Which days a build has to look at: those that loads covered since the model's own last build.

    For models whose rows depend on nothing but loads that covered their own local day. Each model remembers, in the
    transaction that builds it, up to which load of each dataset it has consumed, and what it was built by; so nothing
    is skipped by a build that failed, by a selection of models, or by loads that came meanwhile. What is remembered
    lies in three tables beside the intermediate models:

    planned_loads   the newest load of each dataset when a run of dbt began: it consumes these, and none that come later
    consumed_loads  for each table that dbt made, the load of each dataset up to which it was built
    definitions     for each model and seed, a hash of what it was made by, with what it reads

    A model is built whole when it is not there, with --full-refresh, and when its definition is another one.
    Decision 0012 says why it is done like this.
-#}

{#-
    A condition on the rows to be built, over a column that holds a settlement date, or the start of a period: name the
    one that leads the raw table's key, so that PostgreSQL reads no other days.

    days_before: how many days before each of them count too, where rows of those days are looked at for what is built.
-#}
{% macro in_days_to_build(column, holds='settlement_date', days_before=0) -%}
    {%- if not adds_to_table() -%}
        true
    {%- else -%}
        {{- in_spans(spans_to_build(), column, holds, days_before) -}}
    {%- endif -%}
{%- endmacro %}

{#- Whether this build adds to a table that is there. No part of a model's definition, which is that of a whole build. -#}
{% macro adds_to_table() -%}
    {%- if not execute or model.get('is_being_defined') or model.resource_type == 'unit_test' -%}
        {{ return(false) }}
    {%- endif -%}
    {{ return(is_incremental()) }}
{%- endmacro %}

{#- The rows of a relation that in_days_to_build() asks for, as a subquery that other macros take for a relation. -#}
{% macro days_to_build_of(relation, column='period_start_utc', holds='start') -%}
    (select * from {{ relation }} where {{ in_days_to_build(column, holds) }})
{%- endmacro %}

{#- The incremental strategy of such models: their days are replaced whole. -#}
{% macro get_incremental_replace_days_sql(arguments) -%}
    {{ _replace(arguments, in_days_to_build('settlement_date')) }}
{%- endmacro %}

{#-
    The same for rows of a night: of an evening, named by its settlement date, and the morning after it. They depend on
    what loads covered of two days.
-#}
{% macro in_nights_to_build(evening) -%}
    ({{ in_days_to_build(evening) }} or {{ in_days_to_build(add_days(evening, 1)) }})
{%- endmacro %}

{% macro get_incremental_replace_nights_sql(arguments) -%}
    {{ _replace(arguments, in_nights_to_build('settlement_date')) }}
{%- endmacro %}

{#- The same for rows that stand beside those of the same date a year before. -#}
{% macro in_years_to_build(day) -%}
    ({{ in_days_to_build(day) }} or {{ in_days_to_build(add_months(day, -12)) }})
{%- endmacro %}

{% macro get_incremental_replace_years_sql(arguments) -%}
    {{ _replace(arguments, in_years_to_build('settlement_date')) }}
{%- endmacro %}

{% macro _replace(arguments, condition) -%}
    {%- set columns = get_quoted_csv(arguments.dest_columns | map(attribute='name')) -%}
    delete from {{ arguments.target_relation }} where {{ condition }};
    insert into {{ arguments.target_relation }} ({{ columns }}) select {{ columns }} from {{ arguments.temp_relation }}
{%- endmacro %}

{#- dbt's own macro of this name, which is_incremental() asks, too: whole when it cannot be by days. -#}
{% macro should_full_refresh() -%}
    {%- set is_asked_for = config.get('full_refresh') -%}
    {%- if is_asked_for is none -%}
        {%- set is_asked_for = flags.FULL_REFRESH -%}
    {%- endif -%}
    {{ return(is_asked_for or (model.config.materialized == 'incremental' and execute and not can_build_by_days())) }}
{%- endmacro %}

{#-
    Whether this run has a plan (`dbt compile` has none), and the model was built before by the same definition. Asked
    once for a model: the answer is kept beside it, as are the spans and the definition below.
-#}
{% macro can_build_by_days() -%}
    {{ return(adapter.dispatch('can_build_by_days')()) }}
{%- endmacro %}
{% macro default__can_build_by_days() -%}
    {%- if 'can_build_by_days' not in model -%}
        {%- set is_there = model.unique_id in _definitions() -%}
        {%- do model.update({'can_build_by_days': is_there and _definitions()[model.unique_id] == _definition()}) -%}
    {%- endif -%}
    {{ return(model.can_build_by_days) }}
{%- endmacro %}

{#- The days to build, as spans. -#}
{% macro spans_to_build() -%}
    {%- if 'spans_to_build' not in model -%}
        {%- set loads = run_query(_loads_to_look_at()).rows -%}
        {%- set days = run_query(_days_to_build(loads)).rows if loads else [] -%}
        {%- do model.update({'spans_to_build': spans_of(days)}) -%}
    {%- endif -%}
    {{ return(model.spans_to_build) }}
{%- endmacro %}

{#-
    Days that loads covered between what the model consumed and what it may consume now, and those that passed between
    the newest answer before and the newest one now: in these, what was to come has become what did not come.

    Issues of a forecast are covered by the day of their publishing, and are of later ones. A model that shows them by
    what they are of says in `meta.days_of`, by dataset, which column of raw that is.
-#}
{% macro _days_to_build(loads) -%}
    with covered as (

        {% for of in loads -%}
            select settlement_date, fetched_at from {{ source('raw', 'load_days') }} where {{ _is_one_of(of) }}
            {{ 'union all' if not loop.last }}
        {% endfor %}
    ),

    newest_answers as (

        select
            (
                select max(loads.fetched_at)
                from {{ _record('consumed_loads') }} as consumed
                inner join {{ source('raw', 'loads') }} as loads on loads.load_id = consumed.load_id
                where consumed.model = '{{ model.unique_id }}'
            ) as before_utc,
            (select max(fetched_at) from covered) as now_utc

    ),

    days as (

        select settlement_date from covered
        union
        {% set days_of = config.get('meta', {}).get('days_of', {}) -%}
        {% for of in loads if of['dataset'] in days_of -%}
            select {{ settlement_date('issues.' ~ days_of[of['dataset']]) }}
            from {{ source('raw', of['dataset']) }} as issues
            where
                issues.load_id > {{ of['after_load'] }} and issues.load_id <= {{ of['up_to_load'] }}
                and {{ in_spans(_days_covered(of), 'issues."publishTime"', 'start') }}
            union
        {% endfor -%}
        select passed.settlement_date
        from (
            {{ dates_between(
                '(select ' ~ settlement_date('before_utc') ~ ' from newest_answers)',
                '(select ' ~ settlement_date('now_utc') ~ ' from newest_answers)',
            ) }}
        ) as passed

    )

    select
        {{ labels_of_day('settlement_date') }}
    from days
    order by 1
{%- endmacro %}

{#- Of each dataset, the loads that came since the model's own last build: after one, and up to another. -#}
{% macro _loads_to_look_at() -%}
    select
        may.dataset,
        coalesce(consumed.load_id, 0) as after_load,
        may.load_id as up_to_load
    from ({{ _loads_to_consume() }}) as may
    left join {{ _record('consumed_loads') }} as consumed
        on consumed.dataset = may.dataset and consumed.model = '{{ model.unique_id }}'
    where may.load_id > coalesce(consumed.load_id, 0)
{%- endmacro %}

{#- Whether a row of load_days is of these loads; by their numbers, as a join would look at those of all loads. -#}
{% macro _is_one_of(loads) -%}
    dataset = '{{ loads['dataset'] }}' and load_id > {{ loads['after_load'] }} and load_id <= {{ loads['up_to_load'] }}
{%- endmacro %}

{#- The days that some loads covered, as spans. -#}
{% macro _days_covered(loads) -%}
    {%- set found = run_query(
        "select distinct " ~ labels_of_day('settlement_date') ~ " from " ~ source('raw', 'load_days')
        ~ " where " ~ _is_one_of(loads) ~ " order by 1"
    ) -%}
    {{ return(spans_of(found.rows)) }}
{%- endmacro %}

{#-
    Up to which load of each dataset that it reads this model may be built in this run: what the run plans, and no more
    than each table that it reads, and that reads the dataset, has consumed. A table of which nothing is remembered has
    consumed nothing.
-#}
{% macro _loads_to_consume() -%}
    {%- set tables = _tables_read(model.unique_id) -%}
    {%- set datasets = _datasets_read(model.unique_id) -%}
    select
        planned.dataset,
        min(case
            when tables.model is null then planned.load_id
            when consumed.load_id is not null then least(consumed.load_id, planned.load_id)
            when known.model is not null then planned.load_id
            else 0
        end) as load_id
    from {{ _record('planned_loads') }} as planned
    left join (
        {% for table in tables -%}
            select '{{ table }}' as model{{ ' union all ' if not loop.last }}
        {%- else -%}
            select cast(null as {{ text_type() }}) as model where false
        {%- endfor %}
    ) as tables on 1 = 1
    left join {{ _record('consumed_loads') }} as consumed
        on consumed.model = tables.model and consumed.dataset = planned.dataset
    left join (select distinct model from {{ _record('consumed_loads') }}) as known on known.model = tables.model
    where
        planned.invocation_id = '{{ invocation_id }}'
        {% if datasets -%}
        and planned.dataset in ('{{ datasets | join("', '") }}')
        {%- endif %}
    group by planned.dataset
{%- endmacro %}

{#- The tables that dbt made and that a node reads, itself or through views. Kept beside the graph, as the datasets are. -#}
{% macro _tables_read(node) -%}
    {%- set kept = graph.setdefault('tables_read', {}) -%}
    {%- if node not in kept -%}
        {%- set found = [] -%}
        {%- for name in graph.nodes[node].depends_on.nodes if name.startswith('model.') -%}
            {%- set is_table = graph.nodes[name].config.materialized in ('table', 'incremental') -%}
            {%- do found.extend([name] if is_table else _tables_read(name)) -%}
        {%- endfor -%}
        {%- do kept.update({node: found | unique | list}) -%}
    {%- endif -%}
    {{ return(kept[node]) }}
{%- endmacro %}

{#-
    The datasets whose raw tables are among what a node is made of; none where it is made of the records of loads alone,
    and so of those of every dataset. Where both are read, the records are looked at for these datasets.
-#}
{% macro _datasets_read(node) -%}
    {%- set kept = graph.setdefault('datasets_read', {}) -%}
    {%- if node not in kept -%}
        {%- set found = [] -%}
        {%- for name in graph.nodes[node].depends_on.nodes -%}
            {%- if name.startswith('model.') -%}
                {%- do found.extend(_datasets_read(name)) -%}
            {%- elif name.startswith('source.') and graph.sources[name].name not in ('loads', 'load_days') -%}
                {%- do found.append(graph.sources[name].name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do kept.update({node: found | unique | list}) -%}
    {%- endif -%}
    {{ return(kept[node]) }}
{%- endmacro %}

{#- A hash of what a node is made by: its SQL with all macros in it, its columns, and all that it reads; a seed's rows. -#}
{% macro _definition() -%}
    {%- if model.resource_type == 'seed' -%}
        {{ return(model.checksum.checksum) }}
    {%- endif -%}
    {%- if 'definition' not in model -%}
        {%- set code = model.compiled_code -%}
        {%- if model.config.materialized == 'incremental' -%}
            {#- adds_to_table() looks at this mark: the days are no part of a definition -#}
            {%- do model.update({'is_being_defined': true}) -%}
            {%- set code = render(model.raw_code) -%}
            {%- do model.update({'is_being_defined': false}) -%}
        {%- endif -%}
        {%- set columns = [] -%}
        {%- for column in model.columns.values() -%}
            {%- do columns.append(column.name ~ ' ' ~ column.data_type) -%}
        {%- endfor -%}
        {%- set read = [] -%}
        {%- for name in model.depends_on.nodes | sort if name in _definitions() and name != model.unique_id -%}
            {%- do read.append(name ~ ' ' ~ _definitions()[name]) -%}
        {%- endfor -%}
        {%- do model.update({'definition': local_md5(code ~ columns | join(', ') ~ read | join(', '))}) -%}
    {%- endif -%}
    {{ return(model.definition) }}
{%- endmacro %}

{#-
    What each node was made by, as it was remembered when this run began, and as the run makes it since; nothing in a run
    that has no plan. Kept beside the graph: to ask the database for each node was a fifth of a build's statements.
-#}
{% macro _definitions() -%}
    {{ return(graph.get('definitions', {}).get(invocation_id, {})) }}
{%- endmacro %}

{#- Where something is remembered: beside the intermediate models, or in the schema of an analyst. -#}
{% macro _record(table) -%}
    {%- set schema = 'intermediate' if is_deployed() else target.schema -%}
    {{ return(api.Relation.create(database=target.get('database'), schema=schema, identifier=table, type='table')) }}
{%- endmacro %}

{#- The datasets that have a raw table, by their ids; none while dbt parses, or tests a unit. -#}
{% macro names_of_datasets() -%}
    {%- set names = [] -%}
    {%- for raw in (graph.get('sources', {}).values() if execute else []) if raw.name not in ('loads', 'load_days') -%}
        {%- do names.append(raw.name) -%}
    {%- endfor -%}
    {{ return(names | sort) }}
{%- endmacro %}

{#- Before a run: what it is going to consume. -#}
{% macro plan_build() -%}
    {{ return(adapter.dispatch('plan_build')()) }}
{%- endmacro %}
{% macro default__plan_build() -%}
    {%- set plans, consumed, definitions = _record('planned_loads'), _record('consumed_loads'), _record('definitions') -%}
    {%- if execute -%}
        {%- set found = {} -%}
        {%- if load_relation(definitions) -%}
            {%- for row in run_query("select model, definition from " ~ definitions).rows -%}
                {%- do found.update({row[0]: row[1]}) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- do graph.update({'definitions': {invocation_id: found}}) -%}
    {%- endif -%}
    create table if not exists {{ plans }} (
        invocation_id {{ text_type() }},
        dataset {{ text_type() }},
        load_id bigint,
        planned_at {{ instant_type() }}
    );
    create table if not exists {{ consumed }} (
        model {{ text_type() }}, dataset {{ text_type() }}, load_id bigint, primary key (model, dataset)
    );
    create table if not exists {{ definitions }} (model {{ text_type() }} primary key, definition {{ text_type() }});
    delete from {{ plans }} where planned_at < {{ add_minutes(dbt.current_timestamp(), -2 * 24 * 60) }};
    insert into {{ plans }} (invocation_id, dataset, load_id, planned_at)
    select
        '{{ invocation_id }}' as invocation_id,
        datasets.dataset,
        datasets.load_id,
        {{ dbt.current_timestamp() }} as planned_at
    from (
        {#- the newest of each by an index; 0 where nothing was loaded yet -#}
        {% for dataset in names_of_datasets() -%}
            select
                '{{ dataset }}' as dataset,
                coalesce(max(load_id), 0) as load_id
            from {{ source('raw', 'loads') }}
            where dataset = '{{ dataset }}' and status = 'loaded'
            {{ 'union all' if not loop.last }}
        {% else -%}
            select cast(null as {{ text_type() }}) as dataset, cast(null as bigint) as load_id where false
        {%- endfor %}
    ) as datasets
{%- endmacro %}

{#- After a node, in its transaction: what it has consumed, and what it was made by. -#}
{% macro remember_build() -%}
    {{ return(adapter.dispatch('remember_build')()) }}
{%- endmacro %}
{% macro default__remember_build() -%}
    {%- if execute -%}
        {%- if model.config.materialized in ('table', 'incremental') -%}
            {%- set rows -%}
                select '{{ model.unique_id }}' as model, dataset, load_id from ({{ _loads_to_consume() }}) as may
            {%- endset -%}
            {{ put_rows(_record('consumed_loads'), model.unique_id, ['model', 'dataset'], ['load_id'], rows) }};
        {%- endif %}
        {%- if _definitions().get(model.unique_id) != _definition() -%}
            {%- set rows = "select '" ~ model.unique_id ~ "' as model, '" ~ _definition() ~ "' as definition" -%}
            {{ put_rows(_record('definitions'), model.unique_id, ['model'], ['definition'], rows) }}
            {%- do _definitions().update({model.unique_id: _definition()}) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
