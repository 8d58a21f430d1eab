{#-
    What records are kept of. The seed record_kinds names each record and what to know about it; a test holds these
    lists and the seed against each other.
-#}

{#- Measures of a half-hour: what each is made of (a column group of int_complete_half_hours), and which extremes. -#}
{% macro record_measures() -%}
    {{ return({
        'wind_and_embedded_mw': {'basis': 'supply', 'extremes': ['highest', 'lowest']},
        'wind_mw': {'basis': 'transmission', 'extremes': ['highest', 'lowest']},
        'embedded_solar_mw': {'basis': 'embedded', 'extremes': ['highest']},
        'nuclear_mw': {'basis': 'transmission', 'extremes': ['highest', 'lowest']},
        'gas_mw': {'basis': 'transmission', 'extremes': ['highest', 'lowest']},
        'imports_mw': {'basis': 'transmission', 'extremes': ['highest']},
        'exports_mw': {'basis': 'transmission', 'extremes': ['highest']},
        'supply_mw': {'basis': 'supply', 'extremes': ['highest', 'lowest']},
        'national_demand_mw': {'basis': 'demand', 'extremes': ['highest', 'lowest']},
        'renewable_share': {'basis': 'supply', 'extremes': ['highest']},
        'zero_carbon_share': {'basis': 'supply', 'extremes': ['highest']},
        'carbon_actual_gco2_per_kwh': {'basis': 'carbon', 'extremes': ['highest', 'lowest']},
        'market_index_price_gbp_per_mwh': {'basis': 'market_index', 'extremes': ['highest', 'lowest']},
        'system_price_gbp_per_mwh': {'basis': 'system_price', 'extremes': ['highest', 'lowest']},
    }) }}
{%- endmacro %}

{#- Runs of half-hours one after the other that satisfy a condition. -#}
{% macro record_runs() -%}
    {{ return({
        'coal_free_hours': {'basis': 'transmission', 'series': 'coal_mw', 'condition': 'coal_mw <= 0'},
        'negative_price_hours': {
            'basis': 'market_index',
            'series': 'market_index_price_gbp_per_mwh',
            'condition': 'market_index_price_gbp_per_mwh < 0',
        },
        'negative_imbalance_price_hours': {
            'basis': 'system_price',
            'series': 'system_price_gbp_per_mwh',
            'condition': 'system_price_gbp_per_mwh < 0',
        },
    }) }}
{%- endmacro %}

{#- Measures of whole days. -#}
{% macro record_days() -%}
    {{ return({
        'wind_and_embedded_mwh': {'basis': 'supply', 'series': 'wind_and_embedded_mw', 'value': 'sum'},
        'embedded_solar_mwh': {'basis': 'embedded', 'series': 'embedded_solar_mw', 'value': 'sum'},
        'national_demand_mwh': {'basis': 'demand', 'series': 'national_demand_mw', 'value': 'sum'},
        'mean_carbon_actual_gco2_per_kwh':
            {'basis': 'carbon', 'series': 'carbon_actual_gco2_per_kwh', 'value': 'mean'},
        'mean_market_index_price_gbp_per_mwh':
            {'basis': 'market_index', 'series': 'market_index_price_gbp_per_mwh', 'value': 'mean'},
        'mean_system_price_gbp_per_mwh':
            {'basis': 'system_price', 'series': 'system_price_gbp_per_mwh', 'value': 'mean'},
    }) }}
{%- endmacro %}

{#- All series of int_complete_half_hours. -#}
{% macro record_series() -%}
    {{ return((record_measures().keys() | list) + ['coal_mw']) }}
{%- endmacro %}

{#- The frame of all half-hours before this one. -#}
{% macro before_this() -%}
    over (order by half_hours.period_start_utc rows between unbounded preceding and 1 preceding)
{%- endmacro %}

{#- Whether a number is the first one, or as high (or low) as the highest (or lowest) before it. -#}
{% macro sets_or_equals(measure, extremes) -%}
    (
        {% for extreme in extremes -%}
        {{ measure }} {{ '>=' if extreme == 'highest' else '<=' }} coalesce({{ extreme }}_{{ measure }}, {{ measure }})
        {{- ' or ' if not loop.last }}
        {% endfor -%}
    )
{%- endmacro %}

{#- The dataset of a group of rows, or that there are several. -#}
{% macro one_source(source_dataset) -%}
    case when min({{ source_dataset }}) = max({{ source_dataset }}) then min({{ source_dataset }}) else 'several' end
{%- endmacro %}
