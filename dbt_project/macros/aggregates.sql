{#-
    Aggregates of the grid over days, weeks, months and years: defined here and nowhere else. int_grid_daily_sums holds
    the exact sums, counts and extremes of each day; every grain is made of those, so that a mean over a month is that of
    its half-hours and not of its days.
-#}

{#- Energies: the columns of fct_grid_half_hourly that they are sums of, without `_mw`. -#}
{% macro grid_energies() -%}
    {{ return([
        'nuclear', 'biomass', 'gas', 'coal', 'oil', 'hydro', 'wind', 'embedded_wind', 'embedded_solar', 'other',
        'unknown', 'pumped_storage', 'imports', 'exports', 'transmission_supply', 'supply', 'indo', 'itsdo',
    ]) }}
{%- endmacro %}

{#- What has a mean and extremes. -#}
{% macro grid_means() -%}
    {{ return([
        'market_index_price_gbp_per_mwh', 'system_price_gbp_per_mwh',
        'carbon_actual_gco2_per_kwh', 'carbon_forecast_gco2_per_kwh',
    ]) }}
{%- endmacro %}

{#- Parts of supply that have a share. All of a share is over the half-hours whose whole supply is known. -#}
{% macro grid_shares() -%}
    {{ return(['nuclear', 'renewable', 'zero_carbon']) }}
{%- endmacro %}

{#- Numbers of half-hours of which something is to be said. -#}
{% macro grid_counts() -%}
    {{ return([
        'embedded_forecast_periods', 'generation_suspect_periods', 'carbon_suspect_periods', 'demand_suspect_periods',
        'periods_with_missing',
    ]) }}
{%- endmacro %}

{#- The columns of an aggregate mart, over a group of rows of int_grid_daily_sums. -#}
{% macro grid_aggregates() -%}
        {% for energy in grid_energies() -%}
        cast({{ ratio('sum(' ~ energy ~ '_mw_sum)', 2) }} as {{ real_number() }}) as {{ energy }}_mwh,
        cast(sum({{ energy }}_periods) as bigint) as {{ energy }}_periods,
        {% endfor -%}
        {% for column in grid_means() -%}
        cast({{ ratio('sum(' ~ column ~ '_sum)', 'nullif(sum(' ~ column ~ '_periods), 0)') }} as {{ real_number() }})
            as mean_{{ column }},
        cast(min(min_{{ column }}) as {{ real_number() }}) as min_{{ column }},
        cast(max(max_{{ column }}) as {{ real_number() }}) as max_{{ column }},
        cast(sum({{ column }}_periods) as bigint) as {{ column }}_periods,
        {% endfor -%}
        cast(sum(net_imbalance_volume_mwh) as {{ real_number() }}) as net_imbalance_volume_mwh,
        cast(sum(net_imbalance_volume_periods) as bigint) as net_imbalance_volume_periods,
        {% for share in grid_shares() -%}
        cast({{ ratio('sum(shared_' ~ share ~ '_mw_sum)', 'nullif(sum(supply_mw_sum), 0)') }} as {{ real_number() }})
            as {{ share }}_share,
        {% endfor -%}
        {% for number in grid_counts() -%}
        cast(sum({{ number }}) as bigint) as {{ number }}{{ ',' if not loop.last }}
        {% endfor -%}
{%- endmacro %}

{#-
    The headline measures of the same span a year before, each with the half-hours that it is made of. `year_before` is
    an alias of the same aggregates. Shares are over the half-hours in supply_periods.
-#}
{% macro grid_year_before(year_before) -%}
        {% for column in grid_year_before_columns() -%}
        {{ year_before }}.{{ column }} as {{ column }}_year_before{{ ',' if not loop.last }}
        {% endfor -%}
{%- endmacro %}

{% macro grid_year_before_columns() -%}
    {%- set columns = [] -%}
    {%- for energy in ['supply', 'indo', 'wind', 'embedded_wind', 'embedded_solar', 'nuclear', 'gas', 'imports'] -%}
        {%- do columns.extend([energy ~ '_mwh', energy ~ '_periods']) -%}
    {%- endfor -%}
    {%- for mean in grid_means()[:3] -%}
        {%- do columns.extend(['mean_' ~ mean, mean ~ '_periods']) -%}
    {%- endfor -%}
    {%- for share in grid_shares() -%}
        {%- do columns.append(share ~ '_share') -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{#- A date as a whole number, 20240229: that of the same date a year before is 10000 less, and may be of no date. -#}
{% macro date_number(day) -%}
    cast(
        extract(year from {{ day }}) * 10000 + extract(month from {{ day }}) * 100 + extract(day from {{ day }})
        as integer
    )
{%- endmacro %}
