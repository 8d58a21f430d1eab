with versions as (

    {{ versions_of(source('raw', 'octopus_unit_rates'), key=['tariff_code', 'valid_from', 'payment_method']) }}

),

renamed as (

    select
        ---------- ids
        tariff_code,
        valid_from as valid_from_utc,
        {{ settlement_date('valid_from') }} as settlement_date,
        {{ settlement_period('valid_from') }} as settlement_period,
        payment_method,

        ---------- numerics
        value_exc_vat as price_exc_vat_p_per_kwh,
        value_inc_vat as price_inc_vat_p_per_kwh,

        ---------- timestamps
        valid_to as valid_to_utc,

        ---------- versions
        known_from_utc,
        known_to_utc,
        known_to_utc is null as is_newest,
        previous_fetched_at is null as is_first,
        absent_from_utc,
        absent_lake_key,
        fetched_at as fetched_at_utc,
        lake_key
    from versions

)

select * from renamed
