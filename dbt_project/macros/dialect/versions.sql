{#-
    Each row of one relation with the newest version that there was at its moment. A row whose moment is null gets none.

    rows: a relation or CTE. versions: of fetched_at_utc and lake_key, which order them, and of `key`, which `rows` has
    too. columns: what to take from the version, by the name it gets.

    Here a version is looked up by the key's index: what that costs grows with the rows, and not with the versions.
-#}
{% macro with_newest_version(rows, versions, key, moment, columns) -%}
    {{ return(adapter.dispatch('with_newest_version')(rows, versions, key, moment, columns)) }}
{%- endmacro %}
{% macro default__with_newest_version(rows, versions, key, moment, columns) -%}
    select
        wanted.*
        {%- for name in columns %},
        held.{{ name }}
        {%- endfor %}
    from {{ rows }} as wanted
    left join lateral (
        select
            {% for name, column in columns.items() -%}
            versions.{{ column }} as {{ name }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ versions }} as versions
        where
            {% for column in key -%}
            versions.{{ column }} = wanted.{{ column }} and
            {% endfor -%}
            versions.fetched_at_utc <= wanted.{{ moment }}
        order by versions.fetched_at_utc desc, versions.lake_key desc
        limit 1
    ) as held on true
{%- endmacro %}
