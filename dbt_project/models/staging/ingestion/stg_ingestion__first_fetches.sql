{%- set of_date = ['"settlementDate"', '"settlementPeriod"'] -%}
{%- set of_neso_date = ['"SETTLEMENT_DATE"', '"SETTLEMENT_PERIOD"'] -%}

{#- Each dataset, with its key and the end of what a row stands for, or the time of its publishing. -#}
{%- set datasets = {
    'fuelhh': [['"startTime"', '"fuelType"'], add_minutes('"startTime"', 30)],
    'fuelinst': [['"startTime"', '"fuelType"'], add_minutes('"startTime"', 5)],
    'demand_outturn': [of_date, add_minutes(period_start_utc(of_date[0], of_date[1]), 30)],
    'system_prices': [of_date, add_minutes(period_start_utc(of_date[0], of_date[1]), 30)],
    'market_index': [['"startTime"', '"dataProvider"'], add_minutes('"startTime"', 30)],
    'remit': [['mrid', '"revisionNumber"', '"publishTime"'], '"publishTime"'],
    'ndf': [['"publishTime"', '"startTime"', 'boundary'], '"publishTime"'],
    'tsdf': [['"publishTime"', '"startTime"', 'boundary'], '"publishTime"'],
    'windfor': [['"publishTime"', '"startTime"'], '"publishTime"'],
    'agpt': [['"startTime"', '"psrType"', '"businessType"'], add_minutes('"startTime"', 30)],
    'frequency': [['"measurementTime"'], '"measurementTime"'],
    'interconnectors': [['"interconnectorId"'], none],
    'fuel_types': [['"fuelType"'], none],
    'carbon_national_actual': [['"from"'], add_minutes('"from"', 30)],
    'carbon_national_forecast': [['"from"'], none],
    'carbon_generation_mix': [['"from"', 'fuel'], add_minutes('"from"', 30)],
    'carbon_regional_forecast': [['"from"', 'regionid'], none],
    'carbon_factors': [['fuel'], none],
    'neso_historic_demand': [of_neso_date, add_minutes(period_start_utc(of_neso_date[0], of_neso_date[1]), 30)],
    'neso_embedded_forecast': [of_neso_date, none],
    'neso_demand_forecast': [['"Date"', '"Settlement_Period"'], none],
    'octopus_products': [['code'], none],
    'octopus_unit_rates': [['tariff_code', 'valid_from', 'payment_method'], none],
    'octopus_standing_charges': [['tariff_code', 'valid_from', 'payment_method'], none],
} -%}

{% for id, declared in datasets.items() %}
    {{ first_fetches(id, source('raw', id), declared[0], declared[1]) }}
    {{ 'union all' if not loop.last }}
{% endfor %}
