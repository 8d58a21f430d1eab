with versions as (

    select * from {{ ref('stg_elexon__system_prices') }}

)

select
    ---------- ids
    versions.settlement_date,
    versions.settlement_period,
    versions.period_start_utc,

    ---------- values
    versions.system_sell_price_gbp_per_mwh as system_price_gbp_per_mwh,
    versions.net_imbalance_volume_mwh,

    ---------- versions
    versions.known_from_utc,
    {{ known_to('versions', 'system_prices') }} as known_to_utc,
    versions.is_newest,
    versions.absent_from_utc,
    versions.fetched_at_utc,
    versions.lake_key
from versions
