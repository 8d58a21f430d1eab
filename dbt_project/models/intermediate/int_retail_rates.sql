-- A view, as one mart alone reads it, and whole.
{{ config(materialized='view') }}

-- Agile's prices hold whatever the way of paying.
with rates as (

    select
        unit_rates.*,
        unit_rates.valid_from_utc as period_start_utc
    from {{ ref('stg_octopus__unit_rates') }} as unit_rates
    where unit_rates.payment_method = ''

),

received as (

    {{ newest_rows(
        'rates',
        'octopus_unit_rates',
        ['tariff_code', 'period_start_utc'],
        ref('int_asked_tariffs'),
        scope='tariff_code',
    ) }}

)

select
    received.tariff_code,
    received.valid_from_utc,
    received.valid_to_utc,
    {{ shown('received', 'price_inc_vat_p_per_kwh') }} as price_inc_vat_p_per_kwh,
    {{ shown('received', 'price_exc_vat_p_per_kwh') }} as price_exc_vat_p_per_kwh,
    {{ number_state('received', 'price_inc_vat_p_per_kwh') }} as state,
    received.fetched_at_utc,
    received.lake_key
from received
