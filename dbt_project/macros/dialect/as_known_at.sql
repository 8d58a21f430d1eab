{#-
    A function beside fct_carbon_regional_versions that answers for one moment: the rows that a filter by known_from_utc
    and known_to_utc would leave, without reading every version of their half-hours. Nearly all are in the last answers
    by then, which lie together on the disk and are found by the raw table's index on fetched_at. Each of the others is
    looked up by the primary key, from the moment back to where its version begins.

    Whoever reads the marts may call it, and so it reads raw in the name of its owner. It must be made anew whenever the
    view is, and in one transaction with it.
-#}
{% macro make_carbon_regional_as_known_at(versions) -%}
    {{ return(adapter.dispatch('make_carbon_regional_as_known_at')(versions)) }}
{%- endmacro %}
{% macro default__make_carbon_regional_as_known_at(versions) -%}
    select 'none on this engine'
{%- endmacro %}
{% macro postgres__make_carbon_regional_as_known_at(versions) -%}
    {%- set raw = source('raw', 'carbon_regional_forecast') -%}
    {%- set name = versions.schema ~ '.carbon_regional_as_known_at' -%}
    drop function if exists {{ name }}(timestamptz, timestamptz, timestamptz);
    create function {{ name }}(moment timestamptz, from_utc timestamptz, to_utc timestamptz)
    returns table (
        settlement_date date,
        settlement_period integer,
        period_start_utc timestamptz,
        region_id integer,
        carbon_forecast_gco2_per_kwh numeric,
        carbon_index text,
        known_from_utc timestamptz,
        fetched_at_utc timestamptz,
        lake_key text
    )
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $body$
        -- by the time of fetch alone: in the primary key, which the planner prefers, each key is a place of its own
        with last_answers as materialized (
            select
                loaded."from",
                loaded.regionid,
                loaded.forecast,
                loaded.index,
                loaded.is_absent,
                loaded.content_hash,
                loaded.fetched_at,
                loaded.lake_key
            from {{ raw }} as loaded
            where loaded.fetched_at > moment - interval '95 minutes' and loaded.fetched_at <= moment
        ),

        begun_lately as (
            select distinct on (walked."from", walked.regionid) walked.*
            from (
                {{ _walked_back('last_answers') }}
                    where loaded."from" >= from_utc and loaded."from" < to_utc
                    window back as (
                        partition by loaded."from", loaded.regionid
                        order by loaded.fetched_at desc, loaded.lake_key desc
                    )
            ) as walked
            where not walked.is_absent and walked.hash_before <> walked.content_hash
            order by walked."from", walked.regionid, walked.fetched_at desc, walked.lake_key desc
        ),

        -- where nothing changed in the last answers, or none came
        other_keys as (
            select half_hours.period_start_utc, regions.region_id
            from generate_series(
                date_bin('30 minutes', from_utc - interval '1 microsecond', timestamptz '2000-01-01 00:00Z')
                + interval '30 minutes',
                to_utc - interval '1 microsecond',
                interval '30 minutes'
            ) as half_hours (period_start_utc)
            cross join {{ ref('dim_regions') }} as regions
            except
            select begun_lately."from", begun_lately.regionid from begun_lately
        ),

        begun_before as (
            select version.*
            from other_keys
            cross join lateral (
                select walked.*
                from (
                    {{ _walked_back(raw) }}
                    where
                        loaded."from" = other_keys.period_start_utc
                        and loaded.regionid = other_keys.region_id
                        and loaded.fetched_at <= moment
                    window back as (order by loaded.fetched_at desc, loaded.lake_key desc)
                ) as walked
                where
                    not walked.is_absent
                    and (walked.hash_before is null or walked.hash_before <> walked.content_hash)
                order by walked.fetched_at desc, walked.lake_key desc
                limit 1
            ) as version
        ),

        held as (
            select
                {{ settlement_date('versions."from"') }} as settlement_date,
                {{ settlement_period('versions."from"') }} as settlement_period,
                versions."from" as period_start_utc,
                versions.regionid as region_id,
                versions.forecast as carbon_forecast_gco2_per_kwh,
                versions.index as carbon_index,
                versions.fetched_at as fetched_at_utc,
                versions.lake_key,
                versions.absent_from_utc
            from (
                select * from begun_lately
                union all
                select * from begun_before
            ) as versions
        )

        select
            settlement_date,
            settlement_period,
            period_start_utc,
            region_id,
            carbon_forecast_gco2_per_kwh,
            carbon_index,
            fetched_at_utc as known_from_utc,
            fetched_at_utc,
            lake_key
        from held
        where
            absent_from_utc is null
            or coalesce(
                {{ withdrawn_at('held', 'carbon_regional_forecast', scope='region_id') }} > moment,
                true
            )
    $body$
{%- endmacro %}


{#- Rows of raw from the newest back: a version begins where the row before it says something else. -#}
{% macro _walked_back(raw) -%}
                    select
                        loaded."from",
                        loaded.regionid,
                        loaded.forecast,
                        loaded.index,
                        loaded.is_absent,
                        loaded.content_hash,
                        loaded.fetched_at,
                        loaded.lake_key,
                        lead(loaded.content_hash) over back as hash_before,
                        min(case when loaded.is_absent then loaded.fetched_at end) over back as absent_from_utc
                    from {{ raw }} as loaded
{%- endmacro %}
