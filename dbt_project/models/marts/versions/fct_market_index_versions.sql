with versions as (

    select * from {{ ref('stg_elexon__market_index_prices') }}

)

select
    ---------- ids
    versions.settlement_date,
    versions.settlement_period,
    versions.period_start_utc,
    versions.data_provider,

    ---------- values
    versions.price_gbp_per_mwh,
    versions.volume_mwh,

    ---------- versions
    versions.known_from_utc,
    {{ known_to('versions', 'market_index') }} as known_to_utc,
    versions.is_newest,
    versions.absent_from_utc,
    versions.fetched_at_utc,
    versions.lake_key
from versions
