{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

-- What NESO's data portal answered; where it has none, what its yearly files held that somebody brought in. Demand, and
-- what is embedded, each come from one of the two as a pair.
{%- set pairs = {'demand': ['nd', 'tsd'], 'embedded': ['embedded_solar', 'embedded_wind']} %}

with asked as (

    select * from {{ ref('int_asked_half_hours') }}
    where dataset in ('neso_historic_demand', 'history_demand') and {{ in_days_to_build('settlement_date') }}

),

half_hours as (

    select distinct
        settlement_date,
        settlement_period,
        period_start_utc
    from asked

),

bounds as (

    {{ plausible_bounds(['nd_mw', 'tsd_mw', 'embedded_solar_mw', 'embedded_wind_mw']) }}

),

portal_rows as (

    {{ newest_rows(
        days_to_build_of(ref('stg_neso__historic_demand'), 'settlement_date', 'settlement_date'),
        'neso_historic_demand',
        ['settlement_date', 'settlement_period'],
        'asked',
    ) }}

),

file_rows as (

    {{ history_rows(
        days_to_build_of(ref('stg_history__demand'), 'settlement_date', 'settlement_date'), 'history_demand'
    ) }}

),

{% for rows in ['portal', 'file'] %}
    {{ rows }}_numbers as (

        select
            {{ rows }}_rows.settlement_date,
            {{ rows }}_rows.settlement_period,
            {{ rows }}_rows.period_start_utc,
            {% for part in pairs.demand + pairs.embedded %}
                {{ shown(rows ~ '_rows', part ~ '_mw') }} as {{ part }}_mw,
            {{ number_state(
                rows ~ '_rows', part ~ '_mw', is_implausible(part ~ '_mw', rows ~ '_rows.' ~ part ~ '_mw')
            ) }} as {{ part }}_state,
            {% endfor %}
            {{ rows }}_rows.fetched_at_utc,
            {{ rows }}_rows.lake_key
        from {{ rows }}_rows
        cross join bounds

    ),

{% endfor %}
joined as (

    select
        coalesce(portal.settlement_date, files.settlement_date, half_hours.settlement_date) as settlement_date,
        coalesce(portal.settlement_period, files.settlement_period, half_hours.settlement_period) as settlement_period,
        coalesce(portal.period_start_utc, files.period_start_utc, half_hours.period_start_utc) as period_start_utc,
        {% for pair, parts in pairs.items() %}
            case
                when portal.{{ parts[0] }}_state <> 'missing' or portal.{{ parts[1] }}_state <> 'missing'
                    then 'neso_historic_demand'
                when files.{{ parts[0] }}_state <> 'missing' or files.{{ parts[1] }}_state <> 'missing'
                    then 'history_demand'
            end as {{ pair }}_source_dataset,
            {% for part in parts %}
                portal.{{ part }}_mw as portal_{{ part }}_mw,
                portal.{{ part }}_state as portal_{{ part }}_state,
                files.{{ part }}_mw as files_{{ part }}_mw,
                files.{{ part }}_state as files_{{ part }}_state,
            {% endfor %}
        {% endfor %}
        portal.fetched_at_utc as portal_fetched_at_utc,
        portal.lake_key as portal_lake_key,
        files.fetched_at_utc as files_fetched_at_utc,
        files.lake_key as files_lake_key
    from portal_numbers as portal
    full outer join file_numbers as files on portal.period_start_utc = files.period_start_utc
    full outer join half_hours
        on coalesce(portal.period_start_utc, files.period_start_utc) = half_hours.period_start_utc

)

select
    settlement_date,
    settlement_period,
    period_start_utc,
{% for pair, parts in pairs.items() %}
    {% for part in parts %}
        case when {{ pair }}_source_dataset = 'history_demand' then files_{{ part }}_mw else portal_{{ part }}_mw end
            as {{ part }}_mw,
        case
            when {{ pair }}_source_dataset = 'history_demand' then files_{{ part }}_state
            else coalesce(portal_{{ part }}_state, 'missing')
        end as {{ part }}_state,
    {% endfor %}
    {{ pair }}_source_dataset,
    case
        when {{ pair }}_source_dataset = 'history_demand' then files_fetched_at_utc else portal_fetched_at_utc
    end as {{ pair }}_fetched_at_utc,
    case when {{ pair }}_source_dataset = 'history_demand' then files_lake_key else portal_lake_key end
        as {{ pair }}_lake_key{{ ',' if not loop.last }}
{% endfor %}
from joined
