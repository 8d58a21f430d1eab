with versions as (

    select * from {{ ref('stg_octopus__unit_rates') }}

)

select
    ---------- ids
    settlement_date,
    settlement_period,
    tariff_code,
    payment_method,
    valid_from_utc,

    ---------- values
    price_inc_vat_p_per_kwh,
    price_exc_vat_p_per_kwh,
    valid_to_utc,

    ---------- versions
    known_from_utc,
    {{ known_to('versions', 'octopus_unit_rates', start='valid_from_utc', scope='tariff_code') }} as known_to_utc,
    is_newest,
    absent_from_utc,
    fetched_at_utc,
    lake_key
from versions
