{#- Each dataset of measurements, with its values by kind; the columns of `key` name a row beside its start. -#}
{%- set number = 'number' -%}
{%- set datasets = [
    {
        'id': 'fuelhh',
        'relation': ref('stg_elexon__generation_half_hourly'),
        'key': ['fuel_code'],
        'values': {'generation_mw': number},
    },
    {
        'id': 'fuelinst',
        'relation': ref('stg_elexon__generation_five_minutely'),
        'start': 'interval_start_utc',
        'minutes': 5,
        'key': ['fuel_code'],
        'values': {'generation_mw': number},
    },
    {
        'id': 'demand_outturn',
        'relation': ref('stg_elexon__demand_outturn'),
        'values': {'indo_mw': number, 'itsdo_mw': number},
    },
    {
        'id': 'system_prices',
        'relation': ref('stg_elexon__system_prices'),
        'values': {
            'system_sell_price_gbp_per_mwh': number,
            'system_buy_price_gbp_per_mwh': number,
            'net_imbalance_volume_mwh': number,
            'reserve_scarcity_price_gbp_per_mwh': number,
            'sell_price_adjustment_gbp_per_mwh': number,
            'buy_price_adjustment_gbp_per_mwh': number,
            'replacement_price_gbp_per_mwh': number,
            'replacement_price_reference_volume_mwh': number,
            'total_accepted_offer_volume_mwh': number,
            'total_accepted_bid_volume_mwh': number,
            'total_adjustment_sell_volume_mwh': number,
            'total_adjustment_buy_volume_mwh': number,
            'total_system_tagged_accepted_offer_volume_mwh': number,
            'total_system_tagged_accepted_bid_volume_mwh': number,
            'total_system_tagged_adjustment_sell_volume_mwh': number,
            'total_system_tagged_adjustment_buy_volume_mwh': number,
            'is_bsad_defaulted': 'boolean',
            'price_derivation_code': 'text',
        },
    },
    {
        'id': 'market_index',
        'relation': ref('stg_elexon__market_index_prices'),
        'key': ['data_provider'],
        'values': {'price_gbp_per_mwh': number, 'volume_mwh': number},
    },
    {
        'id': 'agpt',
        'relation': ref('stg_elexon__generation_by_type'),
        'key': ['production_type', 'business_type'],
        'values': {'generation_mw': number},
    },
    {
        'id': 'frequency',
        'relation': ref('stg_elexon__frequency'),
        'start': 'measured_at_utc',
        'minutes': 0.25,
        'values': {'frequency_hz': number},
    },
    {
        'id': 'carbon_national_actual',
        'relation': ref('stg_carbon_intensity__national_actual'),
        'values': {
            'carbon_actual_gco2_per_kwh': number,
            'carbon_forecast_gco2_per_kwh': number,
            'carbon_index': 'text',
        },
    },
    {
        'id': 'carbon_generation_mix',
        'relation': ref('stg_carbon_intensity__generation_mix'),
        'key': ['mix_fuel'],
        'values': {'supply_percent': number},
    },
    {
        'id': 'neso_historic_demand',
        'relation': ref('stg_neso__historic_demand'),
        'values': {
            'nd_mw': number,
            'tsd_mw': number,
            'england_wales_demand_mw': number,
            'embedded_wind_mw': number,
            'embedded_wind_capacity_mw': number,
            'embedded_solar_mw': number,
            'embedded_solar_capacity_mw': number,
            'non_bm_stor_mw': number,
            'pump_storage_pumping_mw': number,
            'scottish_transfer_mw': number,
            'ifa_flow_mw': number,
            'ifa2_flow_mw': number,
            'britned_flow_mw': number,
            'moyle_flow_mw': number,
            'east_west_flow_mw': number,
            'nemo_flow_mw': number,
            'nsl_flow_mw': number,
            'eleclink_flow_mw': number,
            'viking_flow_mw': number,
            'greenlink_flow_mw': number,
        },
    },
    {
        'id': 'octopus_unit_rates',
        'relation': ref('stg_octopus__unit_rates'),
        'start': 'valid_from_utc',
        'key': ['tariff_code', 'payment_method'],
        'values': {
            'price_exc_vat_p_per_kwh': number,
            'price_inc_vat_p_per_kwh': number,
            'valid_to_utc': 'instant',
        },
    },
] -%}

with
{% for dataset in datasets %}
    {{ dataset.id }} as (

        {{ changed_versions(
            dataset.relation,
            dataset.get('key', []),
            dataset['values'],
            dataset.get('start', 'period_start_utc'),
            dataset.get('minutes', 30),
        ) }}

    ),

{% endfor %}

changes as (

    {% for dataset in datasets %}
        {% set is_last = loop.last %}
        {% for value, kind in dataset['values'].items() %}
            {{ changes_of_value(dataset.id, dataset.id, value, kind, dataset.get('start', 'period_start_utc')) }}
            {{ 'union all' if not (loop.last and is_last) }}
        {% endfor %}
    {% endfor %}

)

select
    dataset,
    row_key,
    settlement_date,
    settlement_period,
    period_start_utc,
    value_name,
    change,
    value_before,
    value_after,
    number_before,
    number_after,
    changed_at_utc,
    known_from_utc,
    cast({{ seconds_between('period_end_utc', 'changed_at_utc') }} / 3600 as double precision)
        as hours_after_period_end,
    lake_key
from changes
