{#- The two prices, which are never mixed, each with the column of its state. -#}
{% macro priced_states() -%}
    {{ return({
        'market_index_price_gbp_per_mwh': 'market_index_state',
        'system_price_gbp_per_mwh': 'system_price_state',
    }) }}
{%- endmacro %}

{#- Every half-hour's price that counts, in one column: `price_kind` says which of the two it is. -#}
{% macro prices_by_kind() -%}
    {% for price, state in priced_states().items() -%}
    select
        '{{ 'market_index' if price.startswith('market') else 'imbalance' }}' as price_kind,
        settlement_date,
        period_start_utc,
        {{ price }} as price_gbp_per_mwh
    from {{ ref('fct_prices_half_hourly') }}
    where {{ price }} is not null and {{ counts(state) }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
{%- endmacro %}
