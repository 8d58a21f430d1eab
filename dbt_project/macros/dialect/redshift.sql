{#-
    What Redshift says differently, for the macros beside this one. It was made from PostgreSQL 8 and dbt takes it for a
    kind of PostgreSQL: what is not here is the `postgres__` macro, or else the default one. docs/redshift.md says what
    else is different there.
-#}

{#-
    Ten digits before the point and nine behind it: what a sum, a union or a coalesce of two such numbers leaves room
    for. `numeric` alone would hold whole numbers, and with more digits a product or a quotient would keep four of its
    own.
-#}
{% macro redshift__exact_number() -%}
    {{ return('numeric(19, 9)') }}
{%- endmacro %}

{#- A mean of exact numbers has as many digits as one of them there, and a quotient of sums has four. -#}
{% macro redshift__mean(number) -%}
    avg(cast({{ number }} as {{ real_number() }}))
{%- endmacro %}

{% macro redshift__ratio(number, by) -%}
    cast({{ number }} as {{ real_number() }}) / cast({{ by }} as {{ real_number() }})
{%- endmacro %}

{% macro redshift__percentile(fraction, number) -%}
    percentile_cont({{ fraction }}) within group (order by cast({{ number }} as {{ real_number() }}))
{%- endmacro %}

{#- Without the zeros that the type adds. -#}
{% macro redshift__number_text(number) -%}
    rtrim(rtrim(cast(cast({{ number }} as {{ exact_number() }}) as {{ text_type() }}), '0'), '.')
{%- endmacro %}

{% macro redshift__seconds_between(from_instant, to_instant) -%}
    (datediff(microsecond, {{ from_instant }}, {{ to_instant }}) / 1000000.0)
{%- endmacro %}

{% macro redshift__add_minutes(instant, minutes) -%}
    cast(dateadd(second, cast(60 * ({{ minutes }}) as integer), {{ instant }}) as {{ instant_type() }})
{%- endmacro %}

{% macro redshift__add_days(day, days) -%}
    cast(dateadd(day, {{ days }}, {{ day }}) as date)
{%- endmacro %}

{% macro redshift__add_months(day, months) -%}
    cast(dateadd(month, {{ months }}, {{ day }}) as date)
{%- endmacro %}

{#- A week belongs to the year of its Thursday. -#}
{% macro redshift__iso_year(day) -%}
    cast(extract(year from {{ _redshift_thursday(day) }}) as integer)
{%- endmacro %}

{% macro redshift__iso_week(day) -%}
    cast(ceil(extract(doy from {{ _redshift_thursday(day) }}) / 7.0) as integer)
{%- endmacro %}

{% macro _redshift_thursday(day) -%}
    {{ add_days(first_date_of('week', day), 3) }}
{%- endmacro %}

{#- Over a hundred years and more. -#}
{% macro redshift__dates_between(first, last) -%}
    select {{ add_days(first, 'days.number') }} as settlement_date
    from ({{ _redshift_numbers_below(40000) }}) as days
    where days.number <= datediff(day, {{ first }}, {{ last }})
{%- endmacro %}

{% macro redshift__numbers_between(first, last) -%}
    {% for number in range(first, last + 1) -%}
        select {{ number }} as number{{ ' union all ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Whole numbers from 0 on, below ten, a hundred, a thousand or some of these. -#}
{% macro _redshift_numbers_below(limit) -%}
    {%- set places, sums, power = [], [], namespace(value=1) -%}
    {%- for _ in range(9) -%}
        {%- if power.value < limit -%}
        {%- do places.append('(' ~ redshift__numbers_between(0, [10, limit // power.value] | min - 1) ~ ') as place_' ~ loop.index) -%}
        {%- do sums.append(power.value ~ ' * place_' ~ loop.index ~ '.number') -%}
        {%- set power.value = 10 * power.value -%}
        {%- endif -%}
    {%- endfor -%}
    select {{ sums | join(' + ') }} as number from {{ places | join(' cross join ') }}
{%- endmacro %}

{#-
    JSON is text there (docs/redshift.md), and its functions say of what is not there that it is empty. A list has at
    most a thousand objects, and an object of number_in_list() holds no other.
-#}
{% macro redshift__json_field(object, name) -%}
    nullif(json_extract_path_text({{ object }}, '{{ name }}', true), '')
{%- endmacro %}

{% macro redshift__json_text(value) -%}
    {{ value }}
{%- endmacro %}

{% macro redshift__number_in_list(list, name, wanted, number) -%}
    {%- set object = "regexp_substr(" ~ list ~ ", '[{][^{}]*\"" ~ name ~ "\": *\"" ~ wanted ~ "\"[^{}]*[}]')" -%}
    cast({{ json_field(object, number) }} as {{ exact_number() }})
{%- endmacro %}

{% macro redshift__unnested(relation, list) -%}
    select
        {{ relation }}.*,
        json_extract_array_element_text({{ relation }}.{{ list }}, places.number, true) as item,
        places.number + 1 as item_number
    from {{ relation }}
    inner join ({{ _redshift_numbers_below(1000) }}) as places
        on places.number < json_array_length({{ relation }}.{{ list }}, true)
{%- endmacro %}

{#- No row is looked up there by itself: all versions up to each moment are sorted. -#}
{% macro redshift__with_newest_version(rows, versions, key, moment, columns) -%}
    select *
    from (
        select
            wanted.*,
            {% for name, column in columns.items() -%}
            versions.{{ column }} as {{ name }},
            {% endfor -%}
            row_number() over (
                partition by wanted.wanted_number order by versions.fetched_at_utc desc, versions.lake_key desc
            ) as version_number
        from (
            select *, row_number() over (order by {{ moment }}) as wanted_number from {{ rows }}
        ) as wanted
        left join {{ versions }} as versions
            on
                {% for column in key -%}
                versions.{{ column }} = wanted.{{ column }} and
                {% endfor -%}
                versions.fetched_at_utc <= wanted.{{ moment }}
    ) as held
    where version_number = 1
{%- endmacro %}

{% macro redshift__put_rows(relation, model, key, values, rows) -%}
    delete from {{ relation }} where model = '{{ model }}';
    insert into {{ relation }} ({{ (key + values) | join(', ') }})
    {{ rows }}
{%- endmacro %}

{#- A table that was filled is analysed by Redshift itself. -#}
{% macro redshift__gather_statistics(relation) -%}
{%- endmacro %}

{#- It has no indexes, and so no function beside the versions: they are filtered by known_from_utc and known_to_utc. -#}
{% macro redshift__create_indexes(relation) -%}
{%- endmacro %}

{% macro redshift__make_carbon_regional_as_known_at(versions) -%}
{%- endmacro %}

{#- dbt's own, as ours for PostgreSQL, which sorts by days, would be taken before it. -#}
{% macro redshift__create_table_as(temporary, relation, sql) -%}
    {{ return(dbt.redshift__create_table_as(temporary, relation, sql)) }}
{%- endmacro %}

{#- Without the locks and the replacing in place of PostgreSQL, whose macros of these names would be taken. -#}
{% macro redshift__drop_table(relation) -%}
    drop table if exists {{ relation }} cascade
{%- endmacro %}

{% macro redshift__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {{ return(default__reset_csv_table(model, true, old_relation, agate_table)) }}
{%- endmacro %}

{#- The types that seeds and contracts name, as they must be said there: its `text` ends after 256 bytes. -#}
{% macro _redshift_type(type) -%}
    {%- set types = {'text': 'varchar(65535)', 'numeric': exact_number(), var('exact_number'): exact_number()} -%}
    {{ return(types.get(type, type)) }}
{%- endmacro %}

{% macro _redshift_columns(columns) -%}
    {%- set mapped = {} -%}
    {%- for name, column in columns.items() -%}
        {%- do mapped.update({name: dict(column, data_type=_redshift_type(column.data_type))}) -%}
    {%- endfor -%}
    {{ return(mapped) }}
{%- endmacro %}

{% macro redshift__create_csv_table(model, agate_table) -%}
    {%- set types = model.config.get('column_types') or {} -%}
    {%- for name, type in types.items() -%}
        {%- do types.update({name: _redshift_type(type)}) -%}
    {%- endfor -%}
    {{ return(dbt.redshift__create_csv_table(model, agate_table)) }}
{%- endmacro %}

{% macro redshift__get_table_columns_and_constraints() -%}
    {%- set columns = adapter.render_raw_columns_constraints(raw_columns=_redshift_columns(model.columns)) -%}
    {%- set constraints = adapter.render_raw_model_constraints(raw_constraints=model.constraints) -%}
    ({{ (columns + constraints) | join(', ') }})
{%- endmacro %}

{% macro redshift__get_empty_schema_sql(columns) -%}
    {{ return(default__get_empty_schema_sql(_redshift_columns(columns))) }}
{%- endmacro %}

{#- A contract asks for text, and a literal is of no type there before it is stored. -#}
{% macro redshift__format_column(column) -%}
    {%- set type = 'VARCHAR' if column.dtype in ('STRING', 'TEXT', 'UNKNOWN') else column.dtype -%}
    {{ return({'name': column.name, 'data_type': type, 'formatted': column.column.lower() ~ ' ' ~ type}) }}
{%- endmacro %}
