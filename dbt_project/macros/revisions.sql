{#-
    Each dataset of measurements that fct_revisions looks at: its staging model, and its values by kind. `key` names
    the columns that tell a row beside its `start`, and `minutes` is the length of what it stands for: a half-hour,
    where nothing is said. `dated` is that its source says a settlement date, and no start: by that its rows are found.
-#}
{% macro revised_datasets() -%}
    {%- set number = 'number' -%}
    {{ return([
        {
            'id': 'fuelhh',
            'relation': 'stg_elexon__generation_half_hourly',
            'key': ['fuel_code'],
            'values': {'generation_mw': number},
        },
        {
            'id': 'fuelinst',
            'relation': 'stg_elexon__generation_five_minutely',
            'start': 'interval_start_utc',
            'minutes': 5,
            'key': ['fuel_code'],
            'values': {'generation_mw': number},
        },
        {
            'id': 'demand_outturn',
            'relation': 'stg_elexon__demand_outturn',
            'dated': true,
            'values': {'indo_mw': number, 'itsdo_mw': number},
        },
        {
            'id': 'system_prices',
            'relation': 'stg_elexon__system_prices',
            'dated': true,
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
            'relation': 'stg_elexon__market_index_prices',
            'key': ['data_provider'],
            'values': {'price_gbp_per_mwh': number, 'volume_mwh': number},
        },
        {
            'id': 'agpt',
            'relation': 'stg_elexon__generation_by_type',
            'key': ['production_type', 'business_type'],
            'values': {'generation_mw': number},
        },
        {
            'id': 'frequency',
            'relation': 'stg_elexon__frequency',
            'start': 'measured_at_utc',
            'minutes': 0.25,
            'values': {'frequency_hz': number},
        },
        {
            'id': 'carbon_national_actual',
            'relation': 'stg_carbon_intensity__national_actual',
            'values': {
                'carbon_actual_gco2_per_kwh': number,
                'carbon_forecast_gco2_per_kwh': number,
                'carbon_index': 'text',
            },
        },
        {
            'id': 'carbon_generation_mix',
            'relation': 'stg_carbon_intensity__generation_mix',
            'key': ['mix_fuel'],
            'values': {'supply_percent': number},
        },
        {
            'id': 'neso_historic_demand',
            'relation': 'stg_neso__historic_demand',
            'dated': true,
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
            'relation': 'stg_octopus__unit_rates',
            'start': 'valid_from_utc',
            'key': ['tariff_code', 'payment_method'],
            'values': {
                'price_exc_vat_p_per_kwh': number,
                'price_inc_vat_p_per_kwh': number,
                'valid_to_utc': 'instant',
            },
        },
    ]) }}
{%- endmacro %}

{#-
    The versions of a staging model that follow another one, or that an answer lacked: each with what held before.

    key: the columns beside `start` that say which row it is. values: those that a change may be in, by kind.
    minutes: the length of what a row stands for. is_dated: whether rows are found by their settlement date.
-#}
{% macro changed_versions(relation, key, values, start, minutes, is_dated) -%}
    {%- set of_row = 'partition by ' ~ ([start] + key) | join(', ') ~ ' order by fetched_at_utc, lake_key' -%}
    select
        compared.*,
        {{ utc_label('compared.' ~ start) }}{% for column in key %} || ' ' || cast(compared.{{ column }} as {{ text_type() }}){% endfor %} as row_key,
        {{ add_minutes('compared.' ~ start, minutes) }} as period_end_utc
    from (
        select
            versions.*,
            {% for value in values -%}
            lag({{ value }}) over ({{ of_row }}) as before_{{ value }},
            {% endfor -%}
            lag(absent_from_utc) over ({{ of_row }}) as before_absent_from_utc,
            lag(fetched_at_utc) over ({{ of_row }}) as before_fetched_at_utc
        from {{ relation }} as versions
        -- nearly all rows have one version, which is none of these, and need not be sorted
        where
            (not is_first or not is_newest or absent_from_utc is not null)
            and {{ in_days_to_build('settlement_date') if is_dated else in_days_to_build(start, 'start') }}
    ) as compared
    where compared.before_fetched_at_utc is not null or compared.absent_from_utc is not null
{%- endmacro %}

{#-
    The changes of one value among changed_versions: it became another one, its row was lacking, or it came back. That
    an empty value was filled in is none.
-#}
{% macro changes_of_value(changes, dataset, value, kind, start) -%}
    select
        {{ _of_row(dataset, value, start) }},
        case when before_absent_from_utc is null then 'changed' else 'returned' end as change,
        case when before_absent_from_utc is null then {{ _as_text('before_' ~ value, kind) }} end as value_before,
        {{ _as_text(value, kind) }} as value_after,
        case when before_absent_from_utc is null then {{ _as_number('before_' ~ value, kind) }} end as number_before,
        {{ _as_number(value, kind) }} as number_after,
        fetched_at_utc as changed_at_utc,
        known_from_utc,
        lake_key
    from {{ changes }}
    where
        before_fetched_at_utc is not null
        and (
            (
                before_absent_from_utc is null
                and before_{{ value }} is not null
                and ({{ value }} is null or {{ value }} <> before_{{ value }})
            )
            or (before_absent_from_utc is not null and {{ value }} is not null)
        )
    union all
    select
        {{ _of_row(dataset, value, start) }},
        'withdrawn' as change,
        {{ _as_text(value, kind) }} as value_before,
        cast(null as {{ text_type() }}) as value_after,
        {{ _as_number(value, kind) }} as number_before,
        cast(null as {{ exact_number() }}) as number_after,
        absent_from_utc as changed_at_utc,
        absent_from_utc as known_from_utc,
        absent_lake_key as lake_key
    from {{ changes }}
    where absent_from_utc is not null and {{ value }} is not null
{%- endmacro %}

{% macro _of_row(dataset, value, start) -%}
        '{{ dataset }}' as dataset,
        row_key,
        settlement_date,
        settlement_period,
        {{ start }} as period_start_utc,
        period_end_utc,
        '{{ value }}' as value_name
{%- endmacro %}

{% macro _as_text(value, kind) -%}
    {%- if kind == 'instant' -%}
        {{ utc_label(value) }}
    {%- elif kind == 'number' -%}
        {{ number_text(value) }}
    {%- elif kind == 'boolean' -%}
        case when {{ value }} then 'true' when not {{ value }} then 'false' end
    {%- else -%}
        {{ value }}
    {%- endif -%}
{%- endmacro %}

{% macro _as_number(value, kind) -%}
    {{ 'cast(' ~ (value if kind == 'number' else 'null') ~ ' as ' ~ exact_number() ~ ')' }}
{%- endmacro %}
