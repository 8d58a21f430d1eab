with versions as (

    select * from {{ ref('stg_elexon__market_index_prices') }}

)

select
    ---------- ids
    settlement_date,
    settlement_period,
    period_start_utc,
    data_provider,

    ---------- values
    price_gbp_per_mwh,
    volume_mwh,

    ---------- versions
    known_from_utc,
    {{ known_to('versions', 'market_index') }} as known_to_utc,
    is_newest,
    absent_from_utc,
    fetched_at_utc,
    lake_key
from versions
