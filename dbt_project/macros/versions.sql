{#-
    The versions of a raw table's rows: equal neighbours collapsed, absences turned into a note on what they follow.

    key: the columns that say which row it is, quoted as in raw.
    stamp: the column in which the source says when it made this version, where it has one.

    Adds to the raw columns
      previous_fetched_at  when the version before was fetched; null for the first
      known_from_utc       the source's own stamp where it belongs to this very version, else when we fetched it
      known_to_utc         when the next version became known; null for the newest
      absent_from_utc      when an answer that covers the row lacked it, as the next thing that happened to this version
      absent_lake_key      the body of that answer

    A stamp that is no later than the fetch of the version before cannot be this version's own: the source changed
    the row and kept the stamp. Versions of a key are ordered by fetched_at and lake_key.
-#}
{% macro versions_of(relation, key, stamp=none) -%}
    {%- set of_key = 'partition by ' ~ key | join(', ') ~ ' order by fetched_at, lake_key' -%}
    select
        present.*,
        lead(present.known_from_utc) over ({{ of_key }}) as known_to_utc
    from (
        select
            changes.*,
            {% if stamp -%}
            case
                when changes.{{ stamp }} <= changes.fetched_at
                    and (
                        changes.previous_fetched_at is null
                        or changes.{{ stamp }} > changes.previous_fetched_at
                    )
                    then changes.{{ stamp }}
                else changes.fetched_at
            end as known_from_utc
            {%- else -%}
            changes.fetched_at as known_from_utc
            {%- endif %}
        from (
            select
                compared.*,
                lag(compared.fetched_at) over ({{ of_key }}) as previous_fetched_at,
                lead(case when compared.is_absent then compared.fetched_at end) over ({{ of_key }})
                    as absent_from_utc,
                lead(case when compared.is_absent then compared.lake_key end) over ({{ of_key }})
                    as absent_lake_key
            from (
                select
                    loaded.*,
                    lag(loaded.content_hash) over ({{ of_key }}) as previous_content_hash
                from {{ relation }} as loaded
            ) as compared
            where
                compared.previous_content_hash is null
                or compared.previous_content_hash <> compared.content_hash
        ) as changes
        where not changes.is_absent
    ) as present
{%- endmacro %}


{#-
    When a version ceased to be what was known: when the next one became known, or when the row was withdrawn, as a
    second complete answer lacked it. One answer alone may have been cut short, and ends nothing. Null while it holds.

    versions: the alias of a staging model. start: the column that the dataset's windows filter. scope: the column that
    only a request tells, as answers for another tariff or region say nothing about this one.
-#}
{% macro known_to(versions, dataset, start='period_start_utc', scope=none) -%}
    case
        when {{ versions }}.absent_from_utc is null then {{ versions }}.known_to_utc
        else least({{ versions }}.known_to_utc, {{ withdrawn_at(versions, dataset, start, scope) }})
    end
{%- endmacro %}

{#- Of a version that an answer lacked: when the complete answer after that one came. -#}
{% macro withdrawn_at(versions, dataset, start='period_start_utc', scope=none) -%}
    (
            select min(answers.fetched_at_utc)
            from {{ ref('stg_ingestion__load_days') }} as answers
            where
                answers.dataset = '{{ dataset }}'
                and answers.is_complete
                and answers.settlement_date = {{ versions }}.settlement_date
                and answers.covered_from_utc <= {{ versions }}.{{ start }}
                and answers.covered_to_utc > {{ versions }}.{{ start }}
                and answers.fetched_at_utc > {{ versions }}.absent_from_utc
                {% if scope -%}
                and (answers.scope is null or answers.scope = cast({{ versions }}.{{ scope }} as {{ text_type() }}))
                {%- endif %}
        )
{%- endmacro %}

{#-
    A relation of versions as it stood at a moment, to select from. moment: an instant, which may be made of the
    relation's own columns: `period_start_utc` asks what was known of each half-hour when it began.
-#}
{% macro as_known_at(relation, moment) -%}
    (
        select * from {{ relation }}
        where known_from_utc <= {{ moment }} and (known_to_utc > {{ moment }} or known_to_utc is null)
    )
{%- endmacro %}
