{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

{#-
    Each dataset of measurements that the marts show: where the states of its numbers are, and when they are its own
    and not those of another dataset that stands in.
-#}
{%- set datasets = [
    {
        'id': 'fuelhh', 'relation': ref('fct_generation_half_hourly'), 'states': ['state'],
        'is_its_own': "shown.source_dataset = 'fuelhh'",
        'of_fuels': true,
    },
    {
        'id': 'fuelinst', 'relation': ref('fct_generation_five_minutely'), 'states': ['state'],
        'is_its_own': "shown.source_dataset = 'fuelinst'",
        'of_fuels': true, 'start': 'interval_start_utc',
    },
    {
        'id': 'demand_outturn', 'relation': ref('fct_demand_half_hourly'), 'states': ['indo_state', 'itsdo_state'],
    },
    {
        'id': 'system_prices', 'relation': ref('fct_prices_half_hourly'), 'states': ['system_price_state'],
        'is_its_own': "shown.system_price_source_dataset = 'system_prices'",
    },
    {
        'id': 'market_index', 'relation': ref('fct_prices_half_hourly'), 'states': ['market_index_state'],
    },
    {
        'id': 'carbon_national_actual', 'relation': ref('fct_carbon_half_hourly'), 'states': ['state'],
        'is_its_own': "shown.carbon_actual_source_dataset = 'carbon_national_actual'",
    },
    {
        'id': 'neso_historic_demand', 'relation': ref('int_neso_demand'), 'states': ['nd_state', 'tsd_state'],
        'is_its_own': "shown.demand_source_dataset = 'neso_historic_demand'",
    },
    {
        'id': 'neso_historic_demand', 'relation': ref('int_neso_demand'), 'states': ['embedded_solar_state', 'embedded_wind_state'],
        'is_its_own': "shown.embedded_source_dataset = 'neso_historic_demand'",
    },
] -%}

with asked as (

    select
        dataset,
        settlement_date,
        settlement_period,
        period_start_utc as start_utc,
        newest_answer_utc
    from {{ ref('int_asked_half_hours') }}
    where
        dataset in (
            {% for dataset in datasets | map(attribute='id') | unique %}
                '{{ dataset }}'{{ ',' if not loop.last }}
            {% endfor %}
        )
        and {{ in_days_to_build('settlement_date') }}
    union all
    select
        dataset,
        settlement_date,
        settlement_period,
        interval_start_utc as start_utc,
        newest_answer_utc
    from {{ ref('int_asked_five_minutes') }}
    where dataset = 'fuelinst' and {{ in_days_to_build('settlement_date') }}

),

numbers as (

    {% for dataset in datasets %}
        {% set is_last = loop.last %}
        {% set start = dataset.get('start', 'period_start_utc') %}
        {% for state in dataset.states %}
            select
                '{{ dataset.id }}' as dataset,
                shown.{{ start }} as start_utc,
                case when {{ dataset.get('is_its_own', 'true') }} then shown.{{ state }} else 'missing' end as state
            from {{ dataset.relation }} as shown
            {% if dataset.get('of_fuels') %}
                -- a code that is not expected yet is no gap where it does not come
                inner join {{ ref('fuels') }} as fuels
                    on
                        shown.fuel_code = fuels.fuel_code
                        and not fuels.is_embedded
                        and (fuels.regular_from_utc is null or shown.{{ start }} >= fuels.regular_from_utc)
            {% endif %}
            where {{ in_days_to_build('shown.settlement_date') }}
            {{ 'union all' if not (loop.last and is_last) }}
        {% endfor %}
    {% endfor %}

),

-- A half-hour came as well as its least certain number: one fuel that lacks in one of its five minutes makes a gap.
half_hours as (

    select
        asked.dataset,
        asked.settlement_date,
        asked.settlement_period,
        {{ least_certain_of("coalesce(numbers.state, 'missing')") }} as state,
        max(asked.newest_answer_utc) as newest_answer_utc
    from asked
    left join numbers
        on
            asked.dataset = numbers.dataset
            and asked.start_utc = numbers.start_utc
    group by 1, 2, 3

)

select
    settlement_date,
    dataset,
    {{ periods_in('settlement_date') }} as periods_in_day,
    count(*) as periods_expected,
    sum(case when state not in ('missing', 'withdrawn') then 1 else 0 end) as periods_received,
    sum(case when state = 'missing' then 1 else 0 end) as periods_missing,
    sum(case when state = 'withdrawn' then 1 else 0 end) as periods_withdrawn,
    max(newest_answer_utc) as newest_answer_utc
from half_hours
group by 1, 2
