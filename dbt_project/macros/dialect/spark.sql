{#-
    What Spark says differently, for the macros beside this one. It reads raw from row files (docs/row_files.md), and
    builds every table whole: it has no transaction in which a model could remember what it consumed. docs/spark.md says
    what else is different there.

    Instants are its `timestamp`, with sessions in UTC, and sessions are in ANSI mode: numbers that do not fit and texts
    that are none are errors, and what is in double quotes is a name. profiles.yml says so.
-#}

{#- Types -#}

{#-
    Ten digits before the point and twelve behind it. Spark has 38 at most, and takes them from behind the point once
    there may be more before it. With these, sums, chains of sixteen additions and squares keep twelve.
-#}
{% macro spark__exact_number() -%}
    {{ return('decimal(22, 12)') }}
{%- endmacro %}
{% macro spark__real_number() -%}
    {{ return('double') }}
{%- endmacro %}
{% macro spark__text_type() -%}
    {{ return('string') }}
{%- endmacro %}
{% macro spark__instant_type() -%}
    {{ return('timestamp') }}
{%- endmacro %}

{#- A type of a contract, a seed or a raw table, in Spark's words. -#}
{% macro spark_type(type) -%}
    {{ return({
        'text': text_type(),
        'jsonb': text_type(),
        'timestamp with time zone': instant_type(),
        'double precision': real_number(),
        'numeric': exact_number(),
        var('exact_number'): exact_number(),
    }.get(type, type)) }}
{%- endmacro %}

{% macro spark__get_empty_schema_sql(columns) -%}
    {%- set ours = {} -%}
    {%- for name, column in columns.items() -%}
        {%- do ours.update({name: dict(column, data_type=spark_type(column.data_type))}) -%}
    {%- endfor -%}
    {{ return(dbt.default__get_empty_schema_sql(ours)) }}
{%- endmacro %}

{#- A contract's types are compared without their digits: what a mart has is cast to them. -#}
{% macro spark__get_select_subquery(sql) -%}
    select
        {%- for column in model.columns.values() %}
        cast({{ column.name }} as {{ spark_type(column.data_type) }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from ({{ sql }}) as of_contract
{%- endmacro %}

{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set types = {} -%}
    {%- for name, type in model.config.get('column_types', {}).items() -%}
        {%- do types.update({name: spark_type(type)}) -%}
    {%- endfor -%}
    {%- do model.config.update({'column_types': types}) -%}
    {{ return(dbt.spark__create_csv_table(model, agate_table)) }}
{%- endmacro %}

{#- Numbers -#}

{% macro spark__mean(number) -%}
    avg(cast({{ number }} as double))
{%- endmacro %}
{% macro spark__ratio(number, by) -%}
    cast({{ number }} as double) / cast({{ by }} as double)
{%- endmacro %}
{% macro spark__percentile(fraction, number) -%}
    percentile_cont({{ fraction }}) within group (order by cast({{ number }} as double))
{%- endmacro %}
{% macro spark__whole_quotient(number, by) -%}
    cast({{ number }} div {{ by }} as integer)
{%- endmacro %}
{#- Without the zeros that the type adds. -#}
{% macro spark__number_text(number) -%}
    trim(trailing '.' from trim(trailing '0' from cast(cast({{ number }} as {{ exact_number() }}) as string)))
{%- endmacro %}

{#- Time -#}

{% macro spark__local_timestamp(instant) -%}
    from_utc_timestamp({{ instant }}, 'Europe/London')
{%- endmacro %}
{% macro spark__local_midnight_utc(day) -%}
    to_utc_timestamp(cast({{ day }} as timestamp), 'Europe/London')
{%- endmacro %}
{% macro spark__seconds_between(from_instant, to_instant) -%}
    ((unix_micros({{ to_instant }}) - unix_micros({{ from_instant }})) / 1000000)
{%- endmacro %}
{% macro spark__add_minutes(instant, minutes) -%}
    timestampadd(second, cast(60 * ({{ minutes }}) as integer), {{ instant }})
{%- endmacro %}
{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, {{ days }})
{%- endmacro %}
{% macro spark__clock_label(timestamp_without_zone) -%}
    date_format({{ timestamp_without_zone }}, 'HH:mm')
{%- endmacro %}
{% macro spark__minutes_of_utc_day(instant) -%}
    (60 * hour({{ instant }}) + minute({{ instant }}))
{%- endmacro %}
{% macro spark__utc_date(instant) -%}
    cast({{ instant }} as date)
{%- endmacro %}
{% macro spark__utc_label(instant) -%}
    (date_format({{ instant }}, 'yyyy-MM-dd') || 'T' || date_format({{ instant }}, 'HH:mm:ss') || 'Z')
{%- endmacro %}
{% macro spark__add_months(day, months) -%}
    add_months({{ day }}, {{ months }})
{%- endmacro %}
{% macro spark__iso_year(day) -%}
    extract(yearofweek from {{ day }})
{%- endmacro %}

{#- Series -#}

{% macro spark__dates_between(first, last) -%}
    select explode(case when ends.first <= ends.last then sequence(ends.first, ends.last, interval 1 day) end)
        as settlement_date
    from (select cast({{ first }} as date) as first, cast({{ last }} as date) as last) as ends
{%- endmacro %}
{% macro spark__numbers_between(first, last) -%}
    select explode(case when ends.first <= ends.last then sequence(ends.first, ends.last) end) as number
    from (select cast({{ first }} as integer) as first, cast({{ last }} as integer) as last) as ends
{%- endmacro %}

{#- JSON, which is text -#}

{% macro spark__number_in_list(list, name, wanted, number) -%}
    cast(
        get(
            filter(from_json({{ list }}, 'array<map<string, string>>'), one -> one['{{ name }}'] = '{{ wanted }}'), 0
        )['{{ number }}'] as {{ exact_number() }}
    )
{%- endmacro %}
{% macro spark__unnested(relation, list) -%}
    select {{ relation }}.*, items.item, cast(items.item_index + 1 as integer) as item_number
    from {{ relation }}
    lateral view posexplode(from_json({{ relation }}.{{ list }}, 'array<string>')) items as item_index, item
{%- endmacro %}
{% macro spark__json_field(object, name) -%}
    get_json_object({{ object }}, '$.{{ name }}')
{%- endmacro %}
{% macro spark__json_text(value) -%}
    {{ value }}
{%- endmacro %}

{#- Versions -#}

{% macro spark__with_newest_version(rows, versions, key, moment, columns) -%}
    select
        wanted.*
        {%- for name in columns %},
        held.version.{{ name }}
        {%- endfor %}
    from {{ rows }} as wanted
    left join (
        select
            asked.{{ key | join(', asked.') }},
            asked.{{ moment }},
            max_by(
                struct(
                    {%- for name, column in columns.items() %}
                    versions.{{ column }} as {{ name }}{{ ',' if not loop.last }}
                    {%- endfor %}
                ),
                struct(versions.fetched_at_utc, versions.lake_key)
            ) as version
        from (select distinct {{ key | join(', ') }}, {{ moment }} from {{ rows }}) as asked
        inner join {{ versions }} as versions
            on
                {% for column in key -%}
                asked.{{ column }} = versions.{{ column }} and
                {% endfor -%}
                versions.fetched_at_utc <= asked.{{ moment }}
        group by all
    ) as held
        on
            {% for column in key -%}
            wanted.{{ column }} = held.{{ column }} and
            {% endfor -%}
            wanted.{{ moment }} = held.{{ moment }}
{%- endmacro %}

{#- Builds -#}

{% macro spark__can_build_by_days() -%}
    {{ return(false) }}
{%- endmacro %}
{% macro spark__remember_build() -%}
{%- endmacro %}
{% macro spark__gather_statistics(relation) -%}
{%- endmacro %}

{% materialization incremental, adapter='spark' %}
    {{ return(materialization_table_spark()) }}
{% endmaterialization %}

{#- A view is worked out again by each that reads it, and one of the staging models is read by dozens. -#}
{% materialization view, adapter='spark' %}
    {{ return(materialization_table_spark()) }}
{% endmaterialization %}

{% macro spark__file_format_clause() -%}
    using parquet
{%- endmacro %}
{#- Parquet holds no constraints; tests say whether they hold. -#}
{% macro spark__persist_constraints(relation, model) -%}
{%- endmacro %}

{#-
    Before a run: the raw tables, as views of the row files. They have the columns that the export wrote beside the
    rows; their cells are text, and the names of fields are told apart by their case. And what every table is going to
    consume, which tests ask for: all that there is.
-#}
{% macro spark__plan_build() -%}
    {%- if execute -%}
        {%- set place = env_var('ENERGY_MONITOR_ROW_FILES') -%}
        {%- set tables = {} -%}
        {%- set found = run_query(
            'select distinct `table`, `column`, `type`, `position` from json.`' ~ place ~ '/columns` order by 1, 4'
        ) -%}
        {%- for row in found.rows -%}
            {%- do tables.setdefault(row[0], []).append({'name': row[1], 'type': spark_type(row[2])}) -%}
        {%- endfor -%}
        {%- for schema in ('row_files', 'raw', 'intermediate') -%}
            {%- do run_query('create schema if not exists ' ~ schema) -%}
        {%- endfor -%}
        {%- for table, columns in tables.items() -%}
            {%- do run_query('drop table if exists row_files.' ~ table) -%}
            {%- set texts, cells = [], [] -%}
            {%- for column in columns -%}
                {%- do texts.append('`' ~ column.name ~ '` string') -%}
                {%- do cells.append('cast(`' ~ column.name ~ '` as ' ~ column.type ~ ') as `' ~ column.name ~ '`') -%}
            {%- endfor -%}
            {%- do run_query(
                'create table row_files.' ~ table ~ ' (' ~ texts | join(', ') ~ ") using json options (path '" ~ place
                ~ '/' ~ table ~ "', recursiveFileLookup 'true', mode 'FAILFAST')"
            ) -%}
            {%- do run_query(
                'create or replace view raw.' ~ table ~ ' as select ' ~ cells | join(', ') ~ ' from row_files.' ~ table
            ) -%}
        {%- endfor -%}
        {%- set models = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') -%}
        {%- do run_query('drop table if exists ' ~ _record('consumed_loads')) %}
        create table {{ _record('consumed_loads') }} using parquet as
        select
            models.model,
            loads.dataset,
            max(loads.load_id) as load_id
        from raw.loads
        cross join (values ('{{ models | map(attribute='unique_id') | join("'), ('") }}')) as models (model)
        group by 1, 2
    {%- endif -%}
{%- endmacro %}
