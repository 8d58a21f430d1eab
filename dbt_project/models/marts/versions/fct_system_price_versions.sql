with versions as (

    select * from {{ ref('stg_elexon__system_prices') }}

)

select
    ---------- ids
    settlement_date,
    settlement_period,
    period_start_utc,

    ---------- values
    system_sell_price_gbp_per_mwh as system_price_gbp_per_mwh,
    net_imbalance_volume_mwh,

    ---------- versions
    known_from_utc,
    {{ known_to('versions', 'system_prices') }} as known_to_utc,
    is_newest,
    absent_from_utc,
    fetched_at_utc,
    lake_key
from versions
