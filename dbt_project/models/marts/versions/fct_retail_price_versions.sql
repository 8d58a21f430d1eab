with versions as (

    select * from {{ ref('stg_octopus__unit_rates') }}

)

select
    ---------- ids
    versions.settlement_date,
    versions.settlement_period,
    versions.tariff_code,
    versions.payment_method,
    versions.valid_from_utc,

    ---------- values
    versions.price_inc_vat_p_per_kwh,
    versions.price_exc_vat_p_per_kwh,
    versions.valid_to_utc,

    ---------- versions
    versions.known_from_utc,
    {{ known_to('versions', 'octopus_unit_rates', start='valid_from_utc', scope='tariff_code') }} as known_to_utc,
    versions.is_newest,
    versions.absent_from_utc,
    versions.fetched_at_utc,
    versions.lake_key
from versions
