{#-
    A function beside fct_carbon_regional_versions that answers for one moment: the rows that a filter by known_from_utc
    and known_to_utc would leave of it, without reading every version of their half-hours. For each key it takes a few
    steps in the raw table's primary key. Whoever reads the marts may call it, and so it reads raw in its owner's name.
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
        with recursive keys as (
            (
                select loaded."from", loaded.regionid
                from {{ raw }} as loaded
                where loaded."from" >= from_utc and loaded."from" < to_utc
                order by loaded."from", loaded.regionid
                limit 1
            )
            union all
            select following."from", following.regionid
            from keys
            cross join lateral (
                select loaded."from", loaded.regionid
                from {{ raw }} as loaded
                where (loaded."from", loaded.regionid) > (keys."from", keys.regionid) and loaded."from" < to_utc
                order by loaded."from", loaded.regionid
                limit 1
            ) as following
        ),

        held as (
            select
                {{ settlement_date('keys."from"') }} as settlement_date,
                {{ settlement_period('keys."from"') }} as settlement_period,
                keys."from" as period_start_utc,
                keys.regionid as region_id,
                newest.forecast as carbon_forecast_gco2_per_kwh,
                newest.index as carbon_index,
                first_alike.fetched_at as fetched_at_utc,
                first_alike.lake_key,
                absence.absent_from_utc
            from keys
            -- the newest row by then with values
            cross join lateral (
                select loaded.forecast, loaded.index, loaded.content_hash, loaded.fetched_at, loaded.lake_key
                from {{ raw }} as loaded
                where
                    loaded."from" = keys."from" and loaded.regionid = keys.regionid
                    and loaded.fetched_at <= moment
                    and not loaded.is_absent
                order by loaded.fetched_at desc, loaded.lake_key desc
                limit 1
            ) as newest
            -- the last one before it that says something else: the version begins with the row after that
            left join lateral (
                select loaded.fetched_at, loaded.lake_key
                from {{ raw }} as loaded
                where
                    loaded."from" = keys."from" and loaded.regionid = keys.regionid
                    and (loaded.fetched_at, loaded.lake_key) < (newest.fetched_at, newest.lake_key)
                    and loaded.content_hash <> newest.content_hash
                order by loaded.fetched_at desc, loaded.lake_key desc
                limit 1
            ) as other on true
            cross join lateral (
                select loaded.fetched_at, loaded.lake_key
                from {{ raw }} as loaded
                where
                    loaded."from" = keys."from" and loaded.regionid = keys.regionid
                    and (loaded.fetched_at, loaded.lake_key)
                    > (coalesce(other.fetched_at, '-infinity'), coalesce(other.lake_key, ''))
                order by loaded.fetched_at, loaded.lake_key
                limit 1
            ) as first_alike
            -- what came after it by then said that there is none
            cross join lateral (
                select min(loaded.fetched_at) as absent_from_utc
                from {{ raw }} as loaded
                where
                    loaded."from" = keys."from" and loaded.regionid = keys.regionid
                    and (loaded.fetched_at, loaded.lake_key) > (newest.fetched_at, newest.lake_key)
                    and loaded.fetched_at <= moment
            ) as absence
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
