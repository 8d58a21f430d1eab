{%- set datasets = [
    'fuelhh',
    'demand_outturn',
    'system_prices',
    'market_index',
    'carbon_national_actual',
    'carbon_national_forecast',
    'neso_historic_demand',
] -%}

{{ asked_periods(datasets, ref('dim_settlement_periods'), 'period_start_utc') }}
