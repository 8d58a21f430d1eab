{#-
    When each row of a raw table was first fetched. key: the columns that say which row it is, quoted as in raw.
    due: the instant at which it could be known, over columns of the key; none where it is known ahead, or timeless.
-#}
{% macro first_fetches(dataset, relation, key, due=none) -%}
    select
        '{{ dataset }}' as dataset,
        {{ due or 'cast(null as ' ~ instant_type() ~ ')' }} as due_at_utc,
        min(fetched_at) as first_fetched_at_utc
    from {{ relation }}
    group by {{ key | join(', ') }}
{%- endmacro %}
