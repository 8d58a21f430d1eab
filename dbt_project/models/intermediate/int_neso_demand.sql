{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

-- NESO's data portal, else its yearly files that somebody brought in: demand as a pair, and what is embedded as one.
{%- set datasets = ['neso_historic_demand', 'history_demand'] %}
{%- set pairs = {'demand': ['nd', 'tsd'], 'embedded': ['embedded_solar', 'embedded_wind']} %}

with half_hours as (

    select distinct
        settlement_date,
        settlement_period,
        period_start_utc
    from {{ ref('int_asked_half_hours') }}
    where dataset in ('neso_historic_demand', 'history_demand') and {{ in_days_to_build('settlement_date') }}

),

bounds as (

    {{ plausible_bounds(['nd_mw', 'tsd_mw', 'embedded_solar_mw', 'embedded_wind_mw']) }}

),

portal_rows as (

    {{ newest_rows(
        days_to_build_of(ref('stg_neso__historic_demand'), 'settlement_date', 'settlement_date'), 'neso_historic_demand',
        ['settlement_date', 'settlement_period'],
        days_to_build_of(ref('int_asked_half_hours'), 'settlement_date', 'settlement_date'),
    ) }}

),

file_rows as (

    {{ history_rows(
        days_to_build_of(ref('stg_history__demand'), 'settlement_date', 'settlement_date'), 'history_demand'
    ) }}

),

{% for dataset, received in [(datasets[0], 'portal_rows'), (datasets[1], 'file_rows')] %}
    {{ dataset }} as (

        select
            {{ received }}.settlement_date,
            {{ received }}.settlement_period,
            {{ received }}.period_start_utc,
            {% for part in pairs.demand + pairs.embedded %}
                {{ shown(received, part ~ '_mw') }} as {{ part }}_mw,
                {{ number_state(received, part ~ '_mw', is_implausible(part ~ '_mw', received ~ '.' ~ part ~ '_mw')) }}
                    as {{ part }}_state,
            {% endfor %}
            {{ received }}.fetched_at_utc,
            {{ received }}.lake_key
        from {{ received }}
        cross join bounds

    ){{ ',' if not loop.last }}

{% endfor %}

select
    settlement_date,
    settlement_period,
    period_start_utc,
{% for pair, (one, other) in pairs.items() %}
    {%- set has = '{0}.' ~ one ~ "_state <> 'missing' or {0}." ~ other ~ "_state <> 'missing'" %}
    {%- set sources = [(datasets[0], has.format(datasets[0])), (datasets[1], has.format(datasets[1]))] %}
    {% for part in [one, other] %}
        {{ from_first_source(sources, part ~ '_mw') }} as {{ part }}_mw,
        coalesce({{ from_first_source(sources, part ~ '_state') }}, 'missing') as {{ part }}_state,
    {% endfor %}
    {{ first_source(sources) }} as {{ pair }}_source_dataset,
    {{ from_first_source(sources, 'fetched_at_utc') }} as {{ pair }}_fetched_at_utc,
    {{ from_first_source(sources, 'lake_key') }} as {{ pair }}_lake_key{{ ',' if not loop.last }}
{% endfor %}
from neso_historic_demand
full outer join history_demand using (settlement_date, settlement_period, period_start_utc)
full outer join half_hours using (settlement_date, settlement_period, period_start_utc)
