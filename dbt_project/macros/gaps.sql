{#-
    Each dataset of measurements whose gaps are counted: the model that shows it, where the states of its numbers are,
    and when they are its own and not those of another dataset that stands in.
-#}
{% macro datasets_with_gaps() -%}
    {{ return([
        {
            'id': 'fuelhh', 'relation': 'fct_generation_half_hourly', 'states': ['state'],
            'is_its_own': "shown.source_dataset = 'fuelhh'",
            'of_fuels': true,
        },
        {
            'id': 'fuelinst', 'relation': 'fct_generation_five_minutely', 'states': ['state'],
            'is_its_own': "shown.source_dataset = 'fuelinst'",
            'of_fuels': true, 'start': 'interval_start_utc',
        },
        {
            'id': 'demand_outturn', 'relation': 'fct_demand_half_hourly', 'states': ['indo_state', 'itsdo_state'],
        },
        {
            'id': 'system_prices', 'relation': 'fct_prices_half_hourly', 'states': ['system_price_state'],
            'is_its_own': "shown.system_price_source_dataset = 'system_prices'",
        },
        {
            'id': 'market_index', 'relation': 'fct_prices_half_hourly', 'states': ['market_index_state'],
        },
        {
            'id': 'carbon_national_actual', 'relation': 'fct_carbon_half_hourly', 'states': ['state'],
            'is_its_own': "shown.carbon_actual_source_dataset = 'carbon_national_actual'",
        },
        {
            'id': 'neso_historic_demand', 'relation': 'int_neso_demand', 'states': ['nd_state', 'tsd_state'],
            'is_its_own': "shown.demand_source_dataset = 'neso_historic_demand'",
        },
        {
            'id': 'neso_historic_demand', 'relation': 'int_neso_demand',
            'states': ['embedded_solar_state', 'embedded_wind_state'],
            'is_its_own': "shown.embedded_source_dataset = 'neso_historic_demand'",
        },
    ]) }}
{%- endmacro %}
